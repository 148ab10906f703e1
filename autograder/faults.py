"""Faults of the grader's own: one sentence for whoever runs it, the whole traceback in a log beside the results.

The log is made with its first line, so that a class without a fault has none.  ``--verbose`` shows on stderr what goes on,
and each traceback as it comes.
"""

import contextlib
import logging
import sys
from pathlib import Path

from autograder.plain import plain

NAME = "grader.log"
log = logging.getLogger("autograder")
log.setLevel(logging.ERROR)
log.propagate = False
_kept: dict[str, Path | int] = {}


class _Plain(logging.Formatter):
    """A line may quote what a student handed in; it can make none of its own."""

    def format(self, record: logging.LogRecord) -> str:
        return plain(super().format(record), most=100_000).replace("\n", "\n    ")


class _Beside(logging.FileHandler):
    """A full disk, or a folder that cannot be written, must not become a second fault."""

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(OSError):
            super().emit(record)


def keep(folder: Path) -> None:
    """From now on faults are written to ``folder/grader.log``."""
    for handler in [h for h in log.handlers if isinstance(h, logging.FileHandler)]:
        log.removeHandler(handler)
        handler.close()
    path = folder / NAME
    _kept.update(path=path, size=_size(path))
    handler = _Beside(path, encoding="utf-8", delay=True)
    handler.setLevel(logging.ERROR)
    handler.setFormatter(_Plain("%(asctime)s %(message)s"))
    log.addHandler(handler)
    logging.raiseExceptions = False  # nor may logging print a fault of its own, of a line that it cannot make


def show(verbose: bool) -> None:
    """Whether what goes on is told on stderr."""
    if verbose:
        log.setLevel(logging.DEBUG)
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_Plain("%(asctime)s %(process)d %(message)s"))
        log.addHandler(handler)


def record(about: str, fault: BaseException) -> None:
    """Keep the traceback of a fault that came up with ``about``: a student and an assignment, a command."""
    log.error("%s: %s: %s", about, type(fault).__name__, fault, exc_info=fault)


def told() -> str | None:
    """Where the faults of this command are written, as a sentence; None where none was."""
    path = _kept.get("path")
    if not isinstance(path, Path) or _size(path) == _kept["size"]:
        return None
    return f"The grader has met faults of its own; each with its whole traceback is in {path}."


def _size(path: Path) -> int:
    """Workers write to the same file; that it has grown is what their parent can know."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
