"""Results in the terminal."""

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def progress():
    """A bar with time left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
    )


def class_table(records):
    """A line per submission, from the records of ``--json``: its mark, and what it was told first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("student", overflow="fold")
    table.add_column("mark", justify="right")
    table.add_column("what it was told", overflow="fold")
    for record in records:
        mark = f"{record['score']:g}/{record['max_score']:g}" if record["status"] == "graded" else "–"
        table.add_row(escape(record["student"]), mark, escape(_told(record)))
    console.print(table)


def _told(record):
    """The hints by name, else a note on the notebook, else the first thing that a check said, and of which exercises."""
    hints, said = [], {}
    for exercise in record["exercises"]:
        hints += [f"{exercise['id']}: {hint['misconception']}" for hint in exercise["hints"]]
        for message in exercise["messages"][:1]:
            said.setdefault(message, []).append(exercise["id"])
    first = next((f"{', '.join(names)}: {message}" for message, names in said.items()), "")
    return record["reason"] or ", ".join(hints) or next(iter(record["notes"]), first)


def learner_report(graded):
    """Marks and hints for one learner, most useful first."""
    console.print(
        f"[bold]{escape(graded.assignment)}: {graded.score:g} of {graded.max_score:g} points[/bold]"
    )
    for note in graded.notes:
        console.print(f"  {escape(note)}")
    for outcome in graded.outcomes:
        full = outcome.points == outcome.max_points
        console.print(
            f"\n{'[green]✓[/green]' if full else '[red]·[/red]'} [bold]{outcome.id}[/bold] {outcome.points:g} of {outcome.max_points:g}"
        )
        for hint in outcome.hints:
            console.print(f"  [yellow]What may have happened:[/yellow] {escape(hint.hint)}")
        for message in outcome.messages:
            console.print(f"  {escape(message)}")
        for place in dict.fromkeys(check.where for check in outcome.checks if check.where):
            console.print(f"    {escape(place)}", style="dim")
