"""Run notebooks' cells, each notebook in a process forked from this one.

A line on standard input is ``{"folder": …, "cells": [source, …]}``; the answer is a line ``[number of the cell that failed,
kind of its error]``, or ``[null, null]``.  What cells show is not looked at.
"""

import contextlib
import io
import json
import os
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not tests/, which has folders of the packages' names


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
    import matplotlib.pyplot  # noqa: F401
    import sklearn.datasets  # noqa: F401
    import torch

    import attention_course.page.plots  # noqa: F401

    assert torch.get_num_threads() == 1, "a process with threads cannot be forked safely"
    for line in sys.stdin:
        print(json.dumps(forked(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
