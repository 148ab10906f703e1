"""What a late hand-in loses: the rule is read from ``nbgrader_config.py``, and entered by nbgrader's own means."""

import datetime
import logging
import sys

import pytest

from autograder.classroom import gradebook, late
from autograder.errors import Refused
from autograder.paths import Course

DUE = datetime.datetime(2026, 3, 1, 12)
ZERO = 'c = get_config()\nc.LateSubmissionPlugin.penalty_method = "zero"\n'
PLUGIN = """
from nbgrader.plugins import BasePlugin

class Late(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return {"ada": score / 2, "kurt": 99.0, "emmy": None}[student_id] if total_seconds_late == 60 else -1
"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "rule_of_ours", raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return Course(tmp_path)


def configured(course, text):
    (course.root / "nbgrader_config.py").write_text(text, encoding="utf-8")
    return late.rules(course)


def penalties(course, rules, after=60):
    """What each of three students, with three points each, loses who hand in so many seconds after the date."""
    lost = {}
    with gradebook.opened(course) as book:
        book.update_or_create_assignment("01-x", duedate=DUE)
        book.update_or_create_notebook("nb", "01-x")
        book.update_or_create_grade_cell("t", "nb", "01-x", max_score=3, cell_type="code")
        for student in ("ada", "kurt", "emmy"):
            book.update_or_create_student(student)
            one = book.update_or_create_submission("01-x", student)
            one.timestamp = DUE + datetime.timedelta(seconds=after)
            book.find_grade("t", "nb", "01-x", student).auto_score = 3.0
            book.db.commit()
            rules.apply(book, "01-x", student)
            book.db.rollback()  # what was not committed is lost
            lost[student] = one.notebooks[0].late_submission_penalty
    return lost


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        'c.LateSubmissionPlugin.penalty_method = "none"',
        'c.Other.penalty_method = "zero"\nc.LateSubmissionPlugin.other = open("x")\nzero = 1',
        'c.LateSubmissionPlugin.penalty_method = "zero"\nc.LateSubmissionPlugin.penalty_method = "none"',
    ],
)
def test_without_a_rule_what_was_entered_stays(course, text):
    rules = late.rules(course) if text is None else configured(course, text)
    assert rules == late.Rules(None)
    assert set(penalties(course, configured(course, ZERO)).values()) == {3.0}
    assert set(penalties(course, rules, after=-60).values()) == {3.0}


def test_nbgraders_rule_takes_all_of_what_came_late_and_nothing_where_it_came_in_time(course):
    rules = configured(course, ZERO)
    assert set(penalties(course, rules).values()) == {3.0}
    assert set(penalties(course, rules, after=-60).values()) == {None}


@pytest.mark.parametrize(
    "text",
    [
        "import os\nfrom rule_of_ours import Late, BasePlugin\nc.AssignLatePenalties.plugin_class = Late",
        "from rule_of_ours import Late as Ours\nc.AssignLatePenalties.plugin_class = Ours",
        'c.AssignLatePenalties.plugin_class = "rule_of_ours.Late"\nc.LateSubmissionPlugin.penalty_method = "zero"',
    ],
)
def test_a_plugin_beside_the_configuration_decides_within_the_points_that_there_are(course, text):
    (course.root / "rule_of_ours.py").write_text(PLUGIN)
    before = list(sys.path)
    rules = configured(course, text)
    assert sys.path == before
    assert penalties(course, rules) == {"ada": 1.5, "kurt": 3.0, "emmy": None}
    assert set(penalties(course, rules, after=61).values()) == {0}  # never a gain


def test_the_folder_comes_first_when_a_plugin_is_looked_up_and_goes_again_where_there_is_none(course):
    (course.root / "rule_of_ours.py").write_text("import sys\nWHERE = list(sys.path)\n" + PLUGIN)
    configured(course, 'c.AssignLatePenalties.plugin_class = "rule_of_ours.Late"')
    assert sys.modules["rule_of_ours"].WHERE[0] == str(course.root)
    before = list(sys.path)
    with pytest.raises(Refused):
        configured(course, 'c.AssignLatePenalties.plugin_class = "rule_of_ours.Missing"')
    assert sys.path == before


def test_a_plugin_may_lie_in_a_package(course):
    (course.root / "ours_of_rules").mkdir()
    (course.root / "ours_of_rules" / "half.py").write_text(PLUGIN)
    rules = configured(course, 'c.AssignLatePenalties.plugin_class = "ours_of_rules.half.Late"')
    assert type(rules.nbgraders.plugin_inst).__module__ == "ours_of_rules.half"


def test_nbgraders_warnings_are_not_ours_to_print(course):
    assert configured(course, ZERO).nbgraders.log.level == logging.ERROR


def test_who_has_handed_in_nothing_loses_nothing(course):
    with gradebook.opened(course) as book:
        configured(course, ZERO).apply(book, "01-x", "nobody")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("c.LateSubmissionPlugin.penalty_method =", "SyntaxError: invalid syntax"),
        ("c.AssignLatePenalties.plugin_class = Late", "KeyError: 'Late'"),
        ('c.LateSubmissionPlugin.penalty_method = "half"', "TraitError: "),
        (
            'c.AssignLatePenalties.plugin_class = "no_such_module.Late"',
            "ModuleNotFoundError: No module named",
        ),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_in_a_sentence(course, text, why):
    with pytest.raises(Refused) as refused:
        configured(course, text)
    said = str(refused.value)
    begin = f"{course.root / 'nbgrader_config.py'}: its rule for late hand-ins cannot be read ({why}"
    assert said.startswith(begin) and said.endswith(").")
    assert refused.value.__suppress_context__


def test_a_configuration_with_letters_of_any_kind_is_read(course):
    assert configured(course, f"# Für Späte\n{ZERO}").nbgraders is not None
