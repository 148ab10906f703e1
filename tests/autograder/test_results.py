"""What a result says of itself, to the digit: it is what page, export and ``--json`` are made from."""

import json

import pytest

from autograder.answers.diagnose import Hint
from autograder.answers.results import SHARED, Check, Graded, Outcome
from autograder.classroom import grading

LOST = Check("test-f-0", 0.5, 2.0, "Half of it.")
WHOLE = Check("test-f-1", 1.0, 1.0, "said, though it passed")
WAITS = Check("why", 0.0, 4.0, "By hand.", waits=True)


def graded(**changes):
    outcomes = [
        Outcome("f", [LOST, WHOLE], [Hint("axis", "Which axis?")], comments=["Look again."]),
        Outcome("why", [WAITS], blank=True),
    ]
    return Graded("ada", "01-x", outcomes=outcomes, seconds=1.23456, notes=["a\x1b[2Jb"], **changes)


def test_points_are_added_up():
    one = graded()
    assert (one.score, one.max_score, one.waiting) == (1.5, 7.0, 4.0)
    assert [(o.points, o.max_points, o.waiting) for o in one.outcomes] == [(1.5, 3.0, 0), (0.0, 4.0, 4.0)]


@pytest.mark.parametrize(("penalty", "score"), [(0.0, 1.5), (0.5, 1.0), (1.5, 0.0), (9.0, 0.0)])
def test_a_penalty_takes_no_more_than_there_is(penalty, score):
    assert graded(penalty=penalty).score == score


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, None),
        (0, None),
        (1, "1 second"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (7199, "120 minutes"),
        (7200, "2 hours"),
        (172_799, "48 hours"),
        (172_800, "2 days"),
        (260_000, "3 days"),
    ],
)
def test_how_late_it_came_is_told_in_the_unit_of_which_there_are_two(seconds, words):
    assert graded(seconds_late=seconds).late == words


def test_the_shared_room_is_told():
    assert graded(shared=True).caveat == SHARED and graded().caveat is None


def test_of_what_failed_checks_said_each_is_told_once_and_of_exceptions_the_first():
    said = ["Your code raised A.", "One.", "One.", "Your code raised B.", None, "Your code raised A."]
    checks = [Check(str(i), 0.0, 1.0, message) for i, message in enumerate(said)]
    passed = [Check("passed", 1.0, 1.0, "Nothing of this."), Check("none", 0.0, 0.0, "No points to lose.")]
    assert Outcome("f", [*passed, *checks]).messages == ["Your code raised A.", "One."]


def test_a_result_comes_back_as_it_was():
    one = graded(penalty=0.25, seconds_late=60.0, handed_in="2026-11-01 10:00:00 UTC", shared=True)
    assert Graded.from_dict(json.loads(json.dumps(one.as_dict()))) == one


def test_a_result_from_before_there_were_comments_is_read():
    data = graded().as_dict()
    del data["outcomes"][0]["comments"]
    assert Graded.from_dict(data).outcomes[0].comments == []


def test_the_object_of_json():
    assert graded(penalty=0.5, handed_in="then").as_json() == {
        "student": "ada",
        "assignment": "01-x",
        "status": "graded",
        "reason": None,
        "seconds": 1.235,
        "score": 1.0,
        "max_score": 7.0,
        "waiting": 4.0,
        "penalty": 0.5,
        "handed_in": "then",
        "notes": ["ab"],
        "exercises": [
            {
                "id": "f",
                "points": 1.5,
                "max_points": 3.0,
                "hints": [{"misconception": "axis", "hint": "Which axis?"}],
                "messages": ["Half of it."],
                "comments": ["Look again."],
            },
            {
                "id": "why",
                "points": 0.0,
                "max_points": 4.0,
                "hints": [],
                "messages": ["By hand."],
                "comments": [],
            },
        ],
    }


def test_what_cannot_be_graded_has_no_score_instead_of_zero():
    said = graded(status="ungradable", reason="It is empty.").as_json()
    assert (said["score"], said["max_score"], said["reason"]) == (None, None, "It is empty.")


def test_who_handed_in_anew_since_a_person_marked_it_is_named():
    def one(student, points, by_hand=False, seconds=1.0):
        check = Check("t", points, 2.0, by_hand=by_hand)
        return Graded(student, "x", outcomes=[Outcome("f", [check])], seconds=seconds)

    before = [one("same", 1.0), one("anew", 1.0), one("unmarked", 1.0)]
    after = [one("same", 1.0, seconds=9.0), one("anew", 2.0), one("unmarked", 2.0), one("first", 0.0)]
    results = [one("same", 0.5, True), one("anew", 0.5, True), one("unmarked", 2.0), one("first", 1.0, True)]
    assert grading.marked_before(before, after, results) == ["anew"]
    assert grading.marked_before([], after, results) == []
