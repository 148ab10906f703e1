"""A date as a person reads it, in the language of whoever set the platform up  ->  ``datetime``.

Months are known by the letters with which they begin; in Chinese, Japanese and Korean they are numbers.  What cannot be told for
certain gives None: a hand-in without a time is better than one with a wrong one.
"""

import re
import unicodedata
from datetime import datetime

_MONTHS = (
    "jan ene gen ocak sty led tammi ιαν янв يناير",
    "feb fev subat lut uno helmi φεβ фев فبراير",
    "mar maer mrz maart maalis bre μαρ мар مارس",
    "apr abr avr nisan kwi dub huhti απρ апр أبريل",
    "may mai mei mag maj kve touko μαι мая май مايو",
    "jun juin giu haz cze kesa ιουν июн يونيو",
    "jul juil lug lip tem heina ιουλ июл يوليو",
    "aug ago aou agu sie srp elo αυγ авг أغسطس",
    "sep set eyl wrz zari syys σεπ сен سبتمبر",
    "oct okt out ott eki paz rij loka οκτ окт أكتوبر",
    "nov kas marras listo νοε ноя نوفمبر",
    "dec dez dic des ara gru pro joulu δεκ дек ديسمبر",
)


def _folded(text):
    """A text in small letters, without accents."""
    parts = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", "".join(c for c in parts if not unicodedata.combining(c)))


# the longer first: it decides where one begins as another does
_BEGINNINGS = sorted(
    ((_folded(word), number) for number, words in enumerate(_MONTHS, start=1) for word in words.split()),
    key=lambda pair: -len(pair[0]),
)
_ALONE = r"(?<![^\W\d_])(?:{})(?![^\W\d_])"
_AFTERNOON = re.compile("午後|下午|오후|" + _ALONE.format(r"p\.? ?m|em|μ\.? ?μ|م"))
_FORENOON = re.compile("午前|上午|오전|" + _ALONE.format(r"a\.? ?m|fm|π\.? ?μ|ص"))


def looks_like_date(text: str) -> bool:
    """Whether a text has the numbers of a date with a time, whatever the language."""
    numbers = re.findall(r"\d+", text)
    return len(numbers) >= 3 and sum(map(len, numbers)) >= 6


def read_date(text: str) -> datetime | None:
    """The time that a text says, without a zone, or None."""
    plain = _folded(text)
    numbers = [(match.start(), match[0]) for match in re.finditer(r"\d+", plain)]
    year = next((pair for pair in numbers if len(pair[1]) == 4 and 1990 <= int(pair[1]) <= 2200), None)
    if year is None:
        return None
    before = [int(text) for at, text in numbers if at < year[0]]
    behind = [text for at, text in numbers if at > year[0]]
    month = _month(plain)
    if month and len(before) == 1:
        day, clock = before[0], behind
    elif (
        not before and len(behind) >= 3 and (month is None or month == int(behind[0]))
    ):  # 2026年3月1日, 2026-03-01
        month, day, clock = int(behind[0]), int(behind[1]), behind[2:]
    elif month and not before and len(behind) >= 2:  # 2026 March 1
        day, clock = int(behind[0]), behind[1:]
    else:
        return None  # 3-4-2026 is one day here and another one there
    time = _clock(clock, plain)
    if time is None:
        return None
    try:
        return datetime(int(year[1]), month, day, *time)
    except ValueError:
        return None


def _month(plain):
    """The month that a word names; None where none does, or two do: *mar* is a weekday, too."""
    named = set()
    for word in re.findall(r"[^\W\d_]+", plain):
        named.update([number for beginning, number in _BEGINNINGS if word.startswith(beginning)][:1])
    return named.pop() if len(named) == 1 else None


def _clock(numbers, plain):
    """(hour, minute, second) from ``1205``, ``9 05`` or ``9 05 30``, or None."""
    if len(numbers) == 1 and 3 <= len(numbers[0]) <= 4:
        numbers = [numbers[0][:-2], numbers[0][-2:]]
    if not 2 <= len(numbers) <= 3:
        return None
    hour, *rest = map(int, numbers)
    if _AFTERNOON.search(plain) and 1 <= hour < 12:
        hour += 12
    elif _FORENOON.search(plain) and hour == 12:
        hour = 0
    return hour, *rest
