"""A student's folder, read once: what was read is what is graded and what the mark stands under.

A file may be anything: a link, a pipe, 40 GB of nothing, and it may be another one a moment later.  Each is opened once,
without waiting and without following links, and read only if it is an ordinary file of a size that can be.
"""

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from autograder import leftovers

LARGEST = 20 * 1024 * 1024  # bytes of a notebook; one without pictures has 50 kB
MOST_BYTES = 48 * 2**20  # of all files in a folder; a room can write 64 MB
MOST_FILES = 500  # in a folder, with those within its folders
DEEPEST = 8  # folders within folders
IGNORED = ("*.pyc", "feedback")  # nbgrader's own list, beside what ``leftovers`` knows


class Ungradable(Exception):
    """This cannot be graded; the message is a sentence for the student, with what to do."""


def printable(name: str | os.PathLike[str]) -> str:
    """A file's name as text that can be written anywhere: what is not UTF-8 in it, and control characters, as escapes."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


NOTEBOOK = ".ipynb"


def is_notebook(name: str) -> bool:
    """Whether a file of this name is a notebook, in whatever letters ``.ipynb`` is written."""
    return name.casefold().endswith(NOTEBOOK)


def stem_of(name: str) -> str:
    """The name of a notebook without ``.ipynb``, in whatever letters that is written; any other name as it is."""
    return name[: -len(NOTEBOOK)] if is_notebook(name) else name


def decoded(data: bytes) -> str:
    """The text of a file: in UTF-8, as every notebook; an editor may have saved it otherwise."""
    try:
        return data.decode(json.detect_encoding(data))
    except UnicodeDecodeError:
        return data.decode(
            "cp1252", "replace"
        )  # what is code can be read; a letter in a comment may be another


def holds_notebook(data: bytes) -> bool:
    """Whether the bytes of a file are a notebook's, whatever it is called."""
    if b"nbformat" not in data.replace(b"\0", b""):
        return False
    try:
        held = json.loads(decoded(data))
    except (ValueError, RecursionError):
        return False
    return isinstance(held, dict) and "nbformat" in held and ("cells" in held or "worksheets" in held)


def read_file(path: str | os.PathLike[str], most: int = LARGEST) -> bytes:
    """The bytes of an ordinary file.  Raises ``Ungradable`` where it is another thing, larger than ``most``, or cannot be read."""
    name = printable(Path(path).name)
    try:
        handle = os.open(path, os.O_RDONLY | _FLAGS)
    except FileNotFoundError:
        raise Ungradable(f"There is no file {name}. Check the name and the folder.") from None
    except OSError as error:
        if Path(path).is_symlink():
            raise Ungradable(f"{name} is a link to another file. Hand in the file itself.") from None
        raise Ungradable(f"{name} cannot be read ({error.strerror}). Check its permissions.") from None
    try:
        about = os.fstat(handle)
        if stat.S_ISDIR(about.st_mode):
            raise Ungradable(f"{name} is a folder. Name the notebook in it.")
        if not stat.S_ISREG(about.st_mode):
            raise Ungradable(f"{name} is not an ordinary file. Hand in the file itself.")
        if about.st_size > most:
            raise Ungradable(_too_large(name, about.st_size, most))
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(most + 1)
    finally:
        os.close(handle)
    if len(data) > most:  # it has grown since
        raise Ungradable(_too_large(name, len(data), most))
    return data


# no link is followed, no pipe waited for until somebody writes into it, no line end changed; not every system knows all of it
_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


def _too_large(name, size, most):
    remedy = "Clear all outputs, save, and hand it in again." if is_notebook(name) else "Hand in without it."
    return f"{name} has {size / 2**20:.0f} MB, more than {most / 2**20:.0f}. {remedy}"


