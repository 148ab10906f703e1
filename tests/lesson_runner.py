"""Run notebooks' cells, each notebook in a process forked from one that has imported what lessons import.

Half of a lesson's time is imports.  :class:`Runner` is what tests use; this file is also the program that it starts, with
any environment's Python.  A line on standard input is ``{"folder": …, "cells": [source, …]}``; the answer is a line
``[number of the cell that failed, kind of its error]``, or ``[null, null]``.  What cells show is not looked at.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path


class Runner:
    """The program below as a process of ``python`` in ``folder``; what it imports is found from there."""

    def __init__(self, python, folder, environment):
        self.process = subprocess.Popen(
            [str(python), str(Path(__file__).resolve()), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**environment, "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", "TQDM_DISABLE": "1"},
            cwd=folder,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def run(self, notebook, folder):
        """Execute; return the cell that failed and its error, or (None, None)."""
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        job = {"folder": str(folder), "cells": [cell.source for cell in code]}
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        number, error = json.loads(self.process.stdout.readline())
        return (None, None) if number is None else (code[number], error)


def run(folder, cells):
    from IPython.core.interactiveshell import InteractiveShell

    os.chdir(folder)
    shell = InteractiveShell.instance(history_load_length=0)
    shell.history_manager.enabled = False
    for number, source in enumerate(cells):
        done = shell.run_cell(source)
        if not done.success:
            return [number, type(done.error_before_exec or done.error_in_exec).__name__]
    return [None, None]


def forked(job):
    answers, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            found = run(**job)
        os.write(theirs, json.dumps(found).encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(answers) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return json.loads(said) if said else [None, "killed"]


def main():
    sys.path[0] = sys.argv[1]  # not tests/, which has folders of the packages' names
    import matplotlib.pyplot  # noqa: F401
    import sklearn.datasets  # noqa: F401
    import torch

    import attention_course.page.plots  # noqa: F401

    assert torch.get_num_threads() == 1, "a process with threads cannot be forked safely"
    for line in sys.stdin:
        print(json.dumps(forked(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
