"""An archive of hand-ins  ->  ``submitted/``.  Whatever it holds is laid where it belongs, or named with the reason.

Nothing of the archive is run.  A member is read up to a limit, a student's own zip files are opened to a small depth, and a
hand-in is written aside before it takes its place.
"""

import contextlib
import json
import os
import re
import shutil
import stat
import tempfile
import unicodedata
import zipfile
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path

from autograder.answers.handed_in import DEEPEST, MOST_BYTES, MOST_FILES, printable
from autograder.classroom import gradebook, platforms
from autograder.errors import Refused

ZIPS_DEEP = 3  # zip files within zip files
MOST_MEMBERS = 100_000
LONGEST_PATH = 1000  # characters of a member's name
LONGEST = 80  # characters of a student's id, or of a file's name
PROGRAMS = (".ipynb_checkpoints", "__MACOSX", "__pycache__", ".git", ".DS_Store", "Thumbs.db", "desktop.ini")
_NOTEBOOK = re.compile(r"(.+?)\.ipynb(\.txt|\.json)?", re.IGNORECASE)
_AGAIN = re.compile(r"(.+?)(?:-\d+| ?\(\d+\))")  # what platforms and browsers add to a name that was there


@dataclass
class Taken:
    """What came of an archive."""

    layout: str = ""
    students: list = field(default_factory=list)  # whose hand-in was put into submitted/
    there: list = field(default_factory=list)  # whose hand-in lay there already, the same
    left_out: list = field(default_factory=list)  # what was not taken in and why, in sentences
    remarks: list = field(default_factory=list)  # what else there is to know

    @property
    def notes(self):
        """All that is to be told."""
        return self.left_out + self.remarks

    @property
    def status(self):
        """0 where all was taken in, 1 where something was left out, 2 where nothing was done."""
        return 2 if not self.students and not self.there else 1 if self.left_out else 0


class LeftOut(Exception):
    """This member cannot be taken in; the message ends a sentence that begins with its name."""


def take_in(archive, course, assignment, *, others=(), expected=None, replace=False):
    """Put an archive's hand-ins into ``submitted/``.  Returns ``Taken``.

    ``others`` are the course's other assignments, ``expected`` the names of this one's notebooks (without .ipynb).  A hand-in that is
    there already stays, unless ``replace``.  Raises ``Refused`` for what is no archive of hand-ins.
    """
    if not archive.is_file():
        raise Refused(f"There is no file {archive}.")
    try:
        opened = zipfile.ZipFile(archive)
    except Exception as fault:  # whatever a damaged file brings about
        raise Refused(f"{archive} cannot be read as a zip archive ({fault}).") from None
    with opened:
        taken = Taken()
        found, read = _hand_ins(opened, assignment, others, taken)
        if not found:
            told = "".join(f"\n{reason}" for reason in taken.left_out[:20])
            raise Refused(
                f"{archive} holds no notebook (.ipynb) of a student that could be told by its name.{told}"
            )
        students = _ids(found, course, taken)
        _enter(course, students)
        for owner, parts in sorted(found.items(), key=lambda item: students[item[0]]):
            _take_one(
                opened,
                course,
                assignment,
                students[owner],
                parts,
                expected or [assignment],
                read,
                replace,
                taken,
            )
    return taken


# --- members


def _hand_ins(opened, assignment, others, taken):
    """Owner -> list of (member, Part); and how the archive was read."""
    members, programs = [], []
    for member in opened.infolist():
        try:
            path = _path(member)
        except LeftOut as reason:
            taken.left_out.append(f"{_shown(member.filename)} was left out: {reason}.")
            continue
        if _is_programs(path):
            programs.append(member)
        elif path and not _is_folder(member):
            members.append((member, path))
    if len(members) > MOST_MEMBERS:
        raise Refused(f"The archive holds more than {MOST_MEMBERS} files.")
    by_path = {path: member for member, path in members}

    def text(path):
        try:
            return (
                _content(opened, by_path[path], 2**22).decode("utf-8", "replace") if path in by_path else None
            )
        except LeftOut:
            return None

    read = platforms.read([path for _, path in members], assignment, others, text)
    found = {}
    for index, (member, path) in enumerate(members):
        if index in read.parts:
            found.setdefault(read.parts[index].owner, []).append((member, read.parts[index]))
        elif index in read.left_out:
            taken.left_out.append(f"{_shown('/'.join(path))} was left out: {read.left_out[index]}.")
    taken.layout = printable(read.layout)
    taken.left_out += [_shown(note, 300) for note in read.notes]
    taken.remarks += [_shown(remark, 300) for remark in read.remarks]
    if programs:
        taken.remarks.append(f"{len(programs)} files of programs (checkpoints and the like) are no hand-ins.")
    if read.own:
        taken.remarks.append(f"{len(read.own)} files are the platform's own.")
    return found, read


