"""Results in the terminal."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from autograder.answers.results import Graded
from autograder.classroom import feedback
from autograder.classroom.report import Report
from autograder.plain import plain


class _Console(Console):
    """A terminal that obeys no text."""

    def print(self, *objects: Any, **how: Any) -> None:
        super().print(*(plain(part) if isinstance(part, str) else part for part in objects), **how)


console = _Console(highlight=False)
errors = _Console(stderr=True, highlight=False)
TOLD = 300  # characters of what a table says of one submission


def progress() -> Progress:
    """A bar with time left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        auto_refresh=False,  # no thread: worker processes are forked while it stands
    )


def class_table(records: Iterable[dict[str, Any]]) -> None:
    """A line per submission, from the records of ``--json``: its mark, and what it was told first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("student", overflow="fold")
    table.add_column("mark", justify="right")
    table.add_column("what it was told", overflow="fold")
    for record in records:
        mark = f"{record['score']:g}/{record['max_score']:g}" if record["status"] == "graded" else "–"
        table.add_row(_cell(record["student"]), mark, _cell(_told(record)))
    console.print(table)


def _cell(text):
    return escape(plain(text, TOLD, lines=False))


def _told(record):
    """The hints by name, else a note on the notebook, else the first thing that a check said, and of which exercises."""
    hints: list[str] = []
    said: dict[str, list[str]] = {}
    for exercise in record["exercises"]:
        hints += [f"{exercise['id']}: {hint['misconception']}" for hint in exercise["hints"]]
        for message in exercise["messages"][:1]:
            said.setdefault(message, []).append(exercise["id"])
    first = next((f"{', '.join(names)}: {message}" for message, names in said.items()), "")
    return record["reason"] or ", ".join(hints) or next(iter(record["notes"]), first)


_STYLES = {
    "✓": "green",
    "·": "red",
    "    What may have happened": "yellow",
    "      ": "dim",
}  # by a line's beginning


def learner_report(graded: Graded) -> None:
    """Marks and hints for one learner, most useful first: ``feedback.text``, in colour."""
    for number, line in enumerate(feedback.text(graded).splitlines()):
        style = next((style for start, style in _STYLES.items() if line.startswith(start)), None)
        console.print(line, style="bold" if number == 0 else style, markup=False, soft_wrap=True)


def misconceptions(report: Report) -> None:
    """What was misunderstood, most frequent first."""
    for row in report.misconceptions:
        console.print(
            f"  {len(row['students']):4d}  {row['exercise']}: {row['id']}", markup=False, soft_wrap=True
        )
