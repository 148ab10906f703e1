"""What a student handed in  ->  the files of a folder in ``submitted/``: zip files opened, notebooks known by what they hold, nothing lost.

Which of two files keeps a name is decided by the platform, the time and the name, never by the archive's order.
"""

import os
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Self

from autograder import leftovers
from autograder.answers.handed_in import DEEPEST, MOST_BYTES, MOST_FILES, holds_notebook, is_notebook, stem_of
from autograder.classroom.archive import LeftOut, Member, TooLarge, of_zip
from autograder.classroom.platforms import Names
from autograder.errors import Refused
from autograder.words import counted

ZIPS_DEEP = 3  # zip files within zip files
_NOTEBOOK = re.compile(r"(.+?)\.ipynb(\.txt|\.json)?", re.IGNORECASE)
_AGAIN = re.compile(r"(.+?)(?:-\d+| ?\(\d+\))")  # what platforms and browsers add to a name that was there


@dataclass
class Files:
    """A student's files so far: ``held``, path -> bytes, no more than can be graded."""

    held: dict[Names, bytes] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)  # why something was left out or renamed, in sentences
    too_large: list[str] = field(default_factory=list)  # notebooks, by name
    left: int = field(default_factory=lambda: MOST_BYTES)  # bytes that may still come
    ignored: set[str] = field(default_factory=set)  # names that programs have left

    @property
    def notebooks(self) -> list[Names]:
        """The paths of those that are notebooks."""
        return [path for path in self.held if is_notebook(path[-1])]

    def take(self, members: Iterable[tuple[Names, Member, int]]) -> Self:
        """Read (path, member, rank) of one archive, in the order of who keeps a name; zip files with notebooks are opened."""
        for path, member, _ in sorted(members, key=_precedence):
            self._keep(path, member.read)
        return self

    def _keep(self, path: Names, content: Callable[[int], bytes]) -> None:
        """Read one file under a path of its own, as far as the budget of bytes goes."""
        path = tuple(_file_name(part) for part in path)
        shown = "/".join(path)
        try:
            if len(path) > DEEPEST + 1:
                raise LeftOut(f"it lies more than {DEEPEST} folders deep")
            if len(self.held) >= MOST_FILES:
                raise LeftOut(f"there are more than {MOST_FILES} files")
            # a notebook too large to be graded is laid all the same: grading says why, on a page
            data = content(MOST_BYTES)
            if len(data) > self.left:
                raise TooLarge(f"the files have more than {MOST_BYTES >> 20} MB together")
        except LeftOut as reason:
            said = str(reason)
            plain = said.removeprefix("it ")
            told = f"{shown} {plain} and was left out." if plain != said else f"{shown} was left out: {said}."
            self.reasons.append(told)
            if isinstance(reason, TooLarge) and is_notebook(path[-1]):
                self.too_large.append(told)
            return
        self.left -= len(data)
        if not is_notebook(path[-1]) and holds_notebook(data):
            path = (*path[:-1], f"{path[-1].rpartition('.')[0] or path[-1]}.ipynb")
        self.put(path, data)

    def put(self, path: Names, data: bytes) -> None:
        """Keep a file; one that differs from another of the same name gets another name, and is told."""
        while self.held.get(path, data) != data or _in_the_way(path, self.held):
            before = path
            path = _another_name(path, self.held)
            self.reasons.append(
                f"there are two files {'/'.join(before)}; the second is called {'/'.join(path)}."
            )
        self.held[path] = data

    def open_zips(self, deep: int = ZIPS_DEEP) -> Self:
        """Put in the place of each zip file in which there is a notebook what it holds; any other stays as it is."""
        for path in sorted(path for path in self.held if path[-1].casefold().endswith(".zip")):
            data = self.held[path]
            try:
                opened = zipfile.ZipFile(BytesIO(data))
            except Exception as fault:  # whatever a damaged file brings about
                del self.held[path]
                self.reasons.append(
                    f"{'/'.join(path)} was left out: it cannot be opened ({type(fault).__name__})."
                )
                continue
            if not deep:
                self.reasons.append(
                    f"{'/'.join(path)} was not opened: it lies in more than {ZIPS_DEEP} zip files."
                )
                continue
            with opened:
                inner = self._of_zip(opened, path)
            inner.open_zips(deep - 1)
            self.reasons += [f"in {path[-1]}: {reason}" for reason in inner.reasons]
            self.too_large += inner.too_large
            if inner.notebooks:
                del self.held[path]
                self.left = inner.left + len(data)
                folder = (*path[:-1], path[-1][:-4] or "zip")
                for name, content in inner.held.items():
                    if self.held.get((*path[:-1], *name)) != content:  # else it lies beside the zip already
                        self.put(folder + name, content)
        return self

    def _of_zip(self, opened: zipfile.ZipFile, path: Names) -> "Files":
        """What a zip file holds, as ``Files`` of their own, with what is left of the budget."""
        inner = Files(left=self.left)
        try:
            members, left_out = of_zip(opened)
        except Refused as reason:  # of this zip alone
            inner.reasons.append(f"it was not opened: {reason}")
            return inner
        inner.reasons += left_out[:MOST_FILES]
        wanted = []
        for member in members:
            place = leftovers.first_in(member.path)
            if place is not None:
                self.ignored.add(member.path[place])
            elif not member.is_folder:
                wanted.append((member.path, member, 0))
        if len(wanted) > 2 * MOST_FILES:
            inner.reasons.append(f"it holds {counted(len(wanted), 'file')}, more than {MOST_FILES}.")
        return inner.take(wanted[: 2 * MOST_FILES])


def _precedence(one):
    path, member, rank = one
    return -rank, -member.age, path, member.digits


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


# --- the folder


def arranged(files: Mapping[Names, bytes], expected: Sequence[str]) -> dict[str, bytes] | None:
    """Path in the folder -> bytes: notebooks where the grader looks for them, under the course's names; None where there is none."""
    notebooks = sorted(path for path in files if is_notebook(path[-1]))
    if not notebooks:
        return None
    folder = _common([path[:-1] for path in notebooks])
    moved: dict[Names, Names] = {}
    # what lies beside the notebook first
    for path in sorted(files, key=lambda path: (path[: len(folder)] != folder, path)):
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
            lambda stem, name=name: (m := _AGAIN.fullmatch(stem)) and m[1].casefold() == name.casefold(),
        )
        for fits in ways:
            those = [path for path in notebooks if fits(stem_of(path[-1]))]
            if len(those) == 1:
                found[those[0]] = f"{name}.ipynb"
            if those:
                break
    if len(notebooks) == len(expected) == 1:
        found = {notebooks[0]: f"{expected[0]}.ipynb"}
    return found
