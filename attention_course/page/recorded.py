"""The line under a recorded experiment's figures: how many runs, and the command that repeats them."""

from typing import Any

from attention_course import records
from attention_course.records import Record


def note(record: Record) -> Any:
    """What stands under ``record``'s figures, as Markdown: runs, seeds, minutes, the command."""
    from IPython.display import Markdown

    settings, seeds = len(record.settings), len(record.seeds)
    runs = f"{len(record.runs)} runs, {seeds} seeds" + (
        f" under each of {settings} settings" if settings > 1 else ""
    )
    minutes = record.minutes
    spent = f"{minutes:.0f} minutes" if minutes >= 2 else f"{60 * minutes:.0f} seconds"
    command = f"{records.COMMAND} run {record.name}"
    return Markdown(f"*Recorded: {runs}, {spent} of one core. To repeat them:* `{command}`")
