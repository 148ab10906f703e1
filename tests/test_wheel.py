"""The package outside of a clone: one wheel in a clean environment, in an empty folder.

What the built site publishes is installed here, and nothing else of the repository is in reach.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from importlib.metadata import distribution, version
from pathlib import Path

import nbformat
import pytest
from lesson_runner import Runner
from packaging.requirements import Requirement
from site_tools import ROOT, downloads, execute
from test_site import site  # noqa: F401  (a fixture)

LESSONS = sorted(p for p in (ROOT / "book").glob("[0-9]*/*.md") if execute.read_lesson(p))
KERNEL = ROOT / "book" / "01-visual-attention" / "spotlight-to-weights.md"
ASSIGNMENT = "01-visual-attention"  # in NumPy alone: the quickest
FORGET = ("PYTHONPATH", "JUPYTER_PATH", "ATTENTION_COURSE_SITE", "VIRTUAL_ENV")
RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
for cell in notebook.cells:
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
"""


def needed(requirements, extras=()):
    """Names of the distributions that the requirements ask for, and what those ask for, by what is installed here."""
    found, open_ = set(), [(Requirement(text), tuple(extras)) for text in requirements]
    while open_:
        requirement, asked = open_.pop()
        if requirement.marker and not any(
            requirement.marker.evaluate({"extra": extra}) for extra in (*asked, "")
        ):
            continue
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        known = {(name, extra) for extra in (*requirement.extras, "")} - found
        found |= known
        if known:
            more = distribution(name).requires or []
            open_ += [(Requirement(text), tuple(requirement.extras)) for text in more]
    return {name for name, _ in found}


def bring(name, environment):
    """A distribution of this environment into another one, as links: the same files without fetching and unpacking them."""
    here, there = Path(sys.prefix), environment
    for file in distribution(name).files or ():
        path = Path(os.path.normpath(distribution(name).locate_file(file)))
        if not path.is_relative_to(here) or path.parent == here / "bin" or not path.is_file():
            continue  # a command names its own Python
        target = there / path.relative_to(here)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, target)
        except FileExistsError:
            continue
        except OSError:  # another file system
            shutil.copy2(path, target)


class Outside:
    """A clean environment with the site's wheel, and an empty folder to work in.

    It holds what the wheel says that it needs, and no more; that nothing is missing is for pip to say, which may not
    fetch anything.
    """

    def __init__(self, folder, wheel):
        self.folder, self.environment = folder / "empty", folder / "environment"
        self.folder.mkdir()
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", self.environment], check=True)
        with zipfile.ZipFile(wheel) as archive:
            metadata = next(name for name in archive.namelist() if name.endswith("METADATA"))
            says = Parser().parsestr(archive.read(metadata).decode())
        for name in needed([*says.get_all("Requires-Dist"), "pip"], ["grading"]):
            bring(name, self.environment)
        self.call("-m", "pip", "install", "--quiet", "--no-index", f"{wheel}[grading]")

    def variables(self):
        return {name: value for name, value in os.environ.items() if name not in FORGET}

    def call(self, *arguments, status=0):
        """Run this environment's Python in the empty folder; returns what it said."""
        done = subprocess.run(
            [self.environment / "bin" / "python", *map(str, arguments)],
            cwd=self.folder,
            env=self.variables(),
            capture_output=True,
            text=True,
            timeout=900,
        )
        assert done.returncode == status, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout


@pytest.fixture(scope="session")
def wheel(site):  # noqa: F811
    (found,) = site.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def outside(wheel, tmp_path_factory):
    return Outside(tmp_path_factory.mktemp("outside"), wheel)


def test_the_wheel_holds_what_it_needs_and_no_more(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(next(n for n in names if n.endswith("METADATA"))).decode()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"attention_course", "autograder", next(t for t in tops if t.endswith(".dist-info"))}
    assert not any("__pycache__" in name or "/tests/" in name for name in names)
    records = ROOT / "attention_course" / "records"
    for path in records.rglob("*.json"):
        assert f"attention_course/records/{path.relative_to(records)}" in names
    assert (
        f"autograder/solutions/{ASSIGNMENT}.md" in names and "autograder/solutions/shared/checks.py" in names
    )
    assert f"autograder/exercises/{ASSIGNMENT}/{ASSIGNMENT}.ipynb" in names
    bank = ROOT / "autograder" / "misconceptions"
    for path in bank.rglob("*.py"):
        assert f"autograder/misconceptions/{path.relative_to(bank)}" in names
    assert "License-Expression: MIT AND CC-BY-4.0" in metadata and "Requires-Dist: torch" in metadata


