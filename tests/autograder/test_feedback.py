"""The student's page."""

from autograder import feedback
from autograder.diagnose import Hint
from autograder.results import Check, Graded, Outcome

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