def _is_folder(member):
    return member.filename.endswith(("/", "\\"))


def _is_programs(path):
    return any(part in PROGRAMS for part in path) or bool(path and path[-1].startswith("._"))


def _path(member):
    """A member's path as a tuple of names.  Raises ``LeftOut`` where it leads elsewhere or is no ordinary file's."""
    name = member.filename.replace("\\", "/")
    if len(name) > LONGEST_PATH:
        raise LeftOut("its name is too long")
    if name.startswith("/") or re.match(r"[A-Za-z]:/", name) or ".." in name.split("/"):
        raise LeftOut("its path leads out of the archive")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind and not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
        raise LeftOut("it is a link or another thing that is no ordinary file")
    return tuple(part for part in name.split("/") if part not in ("", "."))


def _content(opened, member, most):
    """The bytes of a member, no more than ``most``.  Raises ``LeftOut``."""
    if member.flag_bits & 1:
        raise LeftOut("it is encrypted")
    if member.file_size <= most:
        try:
            with opened.open(member) as file:
                data = file.read(most + 1)
        except Exception as fault:  # whatever a damaged or a foreign file brings about
            raise LeftOut(f"it is damaged or packed in an unknown way ({type(fault).__name__})") from None
        if len(data) <= most:
            return data
    raise LeftOut(f"it has more than {most / 2**20:.0f} MB")


def _shown(text, most=200):
    """A name as it can be printed."""
    text = printable(text)
    return text if len(text) <= most else text[:most] + "…"


# --- students


def _tidy(owner):
    """The id that a student gets, if nobody else has it."""
    name = unicodedata.normalize("NFC", owner.login)
    if owner.number:
        plain = re.sub(r"[^\w.]+", "-", name).strip("-.").lower()[:LONGEST].strip("-.") or "student"
        return f"{plain}-{owner.number}"
    return re.sub(r"[^\w.-]+", "-", name)[:LONGEST].strip("-.") or "student"


def _ids(owners, course, taken):
    """Owner -> id.  No two share one, neither in this archive nor with somebody who came before; who is numbered apart is told."""
    known = _known(course)
    chosen, used = {}, set()
    # whose name is an id as it stands comes first, so that it stays the same from archive to archive
    for owner in sorted(owners, key=lambda o: (_tidy(o) != o.login, o.login, o.number or "")):
        plain, number = _tidy(owner), 1
        made = plain
        while made.casefold() in used or _is_anothers(made, plain, owner, known):
            number += 1
            made = f"{plain}-{number}"
        if made != plain:
            taken.remarks.append(f"{_shown(owner.login)} is {made} here: {plain} is another student.")
        used.add(made.casefold())
        chosen[owner] = made
    return chosen


def _known(course):
    """Casefolded id -> (id, name, number) of those that the gradebook or ``submitted/`` has."""
    known = {}
    if course.submitted.is_dir():
        known = {
            path.name.casefold(): (path.name, "", "") for path in course.submitted.iterdir() if path.is_dir()
        }
    if course.database.is_file():
        with gradebook.opened(course) as book:
            for row in book.students:
                name = " ".join(filter(None, (row.first_name, row.last_name)))
                known[row.id.casefold()] = row.id, name, row.lms_user_id or ""
    return known


def _is_anothers(made, plain, owner, known):
    """Whether an id belongs to somebody who came earlier under another name or number."""
    if made.casefold() not in known:
        return False
    who, name, number = known[made.casefold()]
    if who != made:
        return True  # they would share a folder where large and small letters are one
    if owner.number:
        return bool(number) and number != owner.number
    mine = _name(owner)
    if owner.login == made:
        return bool(name) and name != mine and not owner.full and _tidy(platforms.Owner(name)) == plain
    return name != mine


def _name(owner):
    """The name that the gradebook keeps."""
    return " ".join(printable(owner.full or owner.login).split())