def test_the_grader_works_without_a_clone(outside):
    assert "Release exercises" in outside.call("-m", "autograder", "--help")
    outside.call("-m", "autograder", "release", ASSIGNMENT)
    released = outside.folder / "exercises" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    assert released.read_bytes() == (ROOT / "exercises" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").read_bytes()
    assert "0" in outside.call("-m", "autograder", "check", released)
    handed_in = outside.folder / "class" / "submitted" / "ada" / ASSIGNMENT / released.name
    handed_in.parent.mkdir(parents=True)
    notebook = nbformat.read(released, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "attention_entropy":
            cell.source = (
                "def attention_entropy(weights, axis=-1):\n"
                "    safe = np.where(weights > 0, weights, 1)\n"
                "    return -(weights * np.log2(safe)).sum(axis=axis)"
            )
    nbformat.write(notebook, handed_in)
    outside.call("-m", "autograder", "grade", ASSIGNMENT, "--course", "class", "--json", "marks.jsonl")
    marks = json.loads((outside.folder / "marks.jsonl").read_text())
    earned = {exercise["id"]: exercise["points"] for exercise in marks["exercises"]}
    assert earned.pop("attention_entropy") > 0 and not any(earned.values()), marks
    assert (outside.folder / "class" / "gradebook.db").is_file()


def test_an_answer_cannot_read_the_solutions_that_came_with_the_wheel(outside):
    """The packages lie where a student's Python finds its libraries; the rooms see an empty folder there."""
    released = outside.folder / "exercises" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    if not released.exists():
        outside.call("-m", "autograder", "release", ASSIGNMENT)
    notebook = nbformat.read(released, as_version=4)
    spy = (
        "import glob, numpy\n"
        "top = numpy.__file__.rsplit('/numpy/', 1)[0]\n"
        "seen = glob.glob(top + '/autograder/**', recursive=True)\n"
        "def attention_entropy(weights, axis=-1):\n"
        "    raise ValueError(f'seen {len(seen)} {seen[1:3]}')"
    )
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "attention_entropy":
            cell.source = spy
    nbformat.write(notebook, outside.folder / f"{ASSIGNMENT}.ipynb")
    said = outside.call("-m", "autograder", "check", f"{ASSIGNMENT}.ipynb")
    assert "seen 1 []" in said.replace("\n", " "), said


def test_the_command_of_the_experiments_works_without_a_clone(outside):
    said = outside.call("-m", "attention_course.experiments", "list", "translation")
    assert "translation" in said
    assert (outside.environment / "bin" / "attention-course-grader").is_file()


@pytest.fixture(scope="session")
def runner(outside):
    with Runner(outside.environment / "bin" / "python", outside.folder, outside.variables()) as process:
        yield process


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_downloaded_lesson_runs_from_start_to_end(path, site, runner, tmp_path):  # noqa: F811
    notebook = nbformat.read(site / path.relative_to(ROOT).with_suffix(".ipynb"), as_version=4)
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert not downloads.ROLE.search(prose), downloads.ROLE.search(prose).group()
    assert "\n```{" not in prose and "\n:::{" not in prose
    assert "myst_nb" not in code
    assert runner.run(notebook, tmp_path) == (None, None)


def test_a_downloaded_lesson_runs_in_a_kernel(site, outside, tmp_path):  # noqa: F811
    """As Jupyter runs it: the other lessons are run without a kernel, which costs each some seconds."""
    built = site / "book" / KERNEL.relative_to(ROOT / "book").with_suffix(".ipynb")
    shutil.copy(built, tmp_path)
    outside.call("-c", RUN, tmp_path / built.name)


def test_a_missing_package_is_brought_from_beside_the_notebook_or_the_site():
    name = f"attention_course-{version('attention-course')}-py3-none-any.whl"
    cell = downloads.BRING.format(wheel=name, url="https://example.org/course/")
    from IPython.core.interactiveshell import InteractiveShell

    taken = []
    shell = InteractiveShell()
    shell.register_magic_function(taken.append, magic_name="pip")
    broken = cell.replace('find_spec("attention_course")', 'find_spec("attention_course_of_nobody")')
    result = shell.run_cell(broken)
    assert taken == [f"install --quiet --upgrade https://example.org/course/{name}"]
    assert isinstance(result.error_in_exec, ImportError) and name in str(result.error_in_exec)
    result = shell.run_cell(cell)
    assert result.success and len(taken) == 1, "nothing is installed where the package is there"
    Path(name).unlink(missing_ok=True)
