"""Recorded experiments: what the lessons claim of trained networks, as functions that anybody can run again.

One module a lesson (``translation.py`` for the lesson *translation*, dashes as underscores).  In it, functions of settings and
a seed under :func:`experiment`, and beside each the claims that the book makes of it::

    @experiment(settings=grid(kind=["attention", "plain"], steps=600))
    def networks(seed, kind, steps):
        ...
        return {"exact": 99.5}                       # or Outcome({...}, parameters=model)

    @networks.claim
    def attention_wins(runs):
        "With attention more sentences are right than without."
        return above(runs.values("exact", kind="attention") - runs.values("exact", kind="plain"), 20)

``python -m attention_course.experiments run translation`` makes the runs and keeps them in ``attention_course/records/``;
lessons read them from there (:mod:`attention_course.records`).
"""

from attention_course.experiments.engine.claims import Verdict, above, all_of, below, within
from attention_course.experiments.engine.definition import Experiment, Outcome, experiment, grid

__all__ = ["Experiment", "Outcome", "Verdict", "above", "all_of", "below", "experiment", "grid", "within"]