def _enter(course, students):
    """The platform's names and numbers into the gradebook, so that the marks find their way back."""
    with gradebook.opened(course) as book:
        for owner, student in students.items():
            about = {}
            if owner.full or owner.login != student:
                first, _, last = _name(owner).rpartition(" ")
                about = {"first_name": first or None, "last_name": last}
            if owner.number:
                about["lms_user_id"] = owner.number
            book.update_or_create_student(student, **about)


# --- one hand-in


def _take_one(opened, course, assignment, student, parts, expected, read, replace, taken):
    """Lay one student's files, or say why not."""
    reasons = []
    files = _files(opened, parts, reasons)
    laid = _arranged(files, expected)
    taken.left_out += [f"{student}: {reason}" for reason in reasons]
    if laid is None:
        names = ", ".join(_shown("/".join(path), 80) for path in list(files)[:5])
        held = f" (it holds {names})" if names else ""
        taken.left_out.append(
            f"{student} was left out: there is no notebook (.ipynb) that can be read{held}."
        )
        return
    folder = course.submitted / student / assignment
    when = _when(parts, read)
    if when and not (read.trusts_timestamps and "timestamp.txt" in laid):
        laid["timestamp.txt"] = platforms.as_timestamp(when).encode()
    if folder.parent.is_symlink() or folder.is_symlink():
        taken.left_out.append(f"{student} was left out: the folder in {course.submitted} is a link.")
    elif folder.exists() and _is_same(folder, laid):
        taken.there.append(student)
    elif folder.exists() and not replace:
        taken.left_out.append(
            f"{student} has a submission already; it stays (--replace takes the archive's)."
        )
    else:
        _lay(folder, laid)
        taken.students.append(student)


def _files(opened, parts, reasons):
    """Path -> bytes of a student's files, those in zip files included where no notebook lies outside; ``reasons`` takes what is left out."""
    files, budget = {}, [MOST_BYTES]
    for member, part in parts:
        _keep(files, part.path, lambda most, m=member: _content(opened, m, most), budget, reasons)
    depth = 0
    while depth < ZIPS_DEEP and not any(_is_notebook(path) for path in files):
        zips = [path for path in files if path[-1].casefold().endswith(".zip")]
        if not zips:
            break
        depth += 1
        for path in zips:
            _unpack(files, path, budget, reasons)
    if not any(_is_notebook(path) for path in files):
        _by_content(files)
    return files


def _keep(files, path, content, budget, reasons):
    """Read one file into ``files`` under a path of its own, as far as the student's ``budget`` of bytes goes."""
    path = tuple(_file_name(part) for part in path)
    shown = "/".join(path)
    try:
        if len(path) > DEEPEST + 1:
            raise LeftOut(f"it lies more than {DEEPEST} folders deep")
        if len(files) >= MOST_FILES:
            raise LeftOut(f"there are more than {MOST_FILES} files")
        # a notebook too large to be graded is laid all the same: grading says why, on a page
        data = content(MOST_BYTES)
        if len(data) > budget[0]:
            raise LeftOut(f"the files have more than {MOST_BYTES >> 20} MB together")
    except LeftOut as reason:
        plain = str(reason).removeprefix("it ")
        reasons.append(
            f"{shown} {plain} and was left out."
            if str(reason).startswith("it ")
            else f"{shown} was left out: {reason}."
        )
        return
    budget[0] -= len(data)
    while files.get(path, data) != data or _in_the_way(path, files):
        before = path
        path = _another_name(path, files)
        reasons.append(f"there are two files {'/'.join(before)}; the second is called {'/'.join(path)}.")
    files[path] = data


def _in_the_way(path, files):
    """Whether a file stands where the path has a folder, or the other way round."""
    return any(path[:n] in files for n in range(1, len(path))) or any(
        other[: len(path)] == path and len(other) > len(path) for other in files
    )


def _another_name(path, files):
    stem, dot, kind = path[-1].partition(".")
    number = 2
    while True:
        made = (
            *[part + "_" if path[: n + 1] in files else part for n, part in enumerate(path[:-1])],
            f"{stem}_{number}{dot}{kind}",
        )
        if made not in files:
            return made
        number += 1


def _file_name(part):
    """A part of a path that can be written anywhere; ``.ipynb`` in small letters, without what a system hung on it."""
    part = "".join(c if c.isprintable() else "_" for c in part)
    match = _NOTEBOOK.fullmatch(part)
    if match:
        part = f"{match[1]}.ipynb"
    if len(os.fsencode(part)) > 200:
        stem, dot, kind = part.rpartition(".")
        kept = (stem if dot else part).encode()[:150].decode("utf-8", "ignore")
        part = f"{kept}.{kind[:20]}" if dot else kept
    return part


