"""Build the site: run the lessons that changed, then write the pages.

    python book/_ext/build.py [--jobs 2] [--out _build] [--force]

Warnings are errors.  A second call with nothing changed only says so.
"""

import argparse
import hashlib
import shutil
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
sys.path.insert(0, str(HERE))
import execute  # noqa: E402  (siblings, importable from here only)
import wheel  # noqa: E402

INPUTS = [
    "_config.yml",
    "_toc.yml",
    "requirements.txt",
    "constraints.txt",
    "book",
    "attention_course",
    "autograder",
    "solutions",
    "exercises",
    "pyproject.toml",
    "setup.py",
]
console = Console(highlight=False)


def inputs_key(root):
    """A digest of every file that the site is made from, and of this Python."""
    digest = hashlib.sha256(sys.version.encode())
    for name in INPUTS:
        top = root / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            hidden = "__pycache__" in path.parts or ".ipynb_checkpoints" in path.parts
            if path.is_file() and not hidden:
                digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def pages(root):
    """The files that the table of contents names, in its order."""
    from sphinx_external_toc.parsing import parse_toc_yaml

    names = parse_toc_yaml(root / "_toc.yml")
    return [root / f"{name.removesuffix('.md')}.md" for name in names]


def run_lessons(root, out, jobs, timeout):
    """Execute what changed; return the failures."""
    cache = out / ".jupyter_cache"
    had_lessons = any(cache.glob("executed/*"))
    if execute.prepare_cache(root, cache) and had_lessons:
        console.print("Shared code, requirements or Python changed: every lesson runs again.")
    execute.use_this_python(out / "jupyter")
    lessons = [page for page in pages(root) if page.is_file() and execute.read_lesson(page)]
    columns = [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("Running lessons", total=None)

        def started(names):
            progress.update(bar, total=len(names))
            console.print(
                f"{len(lessons)} lessons, {len(names)} to run" + (": " + ", ".join(names) if names else ".")
            )

        def done(name, seconds, ok):
            progress.advance(bar)
            console.print(f"  {'ran' if ok else '[bold red]failed[/]'} {name} in {seconds:.1f} s")

        return execute.run_stale(
            lessons,
            cache,
            jobs=jobs,
            timeout=timeout,
            timings=out / "timings.json",
            started=started,
            done=done,
        )


def write_pages(root, out, failures, wheel, url):
    """Let Jupyter Book write the site; True when there was no warning.  The pages of ``failures`` carry a banner."""
    from jupyter_book.sphinx import build_sphinx

    toc = str(root / "_toc.yml")
    failed = {str(f.path.relative_to(root).with_suffix("")): f.brief for f in failures}
    overrides = {"external_toc_path": toc, "latex_individualpages": False, "failed_lessons": failed}
    overrides |= {
        "course_wheel": str(wheel),
        "nb_execution_excludepatterns": [f"{name}.md" for name in failed],
    }
    if url:
        overrides["html_baseurl"] = url
    result = build_sphinx(
        root,
        out / "html",
        noconfig=True,
        path_config=str(root / "_config.yml"),
        confoverrides=overrides,
        builder="html",
        warningiserror=True,
        keep_going=True,
        freshenv=True,
        force_all=True,
        quiet=True,
    )
    return result == 0


def try_lesson(root, name, timeout=600):
    """Run the one lesson called ``name``, whatever the cache holds; say how long each of its slow cells took."""
    page = next((p for p in pages(root) if p.stem == name.removesuffix(".md").rsplit("/", 1)[-1]), None)
    if page is None or not execute.read_lesson(page):
        console.print(f"There is no lesson {name}.")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        execute.use_this_python(Path(folder))
        notebook, seconds, failure = execute.run(page, timeout, record_timing=True)
    for number, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), 1):
        times = cell.metadata.get("execution", {})
        if "shell.execute_reply" in times:
            begin, end = (datetime.fromisoformat(times[f"iopub.status.{s}"]) for s in ("busy", "idle"))
            if (took := (end - begin).total_seconds()) > 0.5:
                console.print(f"  cell {number}: {took:.1f} s  {cell.source.splitlines()[0]}", markup=False)
    console.print(failure.text if failure else f"{name} ran in {seconds:.1f} s", markup=False, soft_wrap=True)
    return int(failure is not None)


def report(site, seconds):
    files = [path for path in site.rglob("*") if path.is_file()]
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    count = sum(1 for path in files if path.suffix == ".html")
    console.print(f"{count} pages, {len(files)} files, {megabytes:.1f} MB, in {seconds:.0f} s")
    console.print(f"Site: {site / 'index.html'}", soft_wrap=True)


def build(root, out, *, jobs=2, force=False, url=None):
    """Build the site of the repository at ``root`` into ``out/html``; return an exit code.

    A lesson that fails leaves its page with a banner, the rest of the site is written, and the code is 1.
    """
    start = time.perf_counter()
    root, out = Path(root).resolve(), Path(out).resolve()
    stamp, site = out / "site.stamp", out / "html"
    key = inputs_key(root) + (url or "")
    if not force and stamp.is_file() and stamp.read_text() == key and (site / "index.html").is_file():
        console.print(f"The site is up to date: {site / 'index.html'}", soft_wrap=True)
        return 0
    out.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)

    import yaml

    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf8"))
    failures = run_lessons(root, out, jobs, config["execute"]["timeout"])
    package = wheel.make(
        REPOSITORY, REPOSITORY / "_build" / "wheel"
    )  # before the old site goes: this can fail
    shutil.rmtree(site, ignore_errors=True)  # no page outlives its source
    with console.status("Writing pages"):
        good = write_pages(root, out, failures, package, url)
    for failure in failures:
        console.rule(style="red")
        console.print(failure.text, markup=False, soft_wrap=True)
    if (site / "index.html").is_file():
        report(site, time.perf_counter() - start)
    for failure in failures:
        page = site / failure.path.relative_to(root).with_suffix(".html")
        console.print(
            f"[bold red]Failed:[/] {failure.path.stem}, {failure.brief}. Its page says so: {page}",
            soft_wrap=True,
        )
    if not good and not failures:
        console.print("[bold red]The site has faults (above); warnings count.[/]")
    if failures or not good:
        return 1
    stamp.write_text(key)
    return 0


def main():
    parser = argparse.ArgumentParser(
        description="Build the site: run the lessons that changed, then write the pages."
    )
    parser.add_argument(
        "--out", type=Path, default=None, help="folder for all that is built (default: _build)"
    )
    parser.add_argument("--jobs", type=int, default=2, help="lessons that run at the same time (default: 2)")
    parser.add_argument("--source", type=Path, default=REPOSITORY, help="the repository (default: this one)")
    parser.add_argument(
        "--url", help="where the site will be served; downloaded lessons install the package from there"
    )
    parser.add_argument("--lesson", metavar="NAME", help="only run this lesson, and say what takes long")
    parser.add_argument("--force", action="store_true", help="write the pages even if nothing changed")
    options = parser.parse_args()
    if options.lesson:
        return try_lesson(options.source.resolve(), options.lesson)
    out = options.out or options.source / "_build"
    return build(options.source, out, jobs=options.jobs, force=options.force, url=options.url)


if __name__ == "__main__":
    sys.exit(main())
