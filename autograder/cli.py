"""The command line: ``python -m autograder``.

Exit codes: 0 all went well; 1 something that was looked at is not in order (a release that differs, a fault of the
course), or was passed over; 2 the command was given something it cannot use.
"""

import json
import signal
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from autograder import faults, show
from autograder.answers import assignment as assignments
from autograder.answers import submission
from autograder.answers.submission import Ungradable
from autograder.authoring import demo
from autograder.authoring import release as releasing
from autograder.classroom import feedback, grade, grading, late, lms, nbcourse, report
from autograder.errors import CourseError, Interrupted, Refused, cannot_write
from autograder.paths import ROOT, Course
from autograder.rooms import alone, confine, engine
from autograder.words import counted, first_of

app = typer.Typer(
    help="Release exercises, check one notebook, grade a class.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Write one JSON object per submission to FILE, one a line.")
]
Seconds = Annotated[int, typer.Option(min=1, help="Stop a cell after this many seconds.")]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose", callback=faults.show, help="Say what goes on, and show the whole traceback of a fault."
    ),
]
Workers = Annotated[int, typer.Option(min=1, help="Notebooks that run side by side.")]
WORKERS = 2
Isolation = Annotated[
    bool,
    typer.Option(
        "--isolation/--no-isolation", help="Run student code isolated; without, it runs with your rights."
    ),
]
CourseDir = Annotated[
    Path, typer.Option("--course", help="The class's folder: submitted/, gradebook.db, feedback/.")
]


def _version(asked: bool) -> None:
    if asked:
        print(version("attention-course"))
        raise typer.Exit