def _is_notebook(path):
    return path[-1].endswith(".ipynb")


def _unpack(files, path, budget, reasons):
    """Put in the place of a zip file what it holds."""
    data = files.pop(path)
    folder = (*path[:-1], path[-1][:-4] or "zip")
    try:
        opened = zipfile.ZipFile(BytesIO(data))
    except Exception as fault:  # whatever a damaged file brings about
        reasons.append(f"{'/'.join(path)} was left out: it cannot be opened ({type(fault).__name__}).")
        return
    budget[0] += len(data)
    with opened:
        for member in opened.infolist():
            try:
                inside = _path(member)
            except LeftOut as reason:
                reasons.append(f"{_shown(member.filename)} in {'/'.join(path)} was left out: {reason}.")
                continue
            if inside and not _is_folder(member) and not _is_programs(inside):
                if len(reasons) > MOST_FILES:
                    return
                _keep(
                    files, folder + inside, lambda most, m=member: _content(opened, m, most), budget, reasons
                )


def _by_content(files):
    """A notebook under another extension, or none, is one all the same."""
    for path in list(files):
        if not files[path].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            continue
        try:
            held = json.loads(files[path].decode("utf-8-sig"))
        except (ValueError, RecursionError):
            continue
        if isinstance(held, dict) and "nbformat" in held and ("cells" in held or "worksheets" in held):
            made = (*path[:-1], f"{path[-1].rpartition('.')[0] or path[-1]}.ipynb")
            if made not in files:
                files[made] = files.pop(path)


def _arranged(files, expected):
    """Path in the folder -> bytes: notebooks where the grader looks for them, under the course's names; None where there is none."""
    notebooks = [path for path in files if _is_notebook(path)]
    if not notebooks:
        return None
    folder = _common([path[:-1] for path in notebooks])
    moved = {}
    for path in sorted(
        files, key=lambda path: path[: len(folder)] != folder
    ):  # what lies beside the notebook first
        to = path[len(folder) :] if path[: len(folder)] == folder else path
        while to in moved.values() or _in_the_way(to, set(moved.values())):
            to = _another_name(to, set(moved.values()))
        moved[path] = to
    for path, name in _named(notebooks, expected).items():
        if (name,) not in moved.values():
            moved[path] = (name,)
    return {"/".join(to): files[path] for path, to in moved.items()}


def _common(paths):
    """The names with which all paths begin."""
    least, most = min(paths), max(paths)
    length = next(
        (n for n, (a, b) in enumerate(zip(least, most, strict=False)) if a != b), min(len(least), len(most))
    )
    return least[:length]


def _named(notebooks, expected):
    """Notebook -> the name in the folder that the course gave it, for those that can be told."""
    found = {}
    for name in expected:
        ways = (
            lambda stem, name=name: stem == name,
            lambda stem, name=name: stem.casefold() == name.casefold(),
            lambda stem, name=name: bool(m := _AGAIN.fullmatch(stem)) and m[1].casefold() == name.casefold(),
        )
        for fits in ways:
            those = [path for path in notebooks if fits(path[-1].removesuffix(".ipynb"))]
            if len(those) == 1:
                found[those[0]] = f"{name}.ipynb"
            if those:
                break
    if len(notebooks) == len(expected) == 1:
        found = {notebooks[0]: f"{expected[0]}.ipynb"}
    return found


def _when(parts, read):
    """When it was handed in: as the platform says, or, in folders that a person has packed, the latest date of a file.

    None where neither is known.  The dates in a platform's archive are the moment of the download: by them all would be late.
    """
    said = [part.when for _, part in parts if part.when]
    if said:
        return max(said)
    dates = []
    for member, _ in parts if read.trusts_timestamps else ():
        if member.date_time[0] > 1980:  # where a program knows no date it writes 1980
            with contextlib.suppress(ValueError):
                dates.append(datetime(*member.date_time))
    return max(dates, default=None)


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


def _lay(folder, laid):
    """Write a hand-in aside, then put it in its place, whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".import-", dir=folder.parent))
    try:
        made = aside / "new"
        made.mkdir()
        for name, data in laid.items():
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        old = aside / "old"
        if folder.exists():
            folder.replace(old)
        try:
            made.replace(folder)
        except OSError:
            if old.exists():
                old.replace(folder)
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
