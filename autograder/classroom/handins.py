"""Where hand-ins lie: ``submitted/<student>/<assignment>/``, and a little beside that.

People lay files by hand: a folder with underscores or capitals, a notebook without the folder.  What can be told is taken,
with a note; whatever else holds a notebook is named.  Folders that programs make are no students.
"""

import contextlib
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.answers.handed_in import Ungradable, printable, read_file, read_folder
from autograder.classroom.importing import PROGRAMS

PAPERS = (
    "timestamp.txt",
    "submission_secret.txt",
)  # what nbgrader's exchange lays beside a hand-in, and asks for later
MOST_NAMED = 20
DEEPEST = 3  # folders below submitted/ in which a notebook is looked for


@dataclass(frozen=True)
class Place:
    """One hand-in: whose it is, where it lies, and what is odd about that."""

    student: str
    folder: Path
    note: str = ""
    loose: bool = False  # the notebook lies in the student's folder itself

    def read(self, *, beside):
        """The ``HandedIn``.  Raises ``Ungradable``."""
        return read_folder(self.folder, beside=beside, loose=self.loose)

    def papers(self):
        """What the exchange has laid beside the hand-in: name -> bytes."""
        found = {}
        for name in PAPERS:
            with contextlib.suppress(Ungradable):
                found[name] = read_file(self.folder / name, most=1000)
        return found

    def when(self):
        """The time of handing in, where there is a ``timestamp.txt`` that says it; else None."""
        with contextlib.suppress(ValueError, OverflowError):
            text = self.papers().get(PAPERS[0], b"").decode("utf-8").strip()
            return parse_utc(text) if text else None
        return None


def students(course):
    """The students' folders, in order."""
    if not course.submitted.is_dir():
        return []
    found = [path for path in course.submitted.iterdir() if path.is_dir() and not _is_programs(path.name)]
    return sorted(found, key=os.fsencode)


def _is_programs(name):
    return name.startswith(".") or name in PROGRAMS


def _letters(name):
    """A name without what people write one way or the other."""
    return re.sub(r"[\W_]+", "", name.casefold())


def places(course, assignment, is_loose=lambda name, folder: False):
    """The hand-ins for an assignment, by student, as far as they can be told.

    ``is_loose(name, folder)`` says of a notebook that lies without an assignment's folder whether it is one of this assignment.
    """
    found = []
    for folder in students(course):
        owner = printable(folder.name)
        if (folder / assignment).is_dir():
            found.append(Place(owner, folder / assignment))
            continue
        inside = (
            sorted((path for path in folder.iterdir()), key=os.fsencode) if not folder.is_symlink() else []
        )
        alike = [path for path in inside if path.is_dir() and _letters(path.name) == _letters(assignment)]
        loose = [path.name for path in inside if path.is_file() and path.name.endswith(".ipynb")]
        if len(alike) == 1:
            shown = printable(alike[0].name)
            found.append(
                Place(owner, alike[0], f"The folder is called {shown}; it was taken for {assignment}.")
            )
        elif any(is_loose(name, folder) for name in loose):
            note = f"The notebook lies in no folder called {assignment}; it was taken for it."
            found.append(Place(owner, folder, note, loose=True))
    return found


def passed_over(course, taken):
    """Sentences on notebooks in ``submitted/`` that none of the ``taken`` places holds."""
    if not course.submitted.is_dir():
        return []
    covered = {(place.folder, place.loose) for place in taken}
    lost = []
    for here, folders, files in os.walk(course.submitted):
        path = Path(here)
        folders[:] = sorted(name for name in folders if not _is_programs(name))
        if len(path.relative_to(course.submitted).parts) >= DEEPEST:
            folders.clear()
        if (path, False) in covered:
            folders.clear()
            continue
        if (path, True) not in covered:
            lost += [path / name for name in sorted(files) if name.casefold().endswith(".ipynb")]
    told = [
        f"{printable(path.relative_to(course.submitted))} was not graded: it does not lie in STUDENT/ASSIGNMENT/."
        for path in lost[:MOST_NAMED]
    ]
    more = len(lost) - MOST_NAMED
    return told + ([f"So it is with {more} notebooks more."] if more > 0 else [])


def lay_papers(course, place, assignment):
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