@dataclass(frozen=True)
class HandedIn:
    """What was in ``submitted/<student>/<assignment>``: ``files``, path within the folder -> bytes."""

    student: str
    files: dict[str, bytes]
    left_out: dict[str, str] = field(default_factory=dict)  # path -> why it was not read, in a sentence

    @property
    def notes(self) -> list[str]:
        """What was left out, for the student."""
        return [f"{reason} It was left out." for reason in self.left_out.values()]

    def named(self, name: str) -> str:
        """The name under which a notebook lies in the folder itself: it may end in ``.IPYNB``."""
        there = sorted({*self.files, *self.left_out}, key=lambda other: (other != name, other))
        return next(
            (other for other in there if is_notebook(other) and stem_of(other) == stem_of(name)), name
        )

    def notebook(self, name: str) -> bytes | None:
        """The bytes of a notebook in the folder itself; None where there is none.  Raises ``Ungradable`` where it is no ordinary file."""
        name = self.named(name)
        if name in self.left_out:
            raise Ungradable(self.left_out[name])
        return self.files.get(name)

    def notebooks(self) -> dict[str, bytes]:
        """Name -> bytes of the notebooks in the folder and the folders within."""
        return {name: data for name, data in self.files.items() if is_notebook(name)}

    def beside(self) -> dict[str, bytes]:
        """Path -> bytes of the files that are no notebooks."""
        return {name: data for name, data in self.files.items() if not is_notebook(name)}


def read_folder(folder: Path, *, beside: bool = True, loose: bool = False) -> HandedIn:
    """Read ``submitted/<student>/<assignment>`` once; with ``beside`` also the files that are no notebooks.

    ``loose`` takes the notebooks of ``submitted/<student>`` itself, where there is no folder for the assignment.
    A link in the place of a folder, or a folder whose name is not text, is refused: ``Ungradable``.  A single file that is
    no ordinary one is left out, and noted.
    """
    owner = folder if loose else folder.parent
    for part in (owner, folder):
        if part.is_symlink():
            raise Ungradable(
                f"The folder {printable(part.name)} is a link to another one. Hand in a folder of your own."
            )
    if printable(owner.name) != owner.name:
        raise Ungradable("The name of the folder is not UTF-8 text. Give it another name and grade again.")
    try:
        files, left_out = _read_all(folder, beside, 0 if loose else DEEPEST)
    except Ungradable:  # what lies further in is too much: for the notebook beside it that is no reason
        files, left_out = ({}, {}) if beside or loose else _read_all(folder, beside, 0)
        if not (files or left_out):
            raise
    return HandedIn(printable(owner.name), files, left_out)


def _read_all(folder: Path, beside: bool, deepest: int) -> tuple[dict[str, bytes], dict[str, str]]:
    """(path -> bytes, path -> why it was left out) of a folder's files; together they are no more than can be."""
    files: dict[str, bytes] = {}
    left_out: dict[str, str] = {}
    total = 0
    for path in _walk(folder, beside, deepest):
        name = path.relative_to(folder).as_posix()
        try:
            if printable(name) != name:
                raise Ungradable(f"The name of {printable(name)} is not UTF-8 text. Give it another one.")
            data = read_file(path, LARGEST if is_notebook(name) else MOST_BYTES)
        except Ungradable as reason:
            left_out[printable(name)] = str(reason)
            continue
        total += len(data)
        if total > MOST_BYTES:
            raise Ungradable(
                f"The files handed in have more than {MOST_BYTES >> 20} MB together. Hand in without the largest."
            )
        files[name] = data
    return files, left_out


def _walk(folder: Path, beside: bool, deepest: int) -> Iterator[Path]:
    """The files in a folder and its folders, or the notebooks alone, no more than can be; links are named, never followed."""
    count, waiting = 0, [(folder, 0)]
    while waiting:
        here, depth = waiting.pop()
        try:
            with os.scandir(here) as entries:
                found = []
                for entry in entries:  # never all of a million names at once
                    count += 1
                    if count > MOST_FILES:
                        raise Ungradable(
                            f"The folder holds more than {MOST_FILES} files. Hand in the notebook and what it needs."
                        )
                    found.append(entry)
        except OSError as error:
            raise Ungradable(
                f"{printable(here.name)} cannot be read ({error.strerror}). Check its permissions."
            ) from None
        for entry in sorted(found, key=lambda e: os.fsencode(e.name)):
            if leftovers.is_leftover(entry.name) or any(fnmatch(entry.name, one) for one in IGNORED):
                continue
            if entry.is_dir(follow_symlinks=False):
                if depth < deepest:
                    waiting.append((Path(entry.path), depth + 1))
            elif beside or is_notebook(entry.name):
                yield Path(entry.path)
