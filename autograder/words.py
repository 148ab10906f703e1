"""Small words that a count asks for: one file, two files; the first of many and how many more."""

from collections.abc import Sequence


def counted(number: float, noun: str) -> str:
    """A number with its noun, of which there is one or are several: ``1 file``, ``0.5 points``."""
    return f"{number:g} {noun}" if number == 1 else f"{number:g} {noun}s"


def first_of(names: Sequence[str], most: int) -> str:
    """No more than ``most`` names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"
