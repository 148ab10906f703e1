"""Is this line a marker, or was it meant as one?

nbgrader looks for a few bare words, ``BEGIN SOLUTION`` among them, and takes every other spelling for a comment.  A hand misspells, drops,
doubles and swaps words, counts the ``#`` wrongly, forgets the large letters.  What speaks for a marker, with such slips forgiven, is that a
line consists of a marker's words and no others; what speaks against it is an ordinary sentence, in small letters, behind one ``#``.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

KINDS = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")
EXACT = {f"{edge} {kind}": (edge, kind) for edge in ("BEGIN", "END") for kind in KINDS}
_LETTERS = {words.replace(" ", ""): words for words in EXACT}
_EDGES = {
    "BEGIN": ["BEGIN", "BEGINS", "BEGINNING", "START", "STARTS", "STARTING"],
    "END": ["END", "ENDS", "ENDING", "STOP", "STOPS", "FINISH"],
}
_SURE = {  # words that hardly stand beside an edge by chance
    "SOLUTION": ["SOLUTION", "SOLUTIONS"],
    "HIDDEN TESTS": ["HIDDEN", "HIDE", "HIDDENTEST", "HIDDENTESTS"],
    "MARK SCHEME": ["SCHEME", "SCHEMES", "MARKSCHEME"],
}
_HINTS = {"HIDDEN TESTS": ["TEST", "TESTS"], "MARK SCHEME": ["MARK", "MARKS", "MARKING"]}
_FILL = frozenset(["OF", "THE", "HERE", "A", "MY", "OUR", "ALL", "REGION", "BLOCK", "PART", "CELL", "CODE"])
_OTHERS = frozenset(
    [
        "RESOLUTION",
        "EVOLUTION",
        "REVOLUTION",
        "VOLUTION",
        "MIDDEN",
        "RIDDEN",
        "BIDDEN",
        "BEING",
        "BEGAN",
        "BEGUN",
        "STATE",
        "STAR",
    ]
)
_SLIP = 2  # letters that may be amiss in what is still taken for a marker


@dataclass(frozen=True)
class _Word:
    edge: str | None = None  # BEGIN or END
    sure: str | None = None  # a kind
    hint: str | None = None  # a kind, by a word that is common elsewhere
    fill: bool = False

    @property
    def kind(self) -> str | None:
        return self.sure or self.hint


def meant(text: str, *, likely: str = "SOLUTION", prose: bool = False, strict: bool = True) -> str | None:
    """Which of the markers a line is, or was meant to be; None for any other line.

    ``likely`` is the kind where a line tells only the edge.  In ``prose`` headings have ``#`` as well; without ``strict`` single words, which
    another course's author may use as headings, are let be.
    """
    exact = next((words for words in EXACT if words in text), None)
    if exact:
        return exact
    plain = unicodedata.normalize("NFKC", text).strip()
    signs, behind = re.findall(r"\A[^#]*(#*)(.*)\Z", plain, re.DOTALL)[0]
    said = (behind if signs else plain).strip("# \t'\"`*-=<>!/.:;")
    line = _Line(said, len(signs), prose, strict)
    found = line.as_a_whole() or line.of_its_words() or line.in_large_letters()
    if found is None:
        return None
    edge, kind = found
    return f"{edge or 'BEGIN'} {kind or likely}"


Found = tuple[str | None, str | None] | None  # (edge, kind), as far as they are told


class _Line:
    """What a line says, and how."""

    def __init__(self, said: str, signs: int, prose: bool, strict: bool) -> None:
        self.said, self.signs, self.strict, self.prose = said, signs, strict, prose
        letters = "".join(c for c in said if c.isalpha())
        self.large = bool(letters) and letters == letters.upper()
        self.loud = self.large or (signs > 1 and not prose)
        self.letters = letters.upper()
        self.comment = bool(signs) and not prose
        between = r"[ \t_-]+" if self.large else r"[ \t]+"
        # a line without a sign says something only where nothing but words stands there
        self.is_code = not signs and not re.fullmatch(rf"[^\W_]+(?:{between}[^\W_]+)+", said)
        self.texts = re.findall(r"[^\W_]+", said.upper())
        self.words = [_word(text, self.loud, self.large and self.signs > 2) for text in self.texts]

    def as_a_whole(self) -> Found:
        """By all its letters, where only few are amiss: words that run into each other, or are torn."""
        if not self.loud or not self.letters or self.is_code:
            return None
        near = {words: _distance(self.letters, wanted) for wanted, words in _LETTERS.items()}
        best = min(near, key=lambda words: near[words])
        return EXACT[best] if near[best] <= _SLIP else None

    def of_its_words(self) -> Found:
        """By its words, where there are no others than a marker's; or, behind several signs, where it begins with them."""
        if self.prose or self.is_code or not any(self.words):
            return None
        edge, sure, hint = _first(self.words)
        if edge and sure and self.loud:  # beside these a word may be misspelt that is common otherwise
            self.words = [
                word or (_Word(hint=sure) if _like(text, _HINTS.get(sure, ()), 1, least=4) else None)
                for word, text in zip(self.words, self.texts, strict=True)
            ]
        if None in self.words:
            begins = (
                self.signs > 1 and self.comment and _pair(self.words[: self.words.index(None)], hints=False)
            )
            return begins or None
        if edge and sure:
            return edge, sure
        if edge and hint:
            return (edge, hint) if self.loud and self.comment else None
        if not self.comment:
            return None
        whole = sure and (
            sure == hint or any(text in ("HIDDENTESTS", "HIDDENTEST", "MARKSCHEME") for text in self.texts)
        )
        if whole and (self.large or self.signs > 2):
            return None, sure
        if not self.strict:
            return None
        if sure and (self.signs > 2 or (self.large and self.signs > 1)):
            return None, sure
        single = edge or hint
        if single and self.large and self.signs > 1 and not all(word.fill for word in self.words):
            return edge, hint
        return None

    def in_large_letters(self) -> Found:
        """By words in large letters that follow each other somewhere in the line, in a string, say."""
        joined = r"[^\W_a-z]+(?:[ \t_-]+[^\W_a-z]+)+"
        for run in re.findall(joined, self.said):
            words = [_word(text, True, self.large and self.signs > 2) for text in re.findall(r"[^\W_]+", run)]
            for start in range(len(words)):
                found = _pair(words[start:], hints=self.strict and self.comment)
                if found:
                    return found
        return None


