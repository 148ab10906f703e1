"""Student rooms to be had: whether this machine can isolate them, the warm process, one forked from it."""

from dataclasses import dataclass

from autograder.errors import Refused
from autograder.rooms import alone, confine, readable
from autograder.rooms.line import warm

SECONDS_A_CELL = 20
ALTOGETHER = 15  # times that, for a notebook with all its replays


@dataclass(frozen=True)
class How:
    """How submissions are run."""

    seconds: int = SECONDS_A_CELL  # for one cell, and for one exercise's probes
    confined: bool = True  # isolated from the machine
    split: bool = (
        True  # tests in a room of their own; otherwise beside the student's code, as nbgrader has them
    )


HOW = How()


def start(how, closed=()):
    """Start the warm process now, so that it imports while other things are done.

    ``closed`` are folders that no student's code may read.  Raises ``Refused`` where this machine cannot isolate and ``how``
    asks for it.
    """
    if how.confined and (lacks := confine.missing()):
        raise Refused(
            " ".join(lacks)
            + " Student code would run with your rights: grade elsewhere, or say --no-isolation if you trust every notebook."
        )
    if how.confined:
        readable.close(closed)
    if not alone.needed():
        warm(how.confined)


def ready(how):
    """Wait until student rooms can be had: before other processes share the warm one."""
    warm(how.confined).close_folders()


def fork(confined):
    """A fresh student room; where the warm process has died, from a new one."""
    if alone.needed():
        return alone.Line()
    try:
        return warm(confined).fork()
    except OSError:
        warm(confined).control.close()
        warm.cache_clear()
        return warm(confined).fork()
