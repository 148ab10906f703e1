"""Every entry of the bank is run: wrong ones must lose points and be named, right ones must not suffer.

So are mechanical mutants of each solution (``mutate``), which nobody has to think of.
The last test prints the table: mutants tried, killed by visible and by hidden tests, named rightly.
"""

import warnings
from functools import cache

import numpy as np
import pytest
from mutate import EQUIVALENT, mutants
from one_room import failing
from rich.console import Console
from rich.table import Table

from autograder.answers import assignment as assignments
from autograder.answers import bank

loaded = cache(assignments.load)
ENTRIES = [
    pytest.param(name, entry, id=f"{name}:{entry.exercise}:{entry.id}")
    for name in assignments.names()
    for entry in bank.load(loaded(name)).entries()
]
LEAST_MUTANTS = 15  # the shortest solution is a line
WRONG = [case for case in ENTRIES if case.values[1].is_wrong]
RIGHT = [case for case in ENTRIES if not case.values[1].is_wrong]


@pytest.fixture(scope="module")
def of(made_by_name={}):  # noqa: B006  (a cache on purpose: assignments and observed banks are slow to make)
    from autograder.answers.diagnose import Diagnosis

    def get(name):
        if name not in made_by_name:
            made = loaded(name)
            made_by_name[name] = made, Diagnosis(made)
        return made_by_name[name]

    return get


@cache
def lost(name, exercise, source, *, visible=False):
    """The test cells that an answer fails; each is run once for all tests here."""
    with np.errstate(all="ignore"):  # a wrong answer may well divide by zero
        return failing(loaded(name), exercise, source, visible=visible)


@pytest.fixture(scope="module")
def behaviour(of):
    """What an entry does, the entries that do the same, and the hints it gets; found out once for all tests here."""

    @cache
    def get(name, exercise, identity, right):
        _, diagnosis = of(name)
        entries = (diagnosis.bank.right if right else diagnosis.bank.wrong)[exercise]
        entry = next(entry for entry in entries if entry.id == identity)
        seen = diagnosis.observations(entry, exercise)
        same = [other.id for other in diagnosis.matching(exercise, seen)]
        return same, [hint.misconception for hint in diagnosis.hints(exercise, seen)]

    return lambda name, entry: get(name, entry.exercise, entry.id, not entry.is_wrong)


@pytest.mark.parametrize(("name", "entry"), WRONG)
def test_a_wrong_answer_loses_points(name, entry):
    assert lost(name, entry.exercise, entry.source), "no test, visible or hidden, notices this mistake"


@pytest.mark.parametrize(("name", "entry"), WRONG)
def test_a_wrong_answer_is_named(behaviour, name, entry):
    _, hints = behaviour(name, entry)
    assert hints == [misconception for misconception, _ in entry.hints]


@pytest.mark.parametrize(("name", "entry"), WRONG)
def test_a_wrong_answer_behaves_as_no_other(behaviour, name, entry):
    """Else the hint that comes first in the file would win for both."""
    same, _ = behaviour(name, entry)
    assert same == [entry.id]


@pytest.mark.parametrize(("name", "entry"), RIGHT)
def test_a_right_answer_keeps_all_points_and_gets_no_hint(behaviour, name, entry):
    assert lost(name, entry.exercise, entry.source) == []
    assert behaviour(name, entry)[1] == []


@pytest.mark.parametrize(("name", "entry"), WRONG)
def test_a_hint_is_a_sentence_for_a_person(name, entry):
    for misconception, hint in entry.hints:
        assert len(hint.split()) >= 8, misconception
        assert hint.rstrip().endswith((".", "?")), misconception


def test_the_solution_passes_its_own_tests(made):
    for exercise in made.exercises:
        assert failing(made, exercise.id, made.cells[exercise.id].source) == []


def test_the_stub_fails_every_test(made):
    """A blank cell earns nothing."""
    released = {cell.id: cell.source for cell in made.released.cells}
    for exercise in made.exercises:
        assert set(failing(made, exercise.id, released[exercise.id])) == set(exercise.tests)


def test_every_exercise_has_at_least_five_misconceptions_and_two_right_answers(made):
    known = bank.load(made)
    for exercise in made.exercises:
        file = f"autograder/misconceptions/{made.name}/{exercise.id}.py"
        assert exercise.id in known.wrong, f"there is no {file}"
        single = [entry for entry in known.wrong[exercise.id] if len(entry.hints) == 1]
        assert len(single) >= 5, f"{file} has {len(single)} wrong answers; five are needed"
        assert len(known.right[exercise.id]) >= 2, f"{file} needs two right answers"


@cache
def unnoticed(name, exercise):
    """(All mechanical mutants of a solution, those that keep all points)."""
    made = loaded(name)
    found = mutants(made.cells[exercise].source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a mutant may well divide by zero
        return found, {mutant for mutant, source in found.items() if not failing(made, exercise, source)}


def test_a_mechanical_mutant_loses_points(made):
    for exercise in made.exercises:
        found, kept = unnoticed(made.name, exercise.id)
        assert len(found) >= LEAST_MUTANTS, f"{exercise.id}: the mutators find little to change here"
        equivalent = EQUIVALENT.get((made.name, exercise.id), {})
        assert kept - set(equivalent) == set(), f"{exercise.id}: no test, visible or hidden, notices these"


def test_an_equivalent_mutant_is_made_and_keeps_its_points(made):
    """The list of excuses stays no longer than it must be."""
    for exercise in made.exercises:
        found, kept = unnoticed(made.name, exercise.id)
        equivalent = set(EQUIVALENT.get((made.name, exercise.id), {}))
        assert equivalent <= set(found), f"{exercise.id}: these are not made any more"
        assert equivalent <= kept, f"{exercise.id}: a test tells these from the solution now"


def test_excuses_are_for_exercises_that_exist():
    known = {(name, e.id) for name in assignments.names() for e in assignments.load(name).exercises}
    assert set(EQUIVALENT) <= known


def test_table_of_mutants(made, behaviour, capsys):
    known = bank.load(made)
    table = Table(
        "exercise",
        "mutants",
        "by visible tests",
        "by hidden tests",
        "named",
        "alternatives",
        "unharmed",
        "mechanical",
        "caught",
        "equivalent",
        title=made.name,
    )
    for exercise in made.exercises:
        wrong, right = known.wrong[exercise.id], known.right[exercise.id]
        visible = [bool(lost(made.name, exercise.id, entry.source, visible=True)) for entry in wrong]
        caught = [bool(lost(made.name, exercise.id, entry.source)) for entry in wrong]
        named = [behaviour(made.name, entry)[1] == [m for m, _ in entry.hints] for entry in wrong]
        unharmed = [not lost(made.name, exercise.id, entry.source) for entry in right]
        mechanical, kept = unnoticed(made.name, exercise.id)
        hidden_only = sum(c and not v for c, v in zip(caught, visible, strict=True))
        table.add_row(
            exercise.id,
            str(len(wrong)),
            str(sum(visible)),
            f"{hidden_only} more",
            str(sum(named)),
            str(len(right)),
            str(sum(unharmed)),
            str(len(mechanical)),
            str(len(mechanical) - len(kept)),
            str(len(kept)),
        )
        assert all(caught) and all(named) and all(unharmed)
    with capsys.disabled():
        Console(width=150).print("\n", table)
