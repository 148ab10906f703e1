"""An archive of hand-ins  ->  ``submitted/``.  Whatever it holds is laid where it belongs, or named with the reason.

``archive`` reads its members, ``platforms`` says whose they are, ``identity`` under which id, ``arranging`` makes a folder of them.
A hand-in is written aside before it takes its place.
"""

import dataclasses
import shutil
import tempfile
import time
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path

from autograder import leftovers
from autograder.answers.handed_in import MOST_BYTES, is_notebook
from autograder.classroom import archive, handins, identity, platforms
from autograder.classroom.archive import LeftOut, Member, shown
from autograder.classroom.arranging import Files, arranged
from autograder.classroom.platforms import Names, Owner, Part
from autograder.errors import Refused
from autograder.paths import Course
from autograder.words import counted

WRAPPED = 3  # zip files, one within the other, around a class's
LARGEST_INNER = 2**30  # bytes of such a one
_NOTHING = "\0"  # stands for what an empty folder does not hold; no member is called so


@dataclass
class Taken:
    """What came of an archive."""

    layout: str = ""
    students: list[str] = field(default_factory=list)  # whose hand-in was put into submitted/
    there: list[str] = field(default_factory=list)  # whose hand-in lay there already, the same
    left_out: list[str] = field(default_factory=list)  # what was not taken in and why, in sentences
    remarks: list[str] = field(default_factory=list)  # what else there is to know

    @property
    def notes(self) -> list[str]:
        """All that is to be told."""
        return self.left_out + self.remarks

    @property
    def status(self) -> int:
        """0 where all was taken in, 1 where something was left out, 2 where nothing was done."""
        return 2 if not self.students and not self.there else 1 if self.left_out else 0


def take_in(
    path: Path,
    course: Course,
    assignment: str,
    *,
    others: Iterable[str] = (),
    expected: Sequence[str] | None = None,
    replace: bool = False,
) -> Taken:
    """Put an archive's hand-ins into ``submitted/``.  Returns ``Taken``.

    ``path`` is a zip file, or a folder that one was unpacked into.  ``others`` are the course's other assignments, ``expected`` the names of
    this one's notebooks (without .ipynb).  A hand-in that is there already stays, unless ``replace``.  Raises ``Refused`` for what is no
    archive of hand-ins.
    """
    taken = Taken()
    with archive.opened(path) as (members, left_out):
        members, inner = _unwrapped(members, assignment, others)
        taken.left_out += left_out + inner
        found, read = _hand_ins(_in_its_folder(members, path, course), assignment, others, taken)
        if not found:
            told = "".join(f"\n{reason}" for reason in taken.left_out[:20])
            raise Refused(
                f"{path} holds no notebook (.ipynb) of a student that could be told by its name.{told}"
            )
        who = identity.of(found, course)
        taken.left_out += who.left_out
        taken.remarks += who.remarks
        identity.enter(who, course)
        into = _Into(course, assignment, expected or [assignment], read, replace, taken)
        for owner, parts in sorted(found.items(), key=lambda item: who.ids[item[0]]):
            into.take(who.ids[owner], parts)
        into.tell()
    return taken


def _in_its_folder(members, path, course):
    """The members of an archive; of a zip file that somebody has put into ``submitted/``, below the student whose it is there."""
    path, submitted = path.resolve(), course.submitted.resolve()
    if path.is_dir():
        if submitted.is_relative_to(path) or path.is_relative_to(submitted):
            raise Refused(f"What is in {submitted} need not be imported: run `grade`.")
        return members
    if not path.is_relative_to(submitted):
        return members
    whose, *deeper = path.relative_to(submitted).parts
    whose = whose if deeper else path.stem
    return [dataclasses.replace(member, path=(whose, *member.path)) for member in members]


