"""``python -m autograder``: the first second is spent on importing, so that is begun in the right order."""

import atexit
import importlib.util
import os
import signal
import sys

NEEDED = ("jupytext", "nbgrader", "rich", "typer")


def _stopped_early(*_about):
    """Ctrl-C while this process still imports: nothing has been begun."""
    print("Stopped before anything was done.", file=sys.stderr)
    os._exit(130)


def run() -> None:
    """The command, also as a console script; ends the process."""
    lacking = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if lacking:
        print(
            f"The grader needs {', '.join(lacking)}: pip install 'attention-course[grading]'.",
            file=sys.stderr,
        )
        raise SystemExit(2)
    signal.signal(signal.SIGINT, _stopped_early)  # until the command has its own
    # One thread a process: several notebooks are graded side by side, and worker processes are forked.
    os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})
    # jsonschema would build a grammar of internationalised web addresses, half a second long; no notebook has such a field.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    linux = sys.platform.startswith("linux")
    if linux and sys.argv[1:2] in (["grade"], ["check"]) and "--help" not in sys.argv:
        from autograder.rooms.line import warm

        warm("--no-isolation" not in sys.argv)  # it imports torch while this process imports the rest
    from autograder.cli import main

    try:
        main()
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0 if leaving.code is None else 1
    # What Python would do now, without taking apart all that torch has set up, for a second.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
