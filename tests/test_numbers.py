"""No number that a run made is typed by hand, where nobody would notice that it has changed.

In prose, lessons glue their numbers.  Alt texts, captions, and the pages that are not run (index, quiz, explorer, exercises)
take them from a lesson's glue, too: ``{{name}}`` and ``{said}`lesson/name` ``.  A typed share or ratio in these places is
named here unless it is exact, and then it stands below with the reason.
"""

import re

import pytest
from site_tools import ROOT, execute

BOOK = ROOT / "book"
MEASURED = re.compile(
    r"(?<![\w.,{/])\d[\d.,]*(?:[–-]\d[\d.,]*)?\s*(?:%|percent|per cent|percentage points|points of accuracy|times as)"
)
# page, the words around the number, why it may be typed
EXACT = [
    ("*", "95 % confidence interval", "a convention"),
    ("*", "100 %", "a row of weights adds up to it"),
    ("*", "100 percent", "the whole"),
    ("06-channel-attention/quiz.md", "the object in 98 % of the pictures", "a case made up for the question"),
]
PAGES = sorted(p for p in BOOK.rglob("*.md") if "_ext" not in p.parts)


def unglued(text):
    """The text without what is taken from a lesson, and without code."""
    text = re.sub(r"\{\{[^}]*\}\}", "", text)
    return re.sub(r"\{[\w:-]+\}`[^`]*`", "", text)


def places(path):
    """The texts of a page in which a number of a run would go unnoticed: all of a page that is not run, else alt and caption."""
    notebook = execute.read_lesson(path)
    if notebook is None:
        return [path.read_text(encoding="utf-8")]
    nb = [cell.metadata.get("mystnb", {}) for cell in notebook.cells]
    return [
        text for meta in nb for part in ("image", "figure") for text in map(str, meta.get(part, {}).values())
    ]


def typed(path):
    found = []
    for text in places(path):
        for match in MEASURED.finditer(unglued(text)):
            around = unglued(text)[max(0, match.start() - 60) : match.end() + 30].replace("\n", " ")
            page = path.relative_to(BOOK).as_posix()
            if not any(where in ("*", page) and words in around for where, words, _ in EXACT):
                found.append(around)
    return found


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(BOOK).as_posix())
def test_no_measured_number_is_typed_where_nobody_would_notice(path):
    assert typed(path) == [], "take it from the lesson's glue, or say in EXACT why it may stand"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It reaches 97.5 % in the end.", 1),
        ("It stays near 12 percent.", 1),
        ("from 12–15 percent", 1),
        ("It reaches {said}`translation/tr_x` %.", 0),
        ("at {{tr_x}} percent", 0),
        ("four times as fast, 4 times as fast", 1),
        ("mean with 95 % confidence interval", 0),
    ],
)
def test_what_counts_as_typed(tmp_path, text, count, monkeypatch):
    page = tmp_path / "quiz.md"
    page.write_text(text)
    monkeypatch.setattr("test_numbers.BOOK", tmp_path)
    assert len(typed(page)) == count


@pytest.mark.parametrize("path", [p for p in PAGES if execute.read_lesson(p)], ids=lambda path: path.stem)
def test_a_lesson_needs_nothing_that_a_reader_has_not(path):
    """Downloaded lessons run with the course's package alone."""
    code = "\n".join(cell.source for cell in execute.read_lesson(path).cells if cell.cell_type == "code")
    assert "myst_nb" not in code and "default_device" not in code
    assert not re.search(r"^\s*(import|from) (tests|autograder|site_tools)\b", code, re.MULTILINE)
