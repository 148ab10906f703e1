"""Where hand-ins lie: ``submitted/<student>/<assignment>/``, and a little beside that.

People lay files by hand: a folder with underscores or capitals, a notebook without the folder.  What can be told is taken,
with a note; whatever else holds a notebook is named.  Folders that programs make are no students.
"""

import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder import leftovers
from autograder.answers import assignment as assignments
from autograder.answers import submission
from autograder.answers.handed_in import HandedIn, Ungradable, is_notebook, printable, read_file, read_folder
from autograder.paths import Course
from autograder.plain import letters
from autograder.words import counted

PAPERS = (
    "timestamp.txt",
    "submission_secret.txt",
)  # what nbgrader's exchange lays beside a hand-in, and asks for later
LEFT_OUT = "left-out.txt"  # in the place of a notebook that was too large to be taken in: why it is not there
MOST_NAMED = 20
DEEPEST = 3  # folders below submitted/ in which a notebook is looked for


@dataclass(frozen=True)
class Place:
    """One hand-in: whose it is, where it lies, and what is odd about that."""

    student: str
    folder: Path
    note: str = ""
    loose: tuple[str, ...] = ()  # the notebooks, where they lie in the student's folder itself

    def read(self, *, beside: bool) -> HandedIn:
        """The ``HandedIn``.  Raises ``Ungradable``."""
        found = read_folder(self.folder, beside=beside, loose=bool(self.loose))
        if not any(map(is_notebook, (*found.files, *found.left_out))):
            told = self._paper(LEFT_OUT).decode("utf-8", "replace").strip()
            if told:
                raise Ungradable(printable(told))
        return found

    def _paper(self, name):
        with contextlib.suppress(Ungradable):
            return read_file(self.folder / name, most=1000)
        return b""

    def papers(self) -> dict[str, bytes]:
        """What the exchange has laid beside the hand-in: name -> bytes."""
        return {name: data for name in PAPERS if (data := self._paper(name))}

    def when(self) -> datetime | None:
        """The time of handing in, where there is a ``timestamp.txt`` that says it; else None."""
        with contextlib.suppress(ValueError, OverflowError):
            text = self.papers().get(PAPERS[0], b"").decode("utf-8").strip()
            return parse_utc(text) if text else None
        return None

    def what_counts(self) -> list[Path]:
        """The folder, or the notebooks that lie without one."""
        return [self.folder / name for name in self.loose] or [self.folder]

    def holds_something(self) -> bool:
        """Whether there is anything that a student may have handed in."""
        return bool(self.loose) or any(name not in (*PAPERS, LEFT_OUT) for name in _files(self.folder))


def _files(folder: Path) -> Iterator[str]:
    """The names of the files in a folder and the folders within, without what programs left; links are not followed."""
    for _, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not leftovers.is_folder_of_programs(name))
        yield from (name for name in files if not leftovers.is_leftover(name))


def students(course: Course) -> list[Path]:
    """The students' folders, in order."""
    if not course.submitted.is_dir():
        return []
    found = [
        path
        for path in course.submitted.iterdir()
        if path.is_dir() and not leftovers.is_folder_of_programs(path.name)
    ]
    return sorted(found, key=os.fsencode)


def places(course: Course, assignment: str) -> list[Place]:
    """The hand-ins for an assignment, by student, as far as they can be told."""
    found = [of_student(folder, assignment) for folder in students(course)]
    return [place for place in found if place]


