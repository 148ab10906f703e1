"""nbgrader's exchange: ``inbound/ada+homework+2026-03-01 12:00:00 UTC/homework.ipynb``, in whatever zone the course has set."""

import re
from datetime import UTC, datetime, timedelta, timezone

from autograder.classroom.platforms.parts import About, Owner, Part, Read

_INBOUND = re.compile(
    r"(?P<login>.+)\+(?P<assignment>[^+]+)"
    r"\+(?P<day>\d{4}-\d\d-\d\d)[ _T](?P<clock>\d\d[:_-]\d\d[:_-]\d\d)(?:[.,_](?P<part>\d{1,6}))?"  # on Windows no colon
    r"(?P<zone>[ _]?[A-Za-z]+(?P<beyond>[+-]\d\d(?:[:_]?\d\d)?)?|[ _]?(?P<offset>[+-]\d\d(?:[:_]?\d\d)?))?"
    r"(?:\+[^/]+)?"  # what the exchange adds where names are not to be guessed
)


def exchange(about: About) -> Read:
    found = Read("nbgrader's exchange")
    for index, path in enumerate(about.paths):
        match = _INBOUND.fullmatch(path[0]) if len(path) > 1 else None
        if match is None:
            continue
        if match["assignment"] != about.assignment:
            found.left_out[index] = f"it belongs to the assignment {match['assignment']}"
            continue
        when = _when(match)
        attempt = when.astimezone(UTC).isoformat(timespec="microseconds") if when else ""
        found.parts[index] = Part(Owner(match["login"]), path[1:], when, attempt)
    return found


def _when(match):
    """The time in a folder's name; in a zone that has but a name it is taken as nbgrader takes it, for UTC."""
    digits = re.sub(r"\D", "", match["day"] + match["clock"])
    try:
        when = datetime.strptime(digits, "%Y%m%d%H%M%S")
        offset = match["beyond"] or match["offset"]
        if offset is None:
            zone = UTC
        else:
            hours, minutes = int(offset[1:3]), int(re.sub(r"\D", "", offset[3:]) or 0)
            beyond = timedelta(hours=hours, minutes=minutes)
            zone = timezone(-beyond if offset[0] == "-" else beyond)
    except ValueError:
        return None
    return when.replace(microsecond=int((match["part"] or "0").ljust(6, "0")), tzinfo=zone)