@lru_cache(maxsize=20_000)
def _word(text, loud, very_loud):
    """What a word is, with a slip forgiven; None for a word that is no marker's."""
    if text in _FILL:
        return _Word(fill=True)
    if text in _OTHERS:
        return None
    for kind, words in _SURE.items():
        if _like(text, words, 2 if loud else 1, least=6):
            return _Word(sure=kind)
    for edge, words in _EDGES.items():
        if text in words or (loud and _like(text, words, 1, least=3)) or _like(text, words[:1], 1, least=5):
            return _Word(edge=edge)
    for kind, words in _HINTS.items():
        if text in words or (very_loud and _like(text, words, 1, least=4)):
            return _Word(hint=kind)
    return None


def _first(words):
    """(edge, kind by a sure word, kind by a hint) of the first words that tell them."""
    told = [word for word in words if word]
    return tuple(
        next((getattr(word, what) for word in told if getattr(word, what)), None)
        for what in ("edge", "sure", "hint")
    )


def _pair(words, *, hints):
    """(edge, kind) where words begin with an edge and, behind nothing but small words, a kind."""
    if not words or words[0] is None or not words[0].edge:
        return None
    for word in words[1:]:
        if word is None:
            return None
        if word.sure or (hints and word.hint):
            return words[0].edge, word.kind
        if not word.fill and not word.edge:
            return None
    return None


def _like(text, words, slip, *, least):
    """Whether a text is one of the words, or differs by no more than ``slip`` letters from one with at least ``least``."""
    return any(text == word or (len(word) >= least and _distance(text, word) <= slip) for word in words)


def _distance(one, other):
    """How many letters are to be put in, taken out, changed or swapped with their neighbours; very unequal ones are far apart."""
    if abs(len(one) - len(other)) > _SLIP:
        return _SLIP + 1
    rows = [list(range(len(other) + 1))]
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(other, start=1):
            least = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                least = min(least, rows[-2][j - 2] + 1)
            row.append(least)
        rows.append(row)
    return rows[-1][-1]
