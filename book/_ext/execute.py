"""Run lessons that changed, several at a time, and keep their outputs.

jupyter-cache knows a run by the lesson's code cells.  It does not know what they import or on what they run, so
``prepare_cache`` empties the cache when the shared package, the pinned environment or Python changes.
"""

import hashlib
import json
import os
import platform
import re
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def environment_key(root):
    """A digest of all that changes a lesson's outputs though the lesson stays the same."""
    root = Path(root)
    files = sorted(
        p for p in (root / "attention_course").rglob("*") if p.suffix in (".py", ".json", ".safetensors")
    )
    files += [root / "requirements.txt", root / "constraints.txt"]
    digest = hashlib.sha256(f"{platform.python_implementation()} {platform.python_version()}".encode())
    digest.update(Path(__file__).read_bytes())
    for path in files:
        if path.is_file():
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def prepare_cache(root, cache_path):
    """Empty the cache if it was made in another environment; return whether it was."""
    note = cache_path / "environment"
    key = environment_key(root)
    stale = cache_path.exists() and (not note.is_file() or note.read_text() != key)
    if stale:
        shutil.rmtree(cache_path)
    cache_path.mkdir(parents=True, exist_ok=True)
    note.write_text(key)
    return stale


def use_this_python(folder):
    """Let the kernel name ``python3`` mean the Python that runs now, one thread a lesson, whatever else is installed."""
    spec = folder / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True, exist_ok=True)
    kernel = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=40"],
        "display_name": "Python 3",
        "language": "python",
        "env": {
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONHASHSEED": "0",
            "ATTENTION_COURSE_SITE": "1",  # attention_course.page.glue
        },
    }
    spec.write_text(json.dumps(kernel, indent=1))
    paths = [str(folder), os.environ.get("JUPYTER_PATH", "")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, paths))


def read_lesson(path):
    """The notebook in a MyST file, as myst-nb reads it; None for a page without code cells that are to run."""
    text = Path(path).read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
    if not re.match(r"---\n(?:.*\n)*?jupytext:", text):
        return None
    from myst_nb.core.read import read_myst_markdown_notebook

    notebook = read_myst_markdown_notebook(text, path=path)
    return notebook if any(cell.cell_type == "code" for cell in notebook.cells) else None


def executed(path, cache):
    """The lesson at ``path`` with the outputs that the cache holds; ``KeyError`` where it holds none."""
    return cache.merge_match_into_notebook(read_lesson(path))[1]


class Failure(NamedTuple):
    """A lesson that did not run to its end: its file, one line of what went wrong, and all of it."""

    path: Path
    brief: str
    text: str


def _failure(path, notebook, error):
    """What went wrong, for a person: lesson, cell, its source, the error."""
    lines = [f"{path}: {type(error).__name__}"]
    for number, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), 1):
        meant = "raises-exception" in cell.metadata.get("tags", [])
        trace = next((o for o in cell.get("outputs", []) if o.output_type == "error" and not meant), None)
        unfinished = trace is None and cell.get("execution_count") is None
        if trace or unfinished:
            brief = f"code cell {number} ended in {trace.ename if trace else type(error).__name__}"
            lines[0] = f"{path}: {brief}"
            lines += ["", *("    " + line for line in cell.source.splitlines()), ""]
            lines.append(ANSI.sub("", "\n".join(trace.traceback)) if trace else str(error))
            return Failure(Path(path), brief, "\n".join(lines))
    return Failure(Path(path), f"its run ended in {type(error).__name__}", "\n".join([*lines, str(error)]))


def run(path, timeout, record_timing=False):
    """Execute one lesson; runs in a process of its own.  Returns (notebook, seconds, failure or None)."""
    from nbclient import NotebookClient

    notebook = read_lesson(path)
    start = time.perf_counter()
    try:
        resources = {"metadata": {"path": str(Path(path).parent)}}
        NotebookClient(notebook, timeout=timeout, resources=resources, record_timing=record_timing).execute()
        error = None
    except Exception as caught:  # a cell that failed, a kernel that died or never came up
        error = caught
    seconds = time.perf_counter() - start
    return notebook, seconds, _failure(path, notebook, error) if error else None


def _seconds_known(timings):
    """Seconds a lesson, of earlier builds; a file that was cut short says nothing."""
    try:
        return json.loads(timings.read_text()) if timings and timings.is_file() else {}
    except ValueError:
        return {}


def run_stale(lessons, cache_path, *, jobs=2, timeout=300, timings=None, started=None, done=None):
    """Run those of ``lessons`` that the cache lacks and cache them; return a list of :class:`Failure`, best empty.

    ``timings`` is a JSON file of seconds per lesson: the slowest goes first next time.  ``started(names)`` is told
    what will run, ``done(name, seconds, ok)`` is called after each.
    """
    from jupyter_cache import get_cache
    from jupyter_cache.base import CacheBundleIn

    cache = get_cache(cache_path)
    stale = []
    for path in lessons:
        try:
            cache.match_cache_notebook(read_lesson(path))
        except KeyError:
            stale.append(path)
    known = _seconds_known(timings)
    stale.sort(key=lambda path: -known.get(path.stem, 1e9))
    if started:
        started([path.stem for path in stale])
    failures = []
    if not stale:
        return failures
    for path, notebook, seconds, failure in _runs(stale, jobs, timeout):
        if failure:
            failures.append(failure)
        else:
            bundle = CacheBundleIn(notebook, str(path), data={"execution_seconds": seconds})
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
            known[path.stem] = round(seconds, 2)
            if timings:
                timings.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
        if done:
            done(path.stem, seconds, failure is None)
    return failures


def _runs(paths, jobs, timeout):
    """(path, notebook, seconds, failure or None) of each lesson, in the order in which they end.

    A process that is killed takes its pool down with all that wait in it.  Those are tried again, each in a pool of its own,
    so that only the one that was to blame has failed.
    """
    broken = []
    with ProcessPoolExecutor(min(jobs, len(paths)), mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(run, path, timeout): path for path in paths}
        for future in as_completed(futures):
            try:
                yield futures[future], *future.result()
            except BrokenProcessPool:
                broken.append(futures[future])
    for path in broken:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            try:
                yield path, *pool.submit(run, path, timeout).result()
            except BrokenProcessPool:
                brief = "the process that ran it was killed (out of memory?)"
                yield path, None, 0.0, Failure(Path(path), brief, f"{path}: {brief}")
