"""Dates as people write them, of which we know which characters say what (chapter 2).

    Tuesday, 24 November 2026    nov 24th, 2026    the 3rd of May '99    24.11.2026    3/5/99    2026 Nov 24

are turned into ISO 8601, ``2026-11-24``.  Numbers alone come day first, as in most of the world.  A year of two
digits lies between 1950 and 2049.  For each character of the answer ``spans`` holds the characters of the text that
decide it: the same digit where there is one, the whole name of a month, the whole number of a day below ten.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from attention_course.data.tokens import Vocabulary

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
FIRST, LAST = datetime.date(1950, 1, 1), datetime.date(2049, 12, 31)
DAYS = (LAST - FIRST).days + 1

_WORDS = "".join([*MONTHS, *WEEKDAYS, "the", "of", "st", "nd", "rd", "th"])
SOURCE = Vocabulary(sorted({*_WORDS, *_WORDS.lower(), *_WORDS.upper(), *"0123456789 ,./-'"}))
TARGET = Vocabulary("0123456789-")


@dataclass(frozen=True)
class WrittenDate:
    """A date as ``text``, its answer ``iso``, and for each of its ten characters ``(start, stop)`` in the text, or None."""

    text: str
    iso: str
    spans: tuple[tuple[int, int] | None, ...]


def _ordinal(day):
    suffix = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return [(str(day), "day"), (suffix, None)]


def _pieces(date, rng):
    """The date as pieces ``(text, None or "year" or "month" or "day")``, in a random one of the forms above."""
    name = MONTHS[date.month - 1]
    month = (name if rng.random() < 0.6 else name[:3], "month")
    short = rng.random() < 0.25
    year = (f"'{date.year % 100:02d}" if short else str(date.year), "year")
    day = (f"{date.day:02d}" if rng.random() < 0.2 else str(date.day), "day")
    form = rng.integers(6)
    if form == 0:
        body = [day, (" ", None), month, (" ", None), year]
    elif form == 1:
        body = [month, (" ", None), *_ordinal(date.day), (", ", None), year]
    elif form == 2:
        body = [month, (" ", None), day, (" " if short else ", ", None), year]
    elif form == 3:
        body = [("the ", None), *_ordinal(date.day), (" of ", None), month, (" ", None), year]
    elif form == 4:
        sign = (str(rng.choice([".", "/", "-"])), None)
        number = (f"{date.month:02d}" if rng.random() < 0.5 else str(date.month), "month")
        bare = (year[0].lstrip("'"), "year")
        return [day, sign, number, sign, bare]
    else:
        body = [(str(date.year), "year"), (" ", None), month, (" ", None), day]
    if rng.random() < 0.3:
        weekday = WEEKDAYS[date.weekday()]
        comma = ", " if rng.random() < 0.5 else " "
        body = [(weekday if rng.random() < 0.5 else weekday[:3], None), (comma, None), *body]
    return body


def _span(text, start, stop, from_right):
    """What decides a digit of a part that stands at ``start`` to ``stop``: its own digit, else all of the part."""
    at = stop - from_right
    own_digit = text[start:stop].isdigit() and stop - start > 1 and at >= start
    return (at, at + 1) if own_digit else (start, stop)


def write_date(date: datetime.date, rng: np.random.Generator) -> WrittenDate:
    """Write ``date`` (a ``datetime.date``) in one of the forms, drawn from the NumPy generator ``rng``."""
    if not FIRST <= date <= LAST:
        raise ValueError(f"dates run from {FIRST} to {LAST}, not {date}")
    text, place = "", {}
    for piece, part in _pieces(date, rng):
        if part:
            start = len(text) + piece.startswith("'")
            place[part] = (start, len(text) + len(piece))
        text += piece
    case = rng.random()
    text = text.lower() if case < 0.25 else text.upper() if case < 0.35 else text
    spans = []
    for part, digits in (("year", 4), (None, 1), ("month", 2), (None, 1), ("day", 2)):
        for i in range(digits):
            spans.append(_span(text, *place[part], digits - i) if part else None)
    return WrittenDate(text, date.isoformat(), tuple(spans))


def make_dates(count: int, seed: int, exclude: Iterable[WrittenDate] = ()) -> list[WrittenDate]:
    """``count`` different texts; no calendar day of ``exclude`` (dates made before) comes back in any form."""
    rng = np.random.default_rng(seed)
    days, texts = {date.iso for date in exclude}, set()
    dates: list[WrittenDate] = []
    while len(dates) < count:
        date = FIRST + datetime.timedelta(days=int(rng.integers(DAYS)))
        if date.isoformat() in days:
            continue
        written = write_date(date, rng)
        if written.text not in texts:
            texts.add(written.text)
            dates.append(written)
    return dates


def encode(dates: Sequence[WrittenDate]) -> dict[str, np.ndarray]:
    """Arrays of a list of dates: a dict of

    ``source (N, m)`` int, padded; ``target (N, 12)`` int, between the signs for beginning and end; ``gold (N, 10,
    m)`` bool, True where a character of the text decides a character of the answer (nowhere for its hyphens).
    """
    source = SOURCE.encode([date.text for date in dates])
    gold = np.zeros((len(dates), 10, source.shape[1]), dtype=bool)
    for i, date in enumerate(dates):
        for t, span in enumerate(date.spans):
            if span is not None:
                gold[i, t, span[0] : span[1]] = True
    return {
        "source": source,
        "target": TARGET.encode([date.iso for date in dates], bos=True, eos=True),
        "gold": gold,
    }
