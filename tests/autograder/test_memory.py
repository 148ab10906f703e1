"""A class of three thousand needs no more memory than one of thirty."""

import gc
from collections import Counter

from attacks import Desk

MISTAKE = {"SelfAttention": "class SelfAttention:\n    pass"}


def held():
    gc.collect()
    return Counter(type(thing).__name__ for thing in gc.get_objects())


def test_a_graded_submission_leaves_nothing_behind():
    desk = Desk()
    for _ in range(2):  # fills what is kept once
        desk.hand_in(), desk.hand_in(MISTAKE)
    before = held()
    for _ in range(3):
        desk.hand_in(), desk.hand_in(MISTAKE)
    more = held() - before
    kept = {
        name: more[name]
        for name in ("NotebookNode", "Tensor", "Module", "RemoteRoom", "dict")
        if more[name] > 20
    }
    assert kept == {}
