"""``python -m attention_course.experiments list | run | check``."""

import os
import sys
import time
from pathlib import Path
from typing import Annotated

try:
    import typer
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
except ModuleNotFoundError as error:  # the package alone, as lessons need it
    sys.exit(
        f"This command needs {error.name}. Install the course's wheel with what its experiments need: "
        "pip install 'attention_course-VERSION-py3-none-any.whl[experiments]'"
    )

from attention_course import records
from attention_course.experiments.engine import checking, definition, running

app = typer.Typer(
    help="Recorded experiments: list them, run them again, check what the book claims of them.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
console = Console(highlight=False, soft_wrap=True)
Names = Annotated[
    list[str] | None, typer.Argument(help="LESSON or LESSON.EXPERIMENT; all, if none is given.")
]
Out = Annotated[Path | None, typer.Option(help="A folder of your own instead of the course's records.")]


def _refuse(message, status=2):
    console.print(str(message), markup=False)
    raise typer.Exit(status)


def _find(names):
    try:
        return list(definition.find(names or []).values())
    except definition.UnknownName as error:
        _refuse(error)


def _can_be_a_folder(path):
    """Told before the first run, not after an hour."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(path, os.W_OK)


def parse_seeds(text: str) -> list[int]:
    """``"0-3,7"`` → [0, 1, 2, 3, 7].  Raises ``ValueError`` for anything else."""
    seeds = set()
    for part in text.split(","):
        low, dash, high = part.strip().partition("-")
        first, last = int(low), int(high if dash else low)
        if last < first or last - first > 10_000:
            raise ValueError(part)
        seeds |= set(range(first, last + 1))
    return sorted(seeds)


def _many(things, word):
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}"


@app.command("list")
def list_them(names: Names = None) -> None:
    """What experiments there are: settings, runs in the record, core-minutes, claims."""
    for experiment in _find(names):
        try:
            record = records.load(experiment.name)
            made = f"{_many(record.seeds, 'seed')}, {record.minutes:.1f} core-minutes"
        except records.RecordError:
            made = "no record"
        counted = f"{_many(experiment.settings, 'setting')}, {made}, {_many(experiment.claims, 'claim')}"
        console.print(f"[bold]{experiment.name}[/]  {counted}\n    {escape(experiment.summary)}")


def _label(job):
    said = " ".join(f"{key}={value}" for key, value in job.settings.items())
    return f"{job.experiment} seed {job.seed} {said}".strip()


@app.command()
def run(
    names: Names = None,
    seeds: Annotated[str, typer.Option(help="Such as 0-7 or 0,2,5.")] = "0-7",
    workers: Annotated[int, typer.Option(min=1, help="Processes, of one thread each.")] = 2,
    out: Out = None,
) -> None:
    """Make the runs that are missing or stale, and no others.  Each is kept as it ends: stop when you like, go on later."""
    experiments = _find(names)
    try:
        wanted = parse_seeds(seeds)
    except ValueError:
        _refuse(f"--seeds takes whole numbers and ranges, such as 0-7 or 0,2,5, not {seeds!r}.")
    if out is not None and not _can_be_a_folder(out):
        _refuse(f"--out {str(out)[:200]} is not a folder that can be written.")
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    columns.append(TextColumn("{task.fields[left]}"))
    begin = time.monotonic()
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("Runs", total=None, left="")
        ended = [0]

        def started(jobs, stale):
            progress.update(bar, total=len(jobs))
            console.print(f"{len(jobs)} runs to make with {workers} workers." if jobs else "Nothing to run.")
            for name, count in stale.items():
                console.print(
                    f"{name}: its {count} recorded runs are of another code and give way to the new ones; "
                    "stop now to keep them."
                )

        def done(job, seconds, fault):
            ended[0] += 1
            total = progress.tasks[bar].total or 0
            left = (time.monotonic() - begin) / ended[0] * (total - ended[0])
            progress.update(bar, advance=1, left=f"about {_duration(left)} left")
            said = f"[red]failed[/] {escape(_label(job))}: {escape(fault)}" if fault else None
            terse = f"{escape(_label(job))}: {seconds:.1f} s" if seconds is not None else ""
            console.print(said or f"{terse}" + ("" if console.is_terminal else f", {_duration(left)} left"))

        try:
            faults = running.make_runs(
                experiments, wanted, folder=out, workers=workers, started=started, done=done
            )
        except records.RecordError as error:
            _refuse(error)
        except OSError as error:
            _refuse(f"The records cannot be written: {error}.", 1)
        except KeyboardInterrupt:
            _refuse("Stopped. The runs that had ended are kept; the same command goes on from here.", 130)
    if faults:
        _refuse(f"{faults} runs failed (above); the others are kept.", 1)


def _duration(seconds):
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


@app.command()
def check(names: Names = None, out: Out = None) -> None:
    """Whether each record is complete and fresh and its claims hold; exit status 1 where not."""
    good = True
    for experiment in _find(names):
        report = checking.check(experiment, out)
        good &= report.good
        held = sum(claim.holds for claim in report.claims)
        head = (
            f"{len(report.record.runs)} runs, {held} of {len(report.claims)} claims hold"
            if report.claims and report.record
            else ""
        )
        console.print(
            f"{'ok  ' if report.good else '[red]FAIL[/]'} {report.name}{': ' + head if head else ''}"
        )
        for fault in report.faults:
            console.print(f"     {escape(fault)}")
        for claim in report.claims:
            mark = "ok  " if claim.holds else "[red]FAIL[/]"
            words = claim.fault or claim.verdict.words
            console.print(f"     {mark} {claim.name}: {escape(claim.sentence)} [dim]{escape(words)}[/]")
    if not good:
        console.print("What does not hold is named above.")
        raise typer.Exit(1)


def main() -> None:
    """The console script."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(
            errors="replace"
        )  # a terminal whose encoding lacks a character still gets the rest
    try:
        app(prog_name=records.COMMAND)
    except BrokenPipeError:  # | head
        os._exit(141)
    except OSError as error:
        print(f"The output cannot be written: {error.strerror}.", file=sys.stderr)
        os._exit(1)


if __name__ == "__main__":
    main()