@app.callback()
def _of_all(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass  # its help is the app's


def _course(folder):
    """The class in ``folder``; faults are logged there."""
    course = Course(folder.resolve())
    faults.keep(course.root)
    return course


def _chosen(names):
    """The named assignments, or all; each must exist."""
    return [assignments.load(name) for name in names or assignments.names()]


def _can_write(path):
    """Refuse a place where the results could not be written, before hours of grading."""
    if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
        raise Refused(f"--json {path}: name a file in a folder that exists.")


def _write_json(path, results):
    if path is not None:
        path.write_text(
            "".join(json.dumps(graded.as_json(), ensure_ascii=False) + "\n" for graded in results),
            encoding="utf-8",
        )


@app.command()
def release(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Assignments; all where none is named.", metavar="[ASSIGNMENT]..."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 where a released notebook differs.")
    ] = False,
    source: Annotated[
        bool,
        typer.Option(
            "--source", help="Also write source/, the instructor's notebooks, for nbgrader's own commands."
        ),
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Make exercises/ from solutions/: solution regions emptied, hidden tests removed.

    Example: python -m autograder release 03-query-key-value
    """
    stale, chosen = [], _chosen(names)
    for assignment in chosen:
        releasing.student_version(assignment)  # a slip in one releases none
    for assignment in chosen:
        path, differs = releasing.release(assignment.name, check=check)
        if source:
            releasing.write_source(assignment, Course())
        if differs and check:
            stale.append(path)
        show.console.print(
            f"{path}: {'differs from solutions/' if differs and check else 'written' if differs else 'in step'}"
        )
    if stale:
        show.errors.print("Run `python -m autograder release` and commit the result.")
        raise typer.Exit(1)


@app.command()
def check(
    notebooks: Annotated[
        list[Path], typer.Argument(help="Notebooks of this course, filled in.", metavar="NOTEBOOK...")
    ],
    json_file: JsonFile = None,
    seconds: Seconds = engine.SECONDS_A_CELL,
    isolation: Isolation = True,
    verbose: Verbose = False,
) -> None:
    """Marks and hints for one learner, on the spot; no gradebook.

    Example: python -m autograder check exercises/03-query-key-value/03-query-key-value.ipynb
    """
    _can_write(json_file)
    if alone.needed():
        isolation = False
        show.errors.print(
            "Your notebook runs with your rights here, as in Jupyter. (A class is graded on Linux.)",
            soft_wrap=True,
        )
    results, refused, how = [], False, engine.How(seconds=seconds, confined=isolation)
    for path in notebooks:
        try:
            submission.gradable(path)  # a bad file is told at once, before anything is started
            engine.start(how, [path.absolute().parent])
            graded, _ = grade.grade_file(path, student=path.stem, how=how)
        except Ungradable as reason:
            show.errors.print(str(reason), markup=False)
            refused = True
            continue
        results.append(graded)
    if results:
        _write_json(json_file, results)
    for graded in results:
        show.learner_report(graded)
    if refused:
        raise typer.Exit(2)


@app.command(name="grade")
def grade_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Assignments; all that were handed in where none is named.", metavar="[ASSIGNMENT]..."
        ),
    ] = None,
    course_dir: CourseDir = ROOT,
    workers: Workers = WORKERS,
    json_file: JsonFile = None,
    seconds: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Stop a cell after this many seconds; where nothing is said "
            f"{engine.SECONDS_A_CELL}, of another course {nbcourse.SECONDS_A_CELL}.",
        ),
    ] = None,
    room: Annotated[
        str,
        typer.Option(
            help="split: tests in a room of their own; shared: beside the student's code, as nbgrader has them."
        ),
    ] = "split",
    isolation: Isolation = True,
    resume: Annotated[
        bool, typer.Option("--resume/--fresh", help="Take what was graded before, or run everything again.")
    ] = True,
    verbose: Verbose = False,
) -> None:
    """Grade a class: marks into gradebook.db, a feedback page for each student, a table here.

    Submissions lie as nbgrader has them, submitted/STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb.

    Any other nbgrader course, with its notebooks in source/ASSIGNMENT/, is graded with --room shared.

    What is passed over is named. Exit codes: 0 every hand-in was looked at, 1 something in submitted/ was passed over or the course has a fault, 2 nothing was done.

    Example: python -m autograder grade 03-query-key-value --json marks.jsonl
    """
    if room not in ("split", "shared"):
        raise Refused(f"--room is split or shared, not {room!r}.")
    course, fresh = _course(course_dir), not resume
    if not nbcourse.assignments(course) or (names and set(names) <= set(assignments.names())):
        how = engine.How(seconds=seconds or engine.SECONDS_A_CELL, confined=isolation, split=room == "split")
        passed_over = _grade(course, names, workers, how, json_file, fresh=fresh)
    elif room == "split":
        raise Refused(
            f"The tests in {course.source} were not written for a room of their own; grade that course with --room shared."
        )
    else:
        how = engine.How(seconds=seconds or nbcourse.SECONDS_A_CELL, confined=isolation, split=False)
        passed_over = _grade_another_course(course, names, workers, how, json_file, fresh=fresh)
    if passed_over:
        raise typer.Exit(1)


def _grade(course, names, workers, how, json_file, *, fresh=False):
    _can_write(json_file)
    _must_be_handed_in(course)
    chosen = _chosen(names)
    if not names:
        chosen = [assignment for assignment in chosen if grading.has_places(course, assignment)]
    if not chosen:
        raise Refused(
            f"{course.submitted} holds no submission of this course's assignments: {', '.join(assignments.names())}."
        )
    for assignment in chosen:
        grading.places(course, assignment)  # refuse before anything is written
    return _grade_all(course, chosen, grading.grade_class, json_file, workers=workers, how=how, fresh=fresh)


def _grade_another_course(course, names, workers, how, json_file, *, fresh):
    _can_write(json_file)
    _must_be_handed_in(course)
    chosen = nbcourse.chosen(course, names)
    if not chosen:
        raise Refused(f"{course.submitted} holds no submission of an assignment in {course.source}.")
    for source in chosen:
        grading.places(course, source)
    passed_over = _grade_all(
        course, chosen, nbcourse.grade_class, json_file, workers=workers, how=how, fresh=fresh
    )
    for source in chosen:
        for slip in nbcourse.slips(course, source):
            show.errors.print(slip, markup=False, soft_wrap=True)
    return passed_over


def _must_be_linux():
    if alone.needed():
        raise Refused(
            "A class is graded on Linux, where student code can be isolated: use a Linux machine, a container or WSL. "
            "`check` works here, too."
        )


def _must_be_handed_in(course):
    _must_be_linux()
    if not course.submitted.is_dir():
        raise Refused(
            f"{course.root} has no folder submitted/. Put the class's notebooks at submitted/STUDENT/ASSIGNMENT/, or name another folder with --course."
        )


def _grade_all(course, chosen, grade_class, json_file, **how):
    """Grade the ``chosen`` assignments and say so.  Returns the sentences on what was passed over."""
    everything, taken, told = [], [], []
    for assignment in chosen:
        before = grading.last_found(course, assignment.name) or []
        taken += grading.places(course, assignment)
        with show.progress() as bar:
            task = bar.add_task(f"Grading {assignment.name}", total=len(grading.places(course, assignment)))
            results = grade_class(
                course,
                assignment,
                done=lambda _, bar=bar, task=task: bar.update(task, advance=1, refresh=True),
                **how,
            )
        show.class_table([graded.as_json() for graded in results])
        everything += results
        after = grading.last_found(course, assignment.name) or []
        if again := grading.marked_before(before, after, results):
            told.append(
                f"{assignment.name}: handed in or graded otherwise since a person marked it, and that mark stands: {', '.join(again)}. See whether it still fits."
            )
    for caveat in dict.fromkeys(filter(None, (graded.caveat for graded in everything))):
        show.console.print(f"\n{caveat}", soft_wrap=True)
    passed_over = grading.passed_over(course, taken)
    for sentence in filter(None, [*passed_over, *told, faults.told()]):
        show.errors.print(sentence, markup=False, soft_wrap=True)
    _write_json(json_file, everything)
    show.console.print(f"\nGradebook: {course.database}\nFeedback:  {course.feedback}", soft_wrap=True)
    return passed_over


Graded_ = Annotated[
    list[str] | None,
    typer.Argument(help="Assignments; all that were graded where none is named.", metavar="[ASSIGNMENT]..."),
]


def _graded(course, names):
    """What was found in the named assignments, or in all that were graded, as it counts by now: name -> results."""
    chosen = names or grading.graded_assignments(course)
    if not chosen:
        raise Refused(f"Nothing has been graded in {course.root} yet. Run `grade` first.")
    for name in chosen:
        grading.results_of(course, name)  # refuse before anything is written
    _settle(course, chosen)
    return {name: grading.results_of(course, name) for name in chosen}


def _settle(course, names):
    """What being late costs by now, into the gradebook; what that changes is told."""
    for sentence in late.settled(course, names):
        show.errors.print(sentence, markup=False, soft_wrap=True)


@app.command(name="feedback")
def feedback_command(names: Graded_ = None, course_dir: CourseDir = ROOT, verbose: Verbose = False) -> None:
    """Write the students' pages again, from what the last `grade` found; nothing is run.

    Example: python -m autograder feedback 03-query-key-value
    """
    course = _course(course_dir)
    for name, results in _graded(course, names).items():
        for graded in results:
            feedback.write(course, graded)
        show.console.print(f"{name}: {counted(len(results), 'page')} in {course.feedback}", soft_wrap=True)


@app.command(name="report")
def report_command(names: Graded_ = None, course_dir: CourseDir = ROOT, verbose: Verbose = False) -> None:
    """A page about the class: marks, what was misunderstood by how many, where the hints have nothing to say.

    Example: python -m autograder report 03-query-key-value
    """
    course = _course(course_dir)
    for name, results in _graded(course, names).items():
        page = report.of(name, results)
        show.console.print(f"{name}: {report.write(course, page)}", soft_wrap=True)
        show.misconceptions(page)


@app.command()
def export(
    names: Graded_ = None,
    form: Annotated[str, typer.Option("--format", help="csv, canvas or moodle.")] = "csv",
    to: Annotated[Path | None, typer.Option(help="The file; printed where none is named.")] = None,
    course_dir: CourseDir = ROOT,
    verbose: Verbose = False,
) -> None:
    """Marks from the gradebook, those by hand included, as a table that your learning platform takes.

    Example: python -m autograder export 03-query-key-value --format canvas --to marks.csv
    """
    if form not in lms.FORMATS:
        raise Refused(f"--format is {', '.join(lms.FORMATS[:-1])} or {lms.FORMATS[-1]}, not {form!r}.")
    _can_write(to)
    course = _course(course_dir)
    names = lms.exportable(course, names)
    _settle(course, names)
    marks = lms.marks(course, names)
    text = lms.table(marks, form)
    if open_ := [f"{mark.student} ({mark.assignment})" for mark in marks if mark.by_hand]:
        show.errors.print(
            f"Still to be marked by hand, so that these marks are not whole: {first_of(open_, 10)}.",
            markup=False,
            soft_wrap=True,
        )
    if to is None:
        print(text, end="")
    else:
        to.write_text(text, encoding="utf-8")


@app.command(name="import")
def import_command(
    name: Annotated[str, typer.Argument(help="The assignment.", metavar="ASSIGNMENT")],
    archive: Annotated[
        Path,
        typer.Argument(
            help="The zip file that your learning platform gave you, or the folder it was unpacked into."
        ),
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the archive's where a submission is there already.")
    ] = False,
    course_dir: CourseDir = ROOT,
    verbose: Verbose = False,
) -> None:
    """Put the submissions that a learning platform collected into submitted/.

    It knows the archives of Canvas, Moodle, Blackboard, Brightspace, Gradescope and nbgrader, and those with a folder a student.
    What is left out is named. Exit codes: 0 all was taken in, 1 something was left out, 2 nothing was done.

    Example: python -m autograder import 03-query-key-value submissions.zip
    """
    course = _course(course_dir)
    known = {*assignments.names(), *(source.name for source in nbcourse.assignments(course))}
    if name not in known:
        raise Refused(f"There is no assignment {name!r}. This course has: {', '.join(sorted(known))}.")
    # in another course the notebooks keep the names that it gave them
    own = name in assignments.names()
    expected = [name] if own else sorted(path.stem for path in (course.source / name).glob("*.ipynb"))
    taken = lms.take_in(archive, course, name, others=known - {name}, expected=expected, replace=replace)
    for note in taken.notes:
        show.errors.print(note, markup=False, soft_wrap=True)
    there = f"; there already, the same: {len(taken.there)}" if taken.there else ""
    left = "; what was left out is named above" if taken.left_out else ""
    show.console.print(
        f"Taken in: {len(taken.students)}, into {course.submitted}{there}{left}. Read as {taken.layout}.",
        markup=False,
        soft_wrap=True,
    )
    if taken.status:
        raise typer.Exit(taken.status)


@app.command()
def demonstrate(
    course_dir: CourseDir = ROOT / "_build" / "demo",
    workers: Workers = WORKERS,
    verbose: Verbose = False,
) -> None:
    """Make a demonstration class, right, wrong and broken, and grade it; where nothing changed, only show the marks.

    The folder is emptied first.
    """
    _must_be_linux()
    course = _course(course_dir)
    marks = course.root / "results.jsonl"
    if demo.is_fresh(course):
        show.console.print("The demonstration class is graded already:")
        show.class_table([json.loads(line) for line in marks.read_text(encoding="utf-8").splitlines()])
    else:
        assignment = demo.make(course)
        lacks = confine.missing()
        if lacks:  # these notebooks are our own
            show.errors.print(f"Without isolation here: {' '.join(lacks)}", markup=False, soft_wrap=True)
        how = engine.How(seconds=demo.SECONDS, confined=not lacks)
        _grade(course, [assignment.name], workers, how, marks)
        demo.mark_fresh(course)
    show.console.print(f"\nSite:            {ROOT / '_build' / 'html' / 'index.html'}", soft_wrap=True)
    show.console.print(
        f"A feedback page: {feedback.path(course, demo.TO_LOOK_AT, demo.ASSIGNMENT)}", soft_wrap=True
    )


def _interrupted(*_about):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # once is enough: what is under way is put down in order
    raise Interrupted


def main() -> None:
    """Run a command; a refusal is one sentence and exit code 2, a fault of the course or of the grader one sentence and 1."""
    signal.signal(signal.SIGINT, _interrupted)
    faults.keep(ROOT)
    try:
        app()
    except Interrupted:
        show.errors.print(
            "Stopped. What was graded is kept; the same command goes on from there.", soft_wrap=True
        )
        raise SystemExit(130) from None
    except (Refused, Ungradable) as reason:
        _say(str(reason), reason, 2)
    except CourseError as fault:
        _say(f"The course has a fault: {fault}", fault, 1)
    except Exception as fault:
        told = cannot_write(fault) if isinstance(fault, OSError) else fault
        if told is not fault:
            _say(str(told), fault, 2)
        faults.record(" ".join(sys.argv[1:]), fault)
        _say(f"The grader has a fault ({type(fault).__name__}: {fault}). {faults.told() or NO_LOG}", fault, 1)


NO_LOG = "Run it again with --verbose to see where."


def _say(sentence, fault, code):
    """End the command with one sentence; where it came from is for ``--verbose``."""
    faults.log.debug("%s", sentence, exc_info=fault)
    show.errors.print(sentence, markup=False, soft_wrap=True)
    raise SystemExit(code) from None
