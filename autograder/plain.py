"""Text that somebody else has written, as it may be shown anywhere: in a terminal, a log, a page, a table, a file."""

import re

MOST = 4000  # characters of one message or note

_SEQUENCES = re.compile(  # what a terminal takes for an order as a whole: colours, titles, places of the cursor
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]"
)
# Control characters but for line and tab; marks that turn the direction of what follows; halves of surrogate pairs.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)


def plain(text: str, most: int = MOST, *, lines: bool = True) -> str:
    """The text without what steers whoever shows it, and no longer than ``most`` characters.

    Without ``lines`` it stays on one.
    """
    text = text[: 8 * most]  # whatever else is in there
    text = _UNSEEN.sub(" ", _SEQUENCES.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    if not lines:
        text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def letters(name: str) -> str:
    """A name without what people write one way or the other: large letters, blanks, dashes, underscores."""
    return re.sub(r"[\W_]+", "", name.casefold())
