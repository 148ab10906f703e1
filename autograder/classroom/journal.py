"""What was graded already: the same bytes, graded by the same grader, need not run again.

A result is kept under the digest of all that it depends on, in ``<course>/.grading/``.  Writing one is a single rename,
so a grader that is killed leaves whole results or none, and the next run goes on from there.
"""

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

import nbformat

from autograder.answers.results import Graded
from autograder.paths import CODE, Course
from autograder.rooms.engine import How

Notebooks = dict[str, nbformat.NotebookNode]  # executed, by their names


@cache
def _grader() -> bytes:
    """A digest of the grader, of what it imports from the course, and of the libraries that student code meets."""
    digest = hashlib.sha256(sys.version.encode())
    for name in ("numpy", "torch", "ipython"):
        digest.update(f"{name} {version(name)}\n".encode())
    for top in ("autograder", "attention_course"):
        for path in sorted((CODE / top).rglob("*.py")):
            digest.update(path.relative_to(CODE).as_posix().encode() + path.read_bytes())
    return digest.digest()


def digests(how: How, *course: str) -> Callable[[Iterable[tuple[str, bytes]]], str]:
    """A function from a submission's files, (name, bytes) pairs, to the digest of all that its result depends on.

    ``course`` is what it depends on beside the grader: the instructor's notebook, say, as texts.
    """
    base = hashlib.sha256(_grader())
    base.update(repr((how, course)).encode())

    def digest(files: Iterable[tuple[str, bytes]]) -> str:
        found = base.copy()
        for name, content in files:
            found.update(f"{name} {len(content)} ".encode() + content)
        return found.hexdigest()

    return digest


class Journal:
    """The results of one course."""

    def __init__(self, course: Course) -> None:
        self.folder = course.root / ".grading"

    def _path(self, digest):
        return self.folder / digest[:2] / f"{digest}.json"

    def find(self, digest: str | None, student: str) -> tuple[Graded, Notebooks] | None:
        """(Graded, name -> executed notebook) of an earlier run, for this student; None where there is none."""
        if digest is None:
            return None
        try:
            kept = json.loads(self._path(digest).read_text(encoding="utf-8"))
            return Graded.from_dict({**kept["graded"], "student": student}), nbformat.from_dict(
                kept["notebooks"]
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, digest: str | None, graded: Graded, notebooks: Notebooks) -> None:
        """Keep a result."""
        if digest is None:
            return
        path = self._path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = Path(f"{path}.{os.getpid()}.{id(graded)}")
        whole.write_text(json.dumps({"graded": graded.as_dict(), "notebooks": notebooks}), encoding="utf-8")
        whole.replace(path)
