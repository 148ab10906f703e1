"""The exercises' tests run in this process, fast: for proving that the tests tell right answers from wrong ones."""

from nbgrader.utils import is_grade, is_solution

from autograder.answers.cells import exercise_of, grade_id


def failing(made, exercise, source, *, visible=False):
    """The ids of the exercise's test cells that fail with ``source`` in its cell, everything else being the solution.

    ``visible`` runs the cells as released, without the hidden tests.
    """
    released = {grade_id(cell): cell.source for cell in made.released.cells}
    space = {"__name__": "student"}
    failed = []
    for name, cell in made.cells.items():
        if cell.cell_type != "code" or exercise_of(name) not in (None, exercise):
            continue
        text = source if name == exercise else released[name] if visible and is_grade(cell) else cell.source
        if is_solution(cell) and name != exercise and name not in _used_by(exercise, made):
            continue
        try:
            exec(compile(text, f"<{name}>", "exec"), space)
        except Exception:
            if not is_grade(cell):
                raise
            failed.append(name)
    return failed


def _used_by(exercise, made):
    """Exercises before this one: a later answer may call an earlier one."""
    before = [e.id for e in made.exercises]
    return before[: before.index(exercise)]
