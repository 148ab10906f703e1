"""What of a check students see, and what is hidden from them: decided here, and asked by all that run, mark or explain a check.

The markers are nbgrader's, and so is the rule: a line that holds one is a marker, whatever else stands in it.
"""

from functools import cache
from typing import NamedTuple

BEGIN, END = "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"


class Parts(NamedTuple):
    """A check's text, as it is run: up to its hidden part, and from there on."""

    visible: str
    hidden: str | None  # its lines at their numbers in the whole; None where nothing is hidden
    lines: frozenset[int]  # the numbers of the lines that students do not see


@cache
def parts(source: str) -> Parts:
    """The parts of a check with this text.

    All that follows the first marker runs with the hidden part, also what students see of it again.
    """
    lines = source.splitlines(keepends=True)
    first = next((number for number, line in enumerate(lines) if BEGIN in line), None)
    if first is None:
        return Parts(source, None, frozenset())
    unseen, inside = set(), False
    for number, line in enumerate(lines, start=1):
        inside = (inside or BEGIN in line) and END not in line
        if inside:
            unseen.add(number)
    return Parts("".join(lines[:first]), "\n" * first + "".join(lines[first:]), frozenset(unseen))


def is_partly_hidden(source: str) -> bool:
    """Whether students do not see the whole of a check with this text."""
    return parts(source).hidden is not None
