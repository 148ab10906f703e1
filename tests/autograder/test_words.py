"""What is counted is said as a person would: 1 file, 2 files."""

import ast
import re
from dataclasses import replace
from itertools import pairwise

import pytest

from autograder.answers.results import Check, Graded, Outcome
from autograder.classroom import feedback
from autograder.paths import PACKAGE
from autograder.words import counted, first_of

NOUNS = "cells checks days files folders hours minutes notebooks pages people places points seconds students times"
COUNT_AND_NOUN = re.compile(rf" (?:{'|'.join(NOUNS.split())})\b")


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 files"), (1, "1 file"), (1.0, "1 file"), (0.5, "0.5 files"), (2, "2 files")]
)
def test_one_is_singular(number, said):
    assert counted(number, "file") == said


def test_of_many_the_first_are_named():
    assert first_of(["a", "b"], 2) == "a, b"
    assert first_of(["a", "b", "c"], 2) == "a, b and 1 more"


def unguarded(path):
    """The f-strings in which a number that may be one stands before a noun in the plural."""
    for made in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        parts = made.values if isinstance(made, ast.JoinedStr) else []
        for number, text in pairwise(parts):
            if isinstance(number, ast.FormattedValue) and isinstance(text, ast.Constant):
                constant = isinstance(number.value, ast.Name) and number.value.id.isupper()
                if COUNT_AND_NOUN.match(text.value) and not constant:
                    yield f"{path.name}: {ast.unparse(made)}"


def test_no_sentence_has_a_plural_of_its_own():
    sources = [path for path in PACKAGE.rglob("*.py") if path.parent.parent.name != "misconceptions"]
    assert [found for path in sources for found in unguarded(path)] == []


def test_no_template_has_a_plural_of_its_own():
    for path in (PACKAGE / "templates").iterdir():
        assert not re.search(rf"\}}\}}{COUNT_AND_NOUN.pattern}", path.read_text(encoding="utf-8")), path


def test_a_page_about_one_point():
    outcomes = [Outcome("f", [Check("test-f", 1.0, 1.0)])]
    graded = Graded("ada", "hw", outcomes=outcomes, penalty=1.0, seconds_late=1.2)
    assert "1 second late: 1 point less." in feedback.text(graded)
    assert "0 of 1 point" in feedback.text(graded).splitlines()[0]
    waits = replace(graded, outcomes=[Outcome("f", [Check("test-f", 0.0, 1.0, waits=True)])])
    assert "1 point still to be marked by hand" in feedback.page(waits)
