"""Which changes of code make a record stale."""

import ast
import itertools
import sys
from importlib import invalidate_caches

import pytest

from attention_course.experiments.engine import keys

LESSON = '''
"""A lesson."""
import numpy as np
from attention_course.experiments import experiment, above, grid
from attention_course.zz_data import make
from attention_course import zz_other as other

RATE = 0.1
UNUSED = 1

def helper(x):
    """What it does."""
    return x + RATE  # why

@experiment(settings=grid(steps=[1, 2]))
def one(seed, steps):
    return {"value": helper(make(seed)) + other.scale}

@one.claim
def big(runs):
    "It is big."
    return above(runs.values("value", steps=1), 0)

@experiment(settings=[{}])
def two(seed):
    return {"value": second(seed)}

def second(seed):
    return seed
'''
DATA = "SIZE = 3\n\ndef make(seed):\n    return seed * SIZE\n\ndef unrelated():\n    return 5\n"
OTHER = "scale = 2\nTABLE = {}\nTABLE['a'] = 1\n"
_numbers = itertools.count()


@pytest.fixture
def key_of(tmp_path, monkeypatch):
    """The key of an experiment in a package with these sources."""
    import attention_course
    import attention_course.experiments as experiments

    def key(lesson=LESSON, data=DATA, other=OTHER, name="one"):
        number = next(_numbers)
        folder = tmp_path / str(number)
        for inner in ("package", "experiments"):
            (folder / inner).mkdir(parents=True)
        lesson_name = f"zz_lesson_{number}"
        (folder / "experiments" / f"{lesson_name}.py").write_text(lesson)
        (folder / "package" / "zz_data.py").write_text(data)
        (folder / "package" / "zz_other.py").write_text(other)
        monkeypatch.setattr(
            attention_course, "__path__", [str(folder / "package"), *attention_course.__path__]
        )
        monkeypatch.setattr(experiments, "__path__", [str(folder / "experiments"), *experiments.__path__])
        for module in ("zz_data", "zz_other"):
            sys.modules.pop(f"attention_course.{module}", None)
        invalidate_caches()
        keys._module.cache_clear()
        module = __import__(f"attention_course.experiments.{lesson_name}", fromlist=["one"])
        return keys.code_key(getattr(module, name))

    yield key
    keys._module.cache_clear()


SAME = {
    "a comment": ("return x + RATE  # why", "return x + RATE  # because"),
    "a docstring": ('"""What it does."""', '"""Something else."""'),
    "types of arguments": ("def helper(x):", "def helper(x: float) -> float:"),
    "layout": ("def helper(x):", "def helper(\n    x,\n):"),
    "an unused name": ("UNUSED = 1", "UNUSED = 2"),
    "a claim": ("above(runs", "0 and above(runs"),
    "the settings": ("steps=[1, 2]", "steps=[1, 3]"),
    "another experiment": ("return seed\n", "return seed + 1\n"),
}
OTHERS = {
    "a constant": ("RATE = 0.1", "RATE = 0.2"),
    "a helper": ("return x + RATE", "return x - RATE"),
    "the experiment": ("helper(make(seed))", "helper(make(seed + 1))"),
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_what_leaves_the_runs_fresh(key_of, change):
    assert change[0] in LESSON
    assert key_of() == key_of(LESSON.replace(*change))


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_what_makes_the_runs_stale(key_of, change):
    assert change[0] in LESSON
    assert key_of() != key_of(LESSON.replace(*change))


def test_imported_modules_enter_as_far_as_they_are_used(key_of):
    assert key_of() != key_of(data=DATA.replace("SIZE = 3", "SIZE = 4"))
    assert key_of() != key_of(data=DATA.replace("seed * SIZE", "seed + SIZE"))
    assert key_of() == key_of(data=DATA.replace("return 5", "return 6"))
    assert key_of() != key_of(other=OTHER.replace("scale = 2", "scale = 3"))


def test_statements_that_run_on_import_enter(key_of):
    assert key_of() != key_of(other=OTHER.replace("['a'] = 1", "['a'] = 2"))


def test_moving_a_definition_to_another_module_changes_nothing(key_of):
    moved = LESSON.replace("RATE = 0.1\n", "").replace(
        "from attention_course.zz_data import make", "from attention_course.zz_data import RATE, make"
    )
    assert key_of() == key_of(moved, DATA + "\nRATE = 0.1\n")


def test_experiments_of_one_module_have_keys_of_their_own(key_of):
    assert key_of() != key_of(name="two")
    assert key_of(name="two") == key_of(LESSON.replace("RATE = 0.1", "RATE = 0.2"), name="two")


def test_a_key_is_the_same_under_every_python():
    """Some Pythons put empty strings between the parts of an f-string, and know more characters to show."""
    here = ast.parse('f"{a}{b:}"').body[0].value
    there = ast.parse('f"{a}{b:}"').body[0].value
    there.values.insert(1, ast.Constant(""))
    there.values[-1].format_spec = ast.JoinedStr([ast.Constant("")])
    assert keys._text(here) == keys._text(there)
    assert keys._text(here) != keys._text(ast.parse('f"{a}-{b:}"').body[0].value)
    assert keys._text(ast.Constant("\U0001fae8 é")).isascii()


def test_a_module_handed_on_whole_enters_whole(key_of):
    whole = LESSON.replace("other.scale", "len(vars(other))")
    assert key_of(whole) != key_of(whole, other=OTHER + "\nmore = 1\n")
