"""The student's page."""

from autograder.answers.diagnose import Hint
from autograder.answers.results import Check, Graded, Outcome
from autograder.classroom import feedback

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


def test_nothing_that_a_student_wrote_becomes_markup():
    outcome = Outcome("f", [Check("test-f-a", 0, 1, EVIL, EVIL)], [Hint("id", EVIL)])
    graded = Graded(EVIL, "03-query-key-value", outcomes=[outcome], notes=[EVIL])
    page = feedback.page(graded)
    assert "<script" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;") >= 5


def test_the_most_useful_comes_first():
    outcome = Outcome("f", [Check("test-f-a", 0, 1, "MESSAGE", "WHERE")], [Hint("id", "HINT")])
    page = feedback.page(Graded("ada", "03-query-key-value", outcomes=[outcome]))
    assert page.index("HINT") < page.index("MESSAGE") < page.index("WHERE")


def test_ungradable_says_why_and_that_it_is_not_zero():
    page = feedback.page(Graded("ada", "03-query-key-value", status="ungradable", reason="It is empty."))
    assert "It is empty." in page
    assert "not zero points" in page
    assert "of 0 points" not in page


def test_a_split_room_has_nothing_to_excuse():
    for shared in (False, True):
        graded = Graded("ada", "03-query-key-value", shared=shared)
        assert ("shared room" in feedback.page(graded)) == ("shared room" in feedback.text(graded)) == shared
        assert Graded.from_dict(graded.as_dict()).caveat == graded.caveat


def test_the_text_says_the_same_in_the_same_order():
    outcome = Outcome("f", [Check("test-f-a", 0, 1, "MESSAGE", "WHERE")], [Hint("id", "HINT " * 40)])
    text = feedback.text(Graded("ada", "03-query-key-value", outcomes=[outcome], notes=["NOTE"]))
    places = [
        text.index(word) for word in ("ada", "0 of 1 point", "NOTE", "f  0 of 1", "HINT", "MESSAGE", "WHERE")
    ]
    assert places == sorted(places)
    assert max(map(len, text.splitlines())) <= feedback.WIDTH


def test_a_terminal_obeys_nothing_that_a_student_wrote():
    evil = "\x1b[2J\x1b]0;title\x07\r\x9b31m"
    outcome = Outcome("f", [Check("test-f-a", 0, 1, evil, evil)], [Hint("id", evil)])
    text = feedback.text(Graded(evil, "03-query-key-value", outcomes=[outcome], notes=[evil]))
    assert not any((ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 for c in text)
