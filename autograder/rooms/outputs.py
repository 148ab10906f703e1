"""What a student's cell showed or raised, as a notebook's outputs.  It may be anything: what has not the right shape is dropped."""

import re
from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.utils import is_locked

from autograder.answers.marks import CHECKS, TIMED_OUT
from autograder.plain import plain
from autograder.rooms.stand_in import student_error

LONGEST_OUTPUT = 256 * 1024  # characters
LONGEST_CODE = 500_000  # characters of a notebook in which the line of an error is looked for
SHOWN = ("text/plain", "image/png")  # what is kept of a cell's rich outputs


def own_lines(notebook: NotebookNode) -> dict[str, int]:
    """Line of code -> its number in the student's first cell that has it.  Made once: what follows asks for every error."""
    found: dict[str, int] = {}
    left = LONGEST_CODE
    for cell in notebook.cells:
        if cell.cell_type == "code" and not is_locked(cell) and left > 0:
            for number, line in enumerate(cell.source[:left].splitlines(), start=1):
                found.setdefault(line.strip(), number)
            left -= len(cell.source)
    return found


def outputs(answer: Mapping[str, Any], lines: Mapping[str, int]) -> list[NotebookNode]:
    """What a cell of the student's showed, as notebook outputs.  The answer may be anything: what has not the right
    shape is dropped, what is too long is cut.  ``lines`` are the student's, as ``own_lines`` has them."""
    made = []
    for name in ("stdout", "stderr"):
        if isinstance(answer.get(name), str) and answer[name]:
            made.append(new_output("stream", name=name, text=plain(answer[name], LONGEST_OUTPUT)))
    shown = answer.get("shown")
    for part in shown[:100] if isinstance(shown, list) else ():
        data = part.get("data") if isinstance(part, dict) else None
        if isinstance(data, dict):
            texts = {
                mime: plain(data[mime], LONGEST_OUTPUT)
                if mime == "text/plain"
                else data[mime][: 4 * LONGEST_OUTPUT]
                for mime in SHOWN
                if isinstance(data.get(mime), str) and (mime == "text/plain" or _BASE64.fullmatch(data[mime]))
            }
            kind = "execute_result" if part.get("result") is True else "display_data"
            made.append(
                new_output(kind, texts, **({"execution_count": 1} if kind == "execute_result" else {}))
            )
    if isinstance(answer.get("raised"), dict):
        error = student_error(answer["raised"])
        made.append(student_output(error, [], lines))
        if answer.get("interrupted") is True and made[-1].ename == "KeyboardInterrupt":
            made[-1].ename = TIMED_OUT
    return made


_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")  # a page would show the rest as it is


def student_output(error: Exception, frames: list[str], lines: Mapping[str, int]) -> NotebookNode:
    """An exception of the student's code.  It may call itself what it likes; it is never taken for a check's words.

    The line is shown only if it is one of the submission.
    """
    kind = type(error).__name__
    line = (getattr(error, "where", None) or "").partition(": ")[2]
    number = lines.get(line) if line else None
    own = [f"Cell In[0], in your code\n----> {number} {line}"] if number else []
    name = f"{kind} of yours" if kind in CHECKS else kind
    return new_output("error", ename=name, evalue=str(error), traceback=frames + own)
