"""Hand in one notebook the way a student would, and see what comes of it."""

import os

import nbformat
import pytest

from autograder.answers import assignment, submission
from autograder.answers.diagnose import Diagnosis
from autograder.authoring import demo
from autograder.classroom import grade
from autograder.rooms import confine, engine

HOW = engine.How(seconds=2)


def skip_where_nothing_isolates():
    """Skip, with the reason in sight; in CI, where isolation must be there, fail."""
    lacks = confine.missing()
    if lacks and os.environ.get("CI") != "true":
        pytest.skip(" ".join(lacks), allow_module_level=True)


class Desk:
    """Where notebooks are handed in."""

    def __init__(self, made=None, how=HOW):
        self.made = made or assignment.load(demo.ASSIGNMENT)
        self.how, self.diagnosis = how, Diagnosis(self.made)
        grade.prepare(self.made, self.diagnosis, how)
        self.right = demo.solved(self.made)

    def hand_in(self, answers=(), *, first=(), last=(), change=lambda notebook: None, how=None):
        """The right answers but for ``answers``, with cells of the student's own before and behind: (graded, notebook)."""
        notebook = demo.answered(self.made, self.right | dict(answers))
        notebook.cells[:0] = [nbformat.v4.new_code_cell(source) for source in first]
        notebook.cells += [nbformat.v4.new_code_cell(source) for source in last]
        notebook = change(notebook) or notebook
        handed_in = submission.rebuild(notebook, self.made)
        return grade.grade_notebook(self.made, handed_in, self.diagnosis, how=how or self.how)


def lost(graded):
    """Exercise -> what was said, for those that lost points."""
    return {o.id: " ".join(o.messages) for o in graded.outcomes if o.points < o.max_points}


def printed(notebook):
    """All that cells printed."""
    return "".join(
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output.output_type == "stream" and output.name == "stdout"
    )
