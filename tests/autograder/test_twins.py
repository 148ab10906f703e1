"""What a student reads earns nothing by itself: each check asks again with numbers that nobody has seen; and what is graded can be seen."""

import copy

import nbformat
import numpy as np
import pytest
from nbgrader.utils import is_grade, is_solution
from one_room import failing

from autograder.answers import assignment, bank
from autograder.answers.assignment import grade_id
from autograder.errors import CourseError

MOST_UNSEEN = 0.05  # of the bank's wrong answers may pass all that students see


def test_each_check_with_points_has_a_hidden_part(made):
    tests = [cell for cell in made.cells.values() if is_grade(cell) and not is_solution(cell)]
    assert [grade_id(cell) for cell in tests if "### BEGIN HIDDEN TESTS" not in cell.source] == []


def test_nothing_of_the_twins_is_released(made):
    for cell in made.released.cells:
        assert "_twin" not in cell.source and "include: solution" not in cell.source


@pytest.mark.parametrize(
    "source",
    ["# include: solution f\n", "### BEGIN HIDDEN TESTS\n# include: solution g\n### END HIDDEN TESTS"],
)
def test_an_include_that_would_be_released_is_refused(source):
    cells = {"f": nbformat.v4.new_code_cell("def f(): pass", metadata={"nbgrader": {"solution": True}})}
    with pytest.raises(CourseError, match="must name a solution, and stand in a hidden part"):
        assignment._with_solution(source, cells, "x.md")
    hidden = "### BEGIN HIDDEN TESTS\n# include: solution f\n_twin(f, _f)\n### END HIDDEN TESTS"
    assert "def _f(): pass" in assignment._with_solution(hidden, cells, "x.md")


def fingerprint(thing):
    if hasattr(thing, "detach"):
        thing = thing.detach().numpy()
    if isinstance(thing, np.ndarray):
        return (thing.shape, str(thing.dtype), thing.tobytes())
    if isinstance(thing, dict):
        return tuple((name, fingerprint(part)) for name, part in sorted(thing.items()))
    if isinstance(thing, list | tuple):
        return tuple(map(fingerprint, thing))
    return getattr(thing, "__name__", repr(thing))


class ByHeart:
    """A function that knows what the visible checks ask, and nothing else."""

    def __init__(self, right):
        self.right, self.known, self.learns = right, {}, True

    def __call__(self, *args, **more):
        asked = fingerprint([args, more])
        if self.learns and asked not in self.known:
            try:
                self.known[asked] = self.right(*copy.deepcopy(args), **more)
            except Exception as error:
                self.known[asked] = error
        answer = self.known[asked]
        if isinstance(answer, Exception):
            raise answer
        return copy.deepcopy(answer)


ANSWER = {}  # where the cell of the exercise finds it


def test_answers_that_know_the_visible_checks_by_heart_earn_nothing(made):
    for exercise in made.exercises:
        right = made.namespace[exercise.id]
        if isinstance(right, type):
            continue  # a module's parameters are drawn anew in every run
        ANSWER["it"] = ByHeart(right)
        source = f"from test_twins import ANSWER\n{exercise.id} = ANSWER['it']"
        assert failing(made, exercise.id, source, visible=True) == []
        ANSWER["it"].learns = False
        assert failing(made, exercise.id, source, visible=True) == []
        assert failing(made, exercise.id, source) == list(exercise.tests), exercise.id


def test_hardly_a_known_wrong_answer_passes_all_that_students_see(made):
    known = bank.load(made).wrong
    with np.errstate(all="ignore"):
        unseen = {
            exercise: [entry.id for entry in wrong if not failing(made, exercise, entry.source, visible=True)]
            for exercise, wrong in known.items()
        }
    assert sum(map(len, unseen.values())) <= MOST_UNSEEN * sum(map(len, known.values())), unseen
    for exercise, ids in unseen.items():
        assert len(ids) <= max(1, MOST_UNSEEN * len(known[exercise])), (exercise, ids)
