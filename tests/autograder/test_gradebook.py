"""Marks go into nbgrader's gradebook and leave alone what a person entered."""

import pytest
from nbgrader.api import Gradebook

from autograder.answers import assignment
from autograder.answers.results import Check, Graded, Outcome
from autograder.authoring import demo
from autograder.classroom import gradebook
from autograder.paths import Course

NAME = demo.ASSIGNMENT


@pytest.fixture
def course(tmp_path):
    course = Course(tmp_path)
    gradebook.record_assignment(course, assignment.load(NAME))
    return course


def graded(points):
    made = assignment.load(NAME)
    outcomes = [
        Outcome(e.id, [Check(test, points, 1.0, None if points else "Wrong.") for test in e.tests])
        for e in made.exercises
    ]
    return Graded("ada", NAME, outcomes=outcomes)


def write(course, result):
    with gradebook.opened(course) as book:
        gradebook.record(book, result)


def submission(course):
    return Gradebook(course.database_url).find_submission(NAME, "ada")


def test_marks_are_written(course):
    write(course, graded(1.0))
    assert submission(course).score == 20


def test_a_regrade_replaces_automatic_marks_and_keeps_manual_ones(course):
    write(course, graded(0.0))
    with gradebook.opened(course) as book:
        found = book.find_submission_notebook(NAME, NAME, "ada")
        by_hand = next(grade for grade in found.grades if grade.name == "test-hop_penalty-general")
        by_hand.manual_score = 0.5
        next(
            comment for comment in found.comments if comment.name == "hop_penalty"
        ).manual_comment = "Well argued."
        book.db.commit()
    write(course, graded(1.0))
    found = submission(course).notebooks[0]
    assert found.score == 19.5
    assert next(c for c in found.comments if c.name == "hop_penalty").manual_comment == "Well argued."
    assert next(g for g in found.grades if g.name == "test-hop_penalty-general").needs_manual_grade


def test_comments_are_what_the_student_is_told(course):
    write(course, graded(0.0))
    comment = next(c for c in submission(course).notebooks[0].comments if c.name == "hop_penalty")
    assert comment.auto_comment == "Wrong."


def test_recording_the_assignment_again_changes_nothing(course):
    write(course, graded(1.0))
    gradebook.record_assignment(course, assignment.load(NAME))
    assert submission(course).score == 20
