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
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=errors, transient=True
    )


def class_table(results):
    """A line per submission: marks by exercise, total, and the first hint or reason."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("student", overflow="fold")
    table.add_column("mark", justify="right")
    table.add_column("what it was told", overflow="fold")
    for graded in results:
        if graded.status == "graded":
            mark = f"{graded.score:g}/{graded.max_score:g}"
            told = ", ".join(
                f"{outcome.id}: {hint.misconception}" for outcome in graded.outcomes for hint in outcome.hints
            ) or next(iter(graded.notes), "") or _first_message(graded)
        else:
            mark, told = "–", graded.reason
        table.add_row(escape(graded.student), mark, escape(told))
    console.print(table)


def _first_message(graded):
    unanswered = [outcome.id for outcome in graded.outcomes if outcome.blank]
    if unanswered:
        return f"not answered: {', '.join(unanswered)}"
    return next((message for outcome in graded.outcomes for message in outcome.messages), "")


def learner_report(graded):
    """Marks and hints for one learner, most useful first."""
    console.print(f"[bold]{escape(graded.assignment)}: {graded.score:g} of {graded.max_score:g} points[/bold]")
    for note in graded.notes:
        console.print(f"  {escape(note)}")
    for outcome in graded.outcomes:
        full = outcome.points == outcome.max_points
        console.print(f"\n{'[green]✓[/green]' if full else '[red]·[/red]'} [bold]{outcome.id}[/bold] {outcome.points:g} of {outcome.max_points:g}")
        for hint in outcome.hints:
            console.print(f"  [yellow]What may have happened:[/yellow] {escape(hint.hint)}")
        for message in outcome.messages:
            console.print(f"  {escape(message)}")
        for place in dict.fromkeys(check.where for check in outcome.checks if check.where):
            console.print(f"    {escape(place)}", style="dim")
