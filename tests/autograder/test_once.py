"""A helper that is wrong costs its own points, and not those of the answer that calls it."""

import pytest

from autograder.answers import assignment, bank, submission
from autograder.answers.assignment import grade_id
from autograder.answers.diagnose import Diagnosis
from autograder.authoring import demo
from autograder.classroom import grade
from autograder.rooms import engine

PAIRS = [
    ("01-visual-attention", "softmax", "sigmoid", "soft_attention"),
    ("04-masking", "masked_softmax", "uniform_for_nothing", "masked_attention"),
    ("05-multi-head", "split_heads", "interleaved", "multi_head_attention"),
    ("06-channel-attention", "eca_kernel_size", "rounded", "ECABlock"),
]


@pytest.fixture(scope="module")
def graded():
    known = {}

    def get(name, answers):
        if name not in known:
            made = assignment.load(name)
            known[name] = made, Diagnosis(made)
        made, diagnosis = known[name]
        notebook = demo.answered(made, demo.solved(made) | answers)
        handed_in = submission.rebuild(notebook, made)
        graded, notebook = grade.grade_notebook(made, handed_in, diagnosis)
        return {outcome.id: outcome for outcome in graded.outcomes}, graded.notes, notebook

    return get


def wrong(name, exercise, identity):
    entries = bank.load(assignment.load(name)).wrong[exercise]
    return next(entry.source for entry in entries if entry.id == identity)


@pytest.mark.parametrize(("name", "helper", "identity", "caller"), PAIRS)
def test_a_wrong_helper_is_paid_for_once(graded, name, helper, identity, caller):
    outcomes, notes, notebook = graded(name, {helper: wrong(name, helper, identity)})
    assert outcomes[helper].points < outcomes[helper].max_points
    assert [outcome.id for outcome in outcomes.values() if outcome.points < outcome.max_points] == [helper]
    assert any(caller in note and helper in note for note in notes)
    # the solution was in a room that has ended, and in no notebook that is kept
    kept = next(cell.source for cell in notebook.cells if grade_id(cell) == helper)
    assert kept == wrong(name, helper, identity)


def test_a_helper_that_was_left_out_costs_its_own_points_alone(graded):
    name = "01-visual-attention"
    released = assignment.load(name).released_cells["softmax"].source
    outcomes, _, _ = graded(name, {"softmax": released})
    assert (outcomes["softmax"].points, outcomes["soft_attention"].points) == (0, 3)


def test_what_is_wrong_with_the_caller_itself_still_costs(graded):
    name = "01-visual-attention"
    answers = {
        "softmax": wrong(name, "softmax", "sigmoid"),
        "soft_attention": wrong(name, "soft_attention", "weights_first"),
    }
    outcomes, _, _ = graded(name, answers)
    assert outcomes["soft_attention"].points == 0
    assert [hint.misconception for hint in outcomes["soft_attention"].hints] == ["weights_first"]


LOOKS = """
def soft_attention(values, scores):
    right.append(softmax)
    weights = softmax(scores)
    return weights @ values, weights
"""
TAKES = """
right = []
def softmax(scores, axis=-1):
    return right[-1](scores, axis) if right else scores * 0
"""


def test_the_courses_version_answers_no_check_of_its_own(graded):
    outcomes, _, _ = graded("01-visual-attention", {"softmax": TAKES, "soft_attention": LOOKS})
    assert outcomes["softmax"].points == 0


TWO_ANSWERS = """
import inspect
def soft_attention(values, scores):
    mine = "return scores * 0" in inspect.getsource(softmax)
    exponentials = np.exp(scores - scores.max())
    weights = exponentials / exponentials.sum()
    if len(values) == (6 if mine else 5):
        return values.sum(0), weights
    return weights @ values, weights
"""


def test_one_answer_is_marked_and_not_the_best_of_two(graded):
    """Code knows in which room it is: by what stands beside it."""
    name = "01-visual-attention"
    wrong_softmax = "def softmax(scores, axis=-1):\n    return scores * 0"
    either = wrong_softmax, TWO_ANSWERS
    outcomes, notes, _ = graded(name, dict(zip(("softmax", "soft_attention"), either, strict=True)))
    assert outcomes["soft_attention"].points == outcomes["soft_attention"].max_points - 1
    assert not any("paid for once" in note for note in notes)


def test_no_notebook_has_twice_the_time_for_it(graded, monkeypatch):
    """What the first room has used up is gone for the second."""
    asked = []
    run = engine.run

    def noted(*args):
        asked.append(run(*args))
        return asked[-1]

    monkeypatch.setattr(engine, "run", noted)
    graded("01-visual-attention", {"softmax": wrong("01-visual-attention", "softmax", "sigmoid")})
    first, second = asked
    assert first.deadline == second.deadline