def _unwrapped(members, assignment, others):
    """(members, sentences on what is none) of the one zip file that an archive holds, where that is a class's; else the archive's own.

    It may as well be the hand-in of the one student whose name it bears.
    """
    inner, left_out = members, []
    for _ in range(WRAPPED):
        files = [one for one in inner if not one.is_folder and leftovers.first_in(one.path) is None]
        if len(files) != 1 or not files[0].path[-1].casefold().endswith(".zip"):
            break
        try:
            inner, more = archive.of_zip(zipfile.ZipFile(BytesIO(files[0].read(LARGEST_INNER))))
        except (LeftOut, OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
            break  # it is told where it is opened as a student's
        left_out += more
    if inner is members:
        return members, []
    tried = Taken()
    found, read = _hand_ins(inner, assignment, others, tried)
    platforms_own = found and not read.layout.startswith("a folder a student")
    doubtful = any(".ipynb" in reason.casefold() for reason in tried.left_out)
    several = (len(found) != 1 or doubtful) and any(
        len(one.path) > 1 for one in inner if is_notebook(one.path[-1])
    )
    return (inner, left_out) if platforms_own or several else (members, [])


# --- whose is what


def _hand_ins(members, assignment, others, taken):
    """Owner -> list of (member, Part); and how the archive was read."""
    files: list[Member] = []
    left_behind: dict[str, list[Member]] = {}
    folders: dict[Names, set[str]] = {}
    for member in members:
        place = leftovers.first_in((*member.path, _NOTHING) if member.is_folder else member.path)
        if place is not None:
            left_behind.setdefault(member.path[place], []).append(member)
            folders.setdefault(member.path[:place], set()).add(member.path[place])
        elif member.is_folder:
            folders.setdefault(member.path, set())
        else:
            files.append(member)
    files.sort(key=lambda member: (member.path, -member.age, member.digits))
    bare = _bare(folders, files)
    read = _read(files, bare, assignment, others)
    found: dict[Owner, list[tuple[Member, Part]]] = {}
    for index, member in enumerate(files):
        if index in read.parts:
            part = read.parts[index]
            for owner in (part.owner, *part.shared_with):
                found.setdefault(owner, []).append((member, part))
        elif index in read.left_out:
            taken.left_out.append(f"{shown('/'.join(member.path))} was left out: {read.left_out[index]}.")
    for index, folder in enumerate(bare, start=len(files)):
        if index in read.parts and read.parts[index].owner not in found:
            taken.left_out.append(f"{shown('/'.join(folder))} was left out: {_why_bare(bare[folder])}.")
    taken.layout = shown(read.layout)
    taken.left_out += [shown(note, 300) for note in read.notes]
    taken.remarks += [shown(remark, 300) for remark in read.remarks]
    if left_behind:
        count = sum(len(those) for those in left_behind.values())
        kinds = ", ".join(shown(name, 40) for name in sorted(left_behind)[:5])
        taken.remarks.append(f"No hand-in: {counted(count, 'file')} of programs ({kinds}).")
    if read.own:
        taken.remarks.append(f"The platform's own: {counted(len(read.own), 'file')}.")
    return found, read


def _bare(folders, files):
    """Of the folders with what programs left in them, those in and around which there is no file: a student's, perhaps, who handed in nothing.

    First those in which there once was a notebook.
    """
    held = {member.path[:n] for member in files for n in range(len(member.path))}
    bare = {folder for folder in folders if folder and folder not in held}
    bare -= {folder[:n] for folder in bare for n in range(len(folder))}
    return {
        folder: folders[folder]
        for folder in sorted(bare, key=lambda one: (not _had_notebook(folders[one]), one))
    }


def _had_notebook(names):
    return any(name.casefold() == ".ipynb_checkpoints" for name in names)


def _why_bare(names):
    if not names:
        return "the folder is empty"
    return f"there is nothing in it but what programs leave ({', '.join(shown(name, 40) for name in sorted(names))})"


def _read(files, bare, assignment, others):
    """How the archive is laid out.  Of empty folders it is asked as well, as far as they change nothing for those who handed in."""
    by_path = {member.path: member for member in files}

    def text(path: Names) -> str | None:
        try:
            return by_path[path].read(2**22).decode("utf-8", "replace") if path in by_path else None
        except archive.LeftOut:
            return None

    paths = [member.path for member in files]
    paths += [(*folder, f"{_NOTHING}.ipynb") for folder, names in bare.items() if _had_notebook(names)]
    first = platforms.read(paths, assignment, others, text)
    paths += [(*folder, _NOTHING) for folder, names in bare.items() if not _had_notebook(names)]
    both = platforms.read(paths, assignment, others, text)
    same = all(both.parts.get(index) == first.parts.get(index) for index in range(len(files)))
    return both if same else first


# --- into submitted/


@dataclass
class _Into:
    """Where hand-ins go, and what is to be told at the end."""

    course: Course
    assignment: str
    expected: Sequence[str]
    read: platforms.Read
    again: bool  # take the archive's where a hand-in is there already
    taken: Taken
    local: bool = False  # a time without a zone was taken for a local one
    late: list[str] = field(default_factory=list)  # whom the platform calls late without saying when

    def take(self, student: str, parts: Sequence[tuple[Member, Part]]) -> None:
        """Lay one student's files, or say why not."""
        files = Files().take([(part.path, member, part.rank) for member, part in parts]).open_zips()
        laid = arranged(files.held, self.expected)
        when = self._when(parts)
        own_times = self.read.trusts_timestamps
        if laid and not own_times and laid.pop(handins.PAPERS[0], None) is not None:
            files.reasons.append(f"{handins.PAPERS[0]} was left out: the time is the platform's to say.")
        self.taken.left_out += [f"{student}: {reason}" for reason in files.reasons]
        if any(part.late for _, part in parts):
            self.late.append(student)
        if laid is None and files.too_large:
            laid = {handins.LEFT_OUT: "\n".join(files.too_large).encode()}
        if laid is None:
            names = ", ".join(shown("/".join(path), 80) for path in sorted(files.held)[:5])
            held = f" (it holds {names})" if names else ""
            self._leave(student, f"there is no notebook (.ipynb) that can be read{held}")
            return
        if when and not (own_times and handins.PAPERS[0] in laid):
            self.local |= when.tzinfo is None
            laid[handins.PAPERS[0]] = platforms.as_timestamp(when).encode()
        self._lay(student, laid)

    def _leave(self, student, reason):
        self.taken.left_out.append(f"{student} was left out: {reason}.")

    def _lay(self, student: str, laid: dict[str, bytes]) -> None:
        """Put the files in their place, unless a hand-in is there already, wherever the grader would find it."""
        owner = self.course.submitted / student
        folder = owner / self.assignment
        place = handins.of_student(owner, self.assignment)
        if any(path.is_symlink() for path in (owner, folder, place.folder if place else folder)):
            self._leave(student, f"the folder in {self.course.submitted} is a link")
        elif any(path.exists() and not path.is_dir() for path in (owner, folder)):
            self._leave(student, f"a file stands in the place of its folder in {self.course.submitted}")
        elif place is None or not place.holds_something():
            _write(folder, laid, [folder])
            self._count(student, laid)
        elif not place.loose and _is_same(place.folder, laid):
            self.taken.there.append(student)
        elif not self.again:
            shown_ = place.folder.relative_to(self.course.submitted)
            where = "" if place.folder == folder else f" in submitted/{shown(shown_)}"
            self.taken.left_out.append(
                f"{student} has a submission already{where}; it stays (--replace takes the archive's)."
            )
        else:
            _write(folder, laid, [folder, *place.what_counts()])
            self._count(student, laid)

    def _count(self, student, laid):
        if handins.LEFT_OUT in laid:
            self._leave(student, "its notebook is too large; `grade` says so on its page")
        else:
            self.taken.students.append(student)

    def _when(self, parts: Sequence[tuple[Member, Part]]) -> datetime | None:
        """When it was handed in: as the platform says, or, in folders that a person has packed, the latest date of a file.

        None where neither is known.  The dates in a platform's archive are the moment of the download: by them all would be late.
        """
        said = [part.when for _, part in parts if part.when]
        dates = [member.when for member, _ in parts if member.when] if self.read.trusts_timestamps else []
        return max(said or dates, key=lambda when: when.timestamp(), default=None)

    def tell(self) -> None:
        """Remarks on the whole."""
        if self.local:
            self.taken.remarks.append(
                f"Times without a zone were taken for this machine's local time ({time.tzname[0]}); set TZ where another one is meant."
            )
        if self.late:
            self.taken.remarks.append(
                f"The platform marks as late, without saying when: {', '.join(sorted(self.late))}."
            )


def _is_same(folder, laid):
    """Whether the very files lie there already, the time aside."""
    try:
        there = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= MOST_BYTES
        }
    except OSError:
        return False
    return {**there, "timestamp.txt": b""} == {**laid, "timestamp.txt": b""}


def _write(folder, laid, replaced):
    """Write a hand-in aside, then put it in its place, whole, and away what it replaces."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".import-", dir=folder.parent))
    try:
        made = aside / "new"
        made.mkdir()
        for name, data in laid.items():
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        old = {
            path: aside / f"old-{number}"
            for number, path in enumerate(dict.fromkeys(replaced))
            if path.exists()
        }
        try:
            for path, kept in old.items():
                path.replace(kept)
            made.replace(folder)
        except OSError:
            for path, kept in old.items():
                if kept.exists():
                    kept.replace(path)
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