def of_student(folder: Path, assignment: str) -> Place | None:
    """The ``Place`` of a student's hand-in in the student's folder, or None.

    Where several could be meant, the first that holds something: the one under the assignment's own name, one that is spelled
    otherwise, notebooks without a folder.  A folder that cannot be read is told by ``passed_over``.
    """
    if not os.access(folder, os.R_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
        return None
    owner, own = printable(folder.name), folder / assignment
    found = [Place(owner, own)] if own.is_dir() else []
    if found and (own.is_symlink() or found[0].holds_something()):
        return found[0]
    inside = sorted(folder.iterdir(), key=os.fsencode) if folder.is_dir() and not folder.is_symlink() else []
    alike = [
        path for path in inside if path.is_dir() and letters(path.name) == letters(assignment) and path != own
    ]
    if len(alike) == 1:
        note = f"The folder is called {printable(alike[0].name)}; it was taken for {assignment}."
        found.append(Place(owner, alike[0], note))
    loose = tuple(path.name for path in inside if _answers(path, assignment))
    if loose:
        note = f"The notebook lies in no folder called {assignment}; it was taken for it."
        found.append(Place(owner, folder, note, loose))
    return next((place for place in found if place.holds_something()), next(iter(found), None))


def _answers(path, assignment):
    """Whether a file without an assignment's folder is a notebook that answers this course's; of another one, that cannot be told."""
    if (
        not is_notebook(path.name)
        or leftovers.is_leftover(path.name)
        or assignment not in assignments.names()
    ):
        return False
    if path.is_symlink() or not path.is_file():
        return False
    try:
        return submission.which_assignment(submission.read(path), path.name) == assignment
    except Ungradable:
        return False


def passed_over(course: Course, taken: Iterable[Place]) -> list[str]:
    """Sentences on what lies in ``submitted/`` and is in none of the ``taken`` places: notebooks, zip files, what cannot be
    looked into, students without either."""
    if not course.submitted.is_dir():
        return []
    covered = {(place.folder, bool(place.loose)) for place in taken}
    lost, zips, broken = [], [], []
    closed: list[OSError] = []
    for here, folders, files in os.walk(course.submitted, onerror=closed.append):
        path = Path(here)
        folders[:] = sorted(name for name in folders if not leftovers.is_folder_of_programs(name))
        if len(path.relative_to(course.submitted).parts) >= DEEPEST:
            folders.clear()
        if (path, False) in covered:
            folders.clear()
            if not any(map(is_notebook, _files(path))):
                zips += [path / name for name in sorted(files) if _is_zip(name)]
            continue
        mine = [path / name for name in sorted(files) if not leftovers.is_leftover(name)]
        zips += [file for file in mine if _is_zip(file.name)]
        if (path, True) not in covered:
            lost += [file for file in mine if is_notebook(file.name)]
            broken += [file for file in mine if file.is_symlink() and not file.exists() and file not in lost]

    def name(path):
        return printable(path.relative_to(course.submitted))

    known = {place.student for place in taken}
    shut = {Path(fault.filename): fault.strerror or "" for fault in closed}
    for path in broken:  # once a folder of a student's or an assignment's, perhaps
        if printable(path.relative_to(course.submitted).parts[0]) not in known:
            shut[path] = "a link that leads nowhere"
    spoken_of = known | {
        printable(path.relative_to(course.submitted).parts[0])
        for path in (*lost, *zips, *shut)
        if path != course.submitted
    }
    told = _briefly(
        [f"{name(path)} was not graded: it cannot be read ({why})." for path, why in shut.items()],
        "place",
    )
    told += _briefly(
        [
            f"{name(path)} was not graded: where it lies is no STUDENT/ASSIGNMENT/ with an assignment's name; lay it there."
            for path in lost
        ],
        "notebook",
    )
    told += _briefly(
        [
            f"{name(path)} was not opened: `import ASSIGNMENT {printable(path)}{_instead(path, covered)}` takes in what it holds."
            for path in zips
            if path.parent != course.submitted or printable(path.stem) not in known
        ],
        "zip file",
    )
    return told + _briefly(
        [
            f"{printable(folder.name)} was not graded: {_why_nothing(folder)}."
            for folder in students(course)
            if printable(folder.name) not in spoken_of
        ],
        "student",
    )


def _is_zip(name):
    return name.casefold().endswith(".zip") and not leftovers.is_leftover(name)


def _instead(path, covered):
    """What is to be said where a zip file is the hand-in itself."""
    return " --replace" if (path.parent, False) in covered else ""


def _briefly(sentences, what):
    """The first of very many sentences, and how many more there are."""
    more = len(sentences) - MOST_NAMED
    return sentences[:MOST_NAMED] + ([f"So it is with {counted(more, what)} more."] if more > 0 else [])


def _why_nothing(folder):
    held = sorted(set(_files(folder)))[:5]
    if held:
        return f"there is no notebook (.ipynb) in the folder (it holds {', '.join(map(printable, held))})"
    inside = sorted(path.name for path in folder.iterdir() if leftovers.is_folder_of_programs(path.name))
    if inside:
        return f"there is nothing in the folder but what programs leave ({', '.join(map(printable, inside[:5]))})"
    return "the folder is empty"


def lay_papers(course: Course, place: Place, assignment: str) -> None:
    """Beside the executed notebook and the page: what nbgrader's commands, the exchange's above all, look for there.

    A hand-in that did not come through the exchange has no secret; one is made, so that nobody else's page is held up.
    """
    papers = place.papers()
    for top in (course.autograded, course.feedback):
        folder = top / place.student / assignment
        if not folder.is_dir():
            continue
        for name in PAPERS:
            target = folder / name
            if name in papers:
                target.write_bytes(papers[name])
            elif not target.exists():
                target.write_text(secrets.token_hex(32) if name == PAPERS[1] else "", encoding="utf-8")
