"""The test room: run a check's text here, against the stand-ins for what the student defined."""

import ast
import traceback
from collections.abc import Mapping
from functools import cache
from types import CodeType
from typing import Any

import numpy as np
from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.plain import plain
from autograder.rooms.line import Stopped
from autograder.rooms.outputs import student_output
from autograder.rooms.stand_in import RemoteRoom, StudentError


def tested(
    room: RemoteRoom, source: str, name: str, names: dict[str, Any], lines: Mapping[str, int]
) -> list[NotebookNode]:
    """What a part of the test ``name`` shows when it runs here, with these ``names``, against the stand-ins; nothing where it passes.

    ``lines`` are the student's, as ``outputs.own_lines`` has them.

    Where the function changed what it was given, the test must pass without these changes too: else a function could
    make the expected result, which is computed from the same arrays, what it returns.
    """
    room.changes = 0
    before = dict(names)
    outputs = _executed(source, name, names, lines)
    if room.changes and not any(output.output_type == "error" for output in outputs):
        room.write_back = False
        try:
            again = _executed(source, name, before, lines)
        finally:
            room.write_back = True
        if any(output.output_type == "error" for output in again):
            return again
    return outputs


def _executed(source: str, name: str, names: dict[str, Any], lines: Mapping[str, int]) -> list[NotebookNode]:
    """Like a notebook cell's, a test's last expression is its result."""
    body, last = _split(source, name)
    try:
        with np.errstate(all="ignore"):
            exec(body, names)
            value = eval(last, names) if last is not None else None
    except Stopped:
        raise
    except Exception as error:
        return [_failure(error, name, lines)]
    return (
        []
        if value is None
        else [new_output("execute_result", {"text/plain": repr(value)[:200]}, execution_count=1)]
    )


@cache
def _split(source: str, name: str) -> tuple[CodeType, CodeType | None]:
    """A test's statements, and the expression at its end."""
    tree = ast.parse(source)
    end = tree.body[-1] if tree.body else None
    last = None
    if isinstance(end, ast.Expr):
        tree.body.pop()
        last = compile(ast.Expression(end.value), f"<{name}>", "eval")
    return compile(tree, f"<{name}>", "exec"), last


def _failure(error: Exception, name: str, own: Mapping[str, int]) -> NotebookNode:
    """Why a test did not pass, in the form in which Jupyter would have kept it."""
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == f"<{name}>"
    ]
    frames = [f"Cell In[0], line {lines[0]}\n"] if lines else []
    if isinstance(error, StudentError):
        return student_output(error, frames, own)
    return new_output("error", ename=type(error).__name__, evalue=plain(str(error)), traceback=frames)
