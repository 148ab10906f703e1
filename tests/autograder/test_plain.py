"""What others have written steers nobody who looks at it, wherever it is shown, and is never longer than it may be."""

import io
import json
import re
import time
import unicodedata

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from autograder import show
from autograder.answers.diagnose import Hint
from autograder.answers.results import Check, Graded, Outcome
from autograder.classroom import feedback, report
from autograder.plain import MOST, plain
from autograder.rooms import outputs
from autograder.rooms.stand_in import student_error

ORDERS = {
    "colour": "\x1b[31mred\x1b[0m",
    "title": "\x1b]0;owned\x07",
    "title, unended": "\x1b]0;owned",
    "clear": "\x1b[2J\x1b[H",
    "one character for two": "\x9b2J",
    "another alphabet": "\x1b(0",
    "device": "\x1bP1;2q\x1b\\",
    "carriage return": "20/20\rada",
    "backspace": "0\b20",
    "bell": "\x07" * 9,
    "turned": "\u202egnihton\u202c",
    "isolated": "\u2066x\u2069",
    "half a pair": "\ud83d",
    "rows of its own": "ada\nbob  20/20",
    "paragraph": "a\u2029b\u2028c\x85d",
    "null": "a\0b",
    "page": "a\x0cb\x0bc",
    "long": "x" * 10**6,
    "many lines": "\n" * 10**5,
}
STEERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@given(
    st.text(st.characters()) | st.text(st.sampled_from("\x1b[]()0;m\x07\x9b\r\n\tax\u202e\ud800")),
    st.integers(1, 50),
)
def test_nothing_is_left_that_steers(text, most):
    shown = plain(text, most)
    assert not STEERS.search(shown) and len(shown) <= most
    assert all(c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs") for c in shown)
    assert plain(shown, most) == shown
    assert "\n" not in plain(text, most, lines=False)


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=100))
def test_plain_text_stays_as_it_is(text):
    assert plain(text) == text


def hostile(order):
    """A submission in which everything that a student may have chosen is ``order``."""
    outcome = Outcome("softmax", [Check("test-softmax-a", 0.0, 1.0, order, order)], [Hint("x", order)])
    return [
        Graded(order, "03", outcomes=[outcome], notes=[order]),
        Graded("b" + order, "03", status="ungradable", reason=order),
    ]


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_no_way_out_lets_it_through(order, monkeypatch):
    graded = hostile(order)
    written = io.StringIO()
    monkeypatch.setattr(show.console, "_file", written)
    assert isinstance(show.console, Console)
    show.class_table([one.as_json() for one in graded])
    rows = written.getvalue().splitlines()
    show.learner_report(graded[0])
    show.console.print(order, markup=False)
    texts = [written.getvalue(), report.page(report.of("03", graded))]
    texts += [text for one in graded for text in (feedback.page(one), feedback.text(one))]
    texts += [text for one in graded for text in strings(one.as_json())]
    texts.append(json.dumps(student_error({"kind": "ValueError", "text": order, "where": order}).args))
    for text in texts:
        assert not STEERS.search(text)
        assert "x" * (MOST + 1) not in text and "\n" * (MOST + 1) not in text
    assert not any(re.match(r"\s*bob", row) for row in rows), "a name makes no row of its own"


def strings(part):
    if isinstance(part, dict | list):
        for one in part.values() if isinstance(part, dict) else part:
            yield from strings(one)
    elif isinstance(part, str):
        yield part


def test_the_line_of_an_error_is_found_among_millions():
    cells = [
        nbformat.v4.new_code_cell("\n" * 9_000_000 + "never"),
        nbformat.v4.new_code_cell("x = 1\n  y / 0"),
    ]
    lines = outputs.own_lines(nbformat.v4.new_notebook(cells=cells[::-1]))
    assert lines["y / 0"] == 2 and "never" not in lines
    error = student_error({"kind": "ZeroDivisionError", "text": "", "where": "line 7: y / 0"})
    started = time.process_time()
    for _ in range(2000):
        shown = outputs.student_output(error, [], lines)
    assert shown.traceback == ["Cell In[0], in your code\n----> 2 y / 0"]
    assert time.process_time() - started < 2


def test_an_answer_for_which_there_is_no_memory_has_no_line():
    shown = outputs.student_output(MemoryError("too much"), [], {})
    assert shown.ename == "MemoryError" and shown.traceback == []
