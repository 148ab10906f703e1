"""A zip file, or a folder that one was unpacked into  ->  its members, with safe paths, read up to a limit.

Nothing is written here, no link followed, nothing of it run.
"""

import os
import re
import stat
import struct
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from autograder.answers.handed_in import printable
from autograder.classroom.platforms import Names
from autograder.errors import Refused

MOST_MEMBERS = 100_000
LONGEST_PATH = 1000  # characters of a member's name


class LeftOut(Exception):
    """This member cannot be taken in; the message ends a sentence that begins with its name."""


class TooLarge(LeftOut):
    """There is too much of it."""


@dataclass(frozen=True)
class Member:
    """One file, or a folder that is named by itself."""

    path: Names  # from the outermost folder to its own
    is_folder: bool
    when: datetime | None  # of the last change, without a zone where that is not known; None where no time is
    digits: int  # of its content: they decide where nothing else does
    read: Callable[[int], bytes]  # no more than so many; raises LeftOut

    @property
    def age(self) -> float:
        """A number that is greater the later it was changed."""
        return self.when.timestamp() if self.when else 0.0


@contextmanager
def opened(path: Path) -> Iterator[tuple[list[Member], list[str]]]:
    """(members, sentences on what is none) of a zip file or a folder.  Raises ``Refused``."""
    if path.is_dir():
        yield _of_folder(path)
        return
    if not path.is_file():
        raise Refused(f"There is no file {path}.")
    try:
        file = zipfile.ZipFile(path)
    except Exception as fault:  # whatever a damaged file brings about
        raise Refused(
            f"{path} cannot be read as a zip archive ({fault}). Pack it as .zip, or unpack it and name the folder."
        ) from None
    with file:
        yield of_zip(file)


def of_zip(file: zipfile.ZipFile) -> tuple[list[Member], list[str]]:
    """(members, sentences on what is none) of an opened zip file."""
    found: list[Member] = []
    left_out: list[str] = []
    for info in file.infolist():
        name = _name(info)
        try:
            path, is_folder = _path(name, info.external_attr >> 16), name.endswith(("/", "\\"))
        except LeftOut as reason:
            left_out.append(f"{shown(name)} was left out: {reason}.")
            continue
        if path:
            found.append(Member(path, is_folder, _when(info), info.CRC, partial(_content, file, info)))
        _few_enough(found)
    return found, left_out


def _few_enough(found):
    if len(found) > MOST_MEMBERS:
        raise Refused(f"The archive holds more than {MOST_MEMBERS} files.")


def _name(info):
    """A member's name.  Where a zip does not say in which letters names are written, macOS means UTF-8 all the same."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _path(name, mode):
    """A member's path as a tuple of names.  Raises ``LeftOut`` where it leads elsewhere or is no ordinary file's."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/"))  # macOS writes é as e and an accent
    if len(name) > LONGEST_PATH:
        raise LeftOut("its name is too long")
    if name.startswith("/") or re.match(r"[A-Za-z]:/", name) or ".." in name.split("/"):
        raise LeftOut("its path leads out of the archive")
    kind = stat.S_IFMT(mode)
    if kind and not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
        raise LeftOut("it is a link or another thing that is no ordinary file")
    return tuple(part for part in name.split("/") if part not in ("", "."))


def _when(info):
    """When a member was changed: exactly where a program has written that, else a time of the clock on its wall."""
    extra = info.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        held, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == 0x5455 and len(held) >= 5 and held[0] & 1:  # "extended timestamp", seconds since 1970
            return datetime.fromtimestamp(struct.unpack("<i", held[1:5])[0], UTC)
        if kind == 0x000A and len(held) >= 16:  # NTFS: tenths of microseconds since 1601
            since_1970 = struct.unpack("<Q", held[8:16])[0] / 1e7 - 11_644_473_600
            if 0 < since_1970 < 2**32:
                return datetime.fromtimestamp(since_1970, UTC)
    try:
        return datetime(*info.date_time) if info.date_time[0] > 1980 else None  # 1980: no date was known
    except ValueError:
        return None


def _content(file, info, most):
    """The bytes of a member, no more than ``most``.  Raises ``LeftOut``."""
    if info.flag_bits & 1:
        raise LeftOut("it is encrypted")
    if info.file_size <= most:
        try:
            with file.open(info) as held:
                data = held.read(most + 1)
        except Exception as fault:  # whatever a damaged or a foreign file brings about
            raise LeftOut(f"it is damaged or packed in an unknown way ({type(fault).__name__})") from None
        if len(data) <= most:
            return data
    raise TooLarge(f"it has more than {most / 2**20:.0f} MB")


def _of_folder(top):
    found, left_out = [], []
    for here, folders, files in os.walk(top):
        folders.sort()
        for name in [*folders, *sorted(files)]:
            path = Path(here) / name
            about = path.lstat()
            try:
                parts = _path(path.relative_to(top).as_posix(), about.st_mode)
            except LeftOut as reason:
                left_out.append(f"{shown(path.relative_to(top))} was left out: {reason}.")
                continue
            when = datetime.fromtimestamp(about.st_mtime, UTC)
            found.append(Member(parts, name in folders, when, 0, partial(_of_disk, path)))
            _few_enough(found)
    return found, left_out


def _of_disk(path, most):
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as fault:
        raise LeftOut(f"it cannot be read ({fault.strerror})") from None
    if len(data) > most:
        raise TooLarge(f"it has more than {most / 2**20:.0f} MB")
    return data


def shown(text: str | Path, most: int = 200) -> str:
    """A name as it can be printed."""
    text = printable(text)
    return text if len(text) <= most else text[:most] + "…"
