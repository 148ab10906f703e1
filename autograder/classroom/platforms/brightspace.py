"""Brightspace: ``7-1234 - Ada Lovelace - Mar 1, 2026 1200 PM/work.ipynb``, or ``- work.ipynb`` in one name.

The date is in the language of whoever downloaded; the two numbers and the dashes are what tells the parts.
"""

import re

from autograder.classroom.platforms.dates import looks_like_date, read_date
from autograder.classroom.platforms.parts import About, Owner, Part, Read

_NUMBERED = re.compile(r"(?P<number>\d+)-\d+ - (?P<rest>.+)")


def brightspace(about: About) -> Read:
    found, unread = Read("Brightspace"), set()
    for index, path in enumerate(about.paths):
        match = _NUMBERED.fullmatch(path[0])
        parts = match and _parts(match["rest"], has_file=len(path) == 1)
        if match is None or not parts:
            continue
        name, date, file = parts
        when = read_date(date)
        if when is None:
            unread.add(date)
        owner = Owner(name, match["number"], name)
        found.parts[index] = Part(owner, path[1:] or (file,), when, "" if when is None else when.isoformat())
    if unread:
        found.remarks.append(
            f"The time of handing in could not be read from {', '.join(sorted(unread)[:3])}."
        )
    return found


def _parts(rest, *, has_file):
    """(name, date, file or None), or None.  The date is the first part that looks like one: what comes behind it a student wrote."""
    pieces = rest.split(" - ")
    dates = [place for place in range(1, len(pieces)) if looks_like_date(pieces[place])]
    if not dates:
        return None
    at = dates[0] if has_file else dates[-1]
    name, file = " - ".join(pieces[:at]), " - ".join(pieces[at + 1 :])
    if not name.strip() or bool(file) != has_file:
        return None
    return name, pieces[at], file or None
