"""How fast is the grader, against stock ``nbgrader autograde`` on the same class?

    python benchmarks/grading.py [--n 60] [--stock 6] [--rounds 3] [--scale 30 300 3000]

Both grade the same submissions of an assignment that imports torch, ours with isolation on and the gradebook written, in
turns, so that a busy machine slows both.  Writes a table and benchmarks/results/grading.json.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from rich.console import Console
from rich.table import Table

from autograder.answers import assignment as assignments
from autograder.authoring import demo, release
from autograder.paths import ROOT, Course

RESULTS = ROOT / "benchmarks" / "results" / "grading.json"
HONEST = [  # what a class hands in; loops and crashes cost their time-out with any grader
    "right", "right-another-way", "half-done", "unscaled", "softmax-on-the-wrong-axis", "float64-by-accident",
    "penalty-of-positions", "four-misconceptions", "two-mistakes-in-one", "syntax-error",
]  # fmt: skip
console = Console(highlight=False)


def make_class(root, assignment, count):
    """A course folder with ``count`` honest submissions, no two with the same bytes."""
    course = Course(Path(root))
    config = (ROOT / "nbgrader_config.py").read_text()
    root.mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(
        config.replace("str(Path(__file__).resolve().parent)", repr(str(root)))
    )
    release.write_source(assignment, course)
    notebooks = demo.students(assignment)
    for number in range(count):
        notebook = notebooks[HONEST[number % len(HONEST)]]
        notebook.metadata["number"] = number
        folder = course.submitted / f"s{number:04d}" / assignment.name
        folder.mkdir(parents=True)
        (folder / f"{assignment.name}.ipynb").write_text(nbformat.v4.writes(notebook), encoding="utf-8")
    return course


def command(course, *arguments):
    """Run to the end; return wall seconds."""
    bin_folder = str(Path(sys.executable).parent)
    env = {**os.environ, "PATH": os.pathsep.join([bin_folder, os.environ["PATH"]]), "PYTHONPATH": str(ROOT)}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)], cwd=course.root, env=env, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return time.perf_counter() - start


def scores(course, name):
    with Gradebook(course.database_url) as book:
        return {s.student.id: s.score for s in book.assignment_submissions(name)}


def one_round(folder, assignment, n, stock, workers):
    """Grade ``stock`` submissions by nbgrader, then all ``n`` by ours: seconds of each, and whether the marks agree."""
    theirs = make_class(folder / "stock", assignment, stock)
    command(theirs, "nbgrader", "generate_assignment", assignment.name)
    stock_seconds = command(theirs, "nbgrader", "autograde", assignment.name)
    ours = make_class(folder / "ours", assignment, n)
    seconds = command(
        ours, "autograder", "grade", assignment.name, "--course", ours.root, "--workers", workers, "--fresh"
    )
    expected, got = scores(theirs, assignment.name), scores(ours, assignment.name)
    return stock_seconds / stock, seconds / n, all(got[student] == mark for student, mark in expected.items())


def scaling(assignment, sizes, workers):
    """Seconds a submission and peak memory over the size of the class."""
    rows = []
    for n in sizes:
        with tempfile.TemporaryDirectory() as folder:
            course = make_class(Path(folder) / "c", assignment, n)
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            seconds = command(
                course,
                "autograder",
                "grade",
                assignment.name,
                "--course",
                course.root,
                "--workers",
                workers,
                "--fresh",
            )
            peak = max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
            rows.append({"n": n, "seconds_per_submission": seconds / n, "largest_process_mb": peak / 1024})
            console.print(
                f"  {n} submissions: {seconds / n * 1000:.0f} ms each, largest process {peak / 1024:.0f} MB"
            )
    return rows


def floor(assignment, repeats=20):
    """Milliseconds of a bare fork that runs the solution's cells and tests in one room, without isolation or gradebook."""
    from autograder.answers.diagnose import Diagnosis
    from autograder.answers.submission import rebuild
    from autograder.rooms import engine

    how = engine.How(confined=False, split=False)
    engine.start(how)
    engine.rehearse(
        rebuild(demo.answered(assignment, demo.solved(assignment)), assignment).notebook,
        Diagnosis(assignment).probes,
        how,
    )
    times = []
    for _ in range(repeats):
        notebook = rebuild(demo.answered(assignment, demo.solved(assignment)), assignment).notebook
        start = time.perf_counter()
        engine.run(notebook, {}, how)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def where_it_goes(assignment, repeats=3):
    """Milliseconds a submission, by what they are spent on: one process, one submission at a time, means over the class."""
    from autograder.answers import submission
    from autograder.answers.diagnose import Diagnosis
    from autograder.authoring import demo
    from autograder.classroom import feedback, grade, gradebook
    from autograder.rooms import engine
    from autograder.rooms.line import ForkedLine, Warm

    spent = {}

    def timed(where, name, label):
        stock = getattr(where, name)

        def wrapper(*args, **more):
            key = label(*args) if callable(label) else label
            start = time.perf_counter()
            try:
                return stock(*args, **more)
            finally:
                spent[key] = spent.get(key, 0) + time.perf_counter() - start

        setattr(where, name, wrapper)

    asked = {"run": "student's cells", "observe": "probes for hints"}
    how, diagnosis = engine.How(), Diagnosis(assignment)
    grade.prepare(assignment, diagnosis, how)
    timed(Warm, "fork", "rooms: fork and confinement")
    timed(
        ForkedLine,
        "ask",
        lambda _, request, *__: asked.get(request["do"], "calls of the student's functions"),
    )
    students, rows = demo.students(assignment), []
    with tempfile.TemporaryDirectory() as folder:
        course = Course(Path(folder))
        gradebook.record_assignment(course, assignment)
        with gradebook.opened(course) as book:
            for number in range(repeats * len(HONEST)):
                spent.clear()
                text = nbformat.v4.writes(students[HONEST[number % len(HONEST)]]).encode()
                start = time.perf_counter()
                notebook = submission._as_notebook(json.loads(text), "x")
                graded, ran = grade.grade_notebook(
                    assignment,
                    submission.rebuild(notebook, assignment),
                    diagnosis,
                    student=f"s{number}",
                    how=how,
                )
                middle = time.perf_counter()
                spent["the tests themselves, marks, hints"] = middle - start - sum(spent.values())
                feedback.write(course, graded)
                grade.save(ran, course, graded.student, assignment.name, assignment.name)
                gradebook.record(book, graded)
                spent["gradebook, feedback, notebook"] = time.perf_counter() - middle
                rows.append(dict(spent))
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: 1000 * statistics.mean(row.get(name, 0) for row in rows) for name in names}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=60)
    parser.add_argument(
        "--stock", type=int, default=6, help="submissions that stock nbgrader grades in a round"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--scale", type=int, nargs="*", default=[30, 300], help="class sizes for the curve")
    options = parser.parse_args()
    assignment = assignments.load(demo.ASSIGNMENT)
    rounds = []
    for number in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            rounds.append(one_round(Path(folder), assignment, options.n, options.stock, options.workers))
        stock, ours, equal = rounds[-1]
        console.print(
            f"round {number + 1}: stock {stock:.2f} s, ours {ours * 1000:.0f} ms a submission, ratio {stock / ours:.0f}, marks {'equal' if equal else 'DIFFER'}"
        )
    ratios = [stock / ours for stock, ours, _ in rounds]
    result = {
        "speedup": statistics.median(ratios),
        "speedup_range": [min(ratios), max(ratios)],
        "marks_equal": all(equal for *_, equal in rounds),
        "seconds_per_submission": statistics.median(ours for _, ours, _ in rounds),
        "stock_seconds_per_submission": statistics.median(stock for stock, *_ in rounds),
        "workers": options.workers,
        "n": options.n,
        "floor_seconds": floor(assignment),
        "milliseconds_by_part": where_it_goes(assignment),
        "scaling": scaling(assignment, options.scale, options.workers),
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.system(),
        },
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")
    table = Table(
        "",
        "seconds a submission",
        title=f"{assignment.name}, {options.n} submissions, {options.workers} workers, isolated",
    )
    table.add_row("stock nbgrader autograde", f"{result['stock_seconds_per_submission']:.3f}")
    table.add_row("grade", f"{result['seconds_per_submission']:.3f}")
    table.add_row("a bare fork running the cells (one worker)", f"{result['floor_seconds']:.3f}")
    table.add_row(
        "speed-up, median of rounds", f"{result['speedup']:.0f}× ({min(ratios):.0f}–{max(ratios):.0f})"
    )
    table.add_section()
    for name, spent in result["milliseconds_by_part"].items():
        table.add_row(f"of one submission alone: {name}", f"{spent / 1000:.3f}")
    table.add_section()
    for row in result["scaling"]:
        table.add_row(
            f"class of {row['n']}; largest process {row['largest_process_mb']:.0f} MB",
            f"{row['seconds_per_submission']:.3f}",
        )
    console.print(table)
    if not result["marks_equal"]:
        raise SystemExit("The marks differ from stock nbgrader's.")


if __name__ == "__main__":
    main()
