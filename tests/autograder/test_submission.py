"""What students hand in, and what is made of it before anything runs."""

import copy
import json
import re

import nbformat
import pytest

from autograder.answers import assignment, submission
from autograder.answers.cells import grade_id
from autograder.answers.handed_in import LARGEST, HandedIn, Ungradable, read_folder
from autograder.answers.submission import rebuild
from autograder.authoring import demo
from autograder.paths import PACKAGE


@pytest.fixture(scope="module")
def made():
    return assignment.load(demo.ASSIGNMENT)


@pytest.fixture
def handed_in(made):
    """A solved notebook as it comes out of Jupyter."""
    return demo.answered(made, demo.solved(made))


def sources(notebook):
    return {grade_id(cell): cell.source for cell in notebook.cells if grade_id(cell)}


def test_an_honest_notebook_comes_back_as_the_solution(made, handed_in):
    rebuilt = rebuild(handed_in, made)
    assert rebuilt.notes == []
    assert sources(rebuilt.notebook) == {name: cell.source for name, cell in made.cells.items()}


def test_the_tests_are_the_instructors(made, handed_in):
    for cell in handed_in.cells:
        if (grade_id(cell) or "").startswith(("test-", "helpers", "given")):
            cell.source = "pass  # edited"
    rebuilt = rebuild(handed_in, made)
    assert "edited" not in "".join(sources(rebuilt.notebook).values())


def test_points_claimed_in_metadata_are_ignored(made, handed_in):
    for cell in handed_in.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.points = 1000
            cell.metadata["tags"] = ["skip-execution"]
    rebuilt = rebuild(handed_in, made)
    assert sum(e.max_points for e in made.exercises) == sum(
        cell.metadata.nbgrader.get("points", 0)
        for cell in rebuilt.notebook.cells
        if "nbgrader" in cell.metadata
    )
    assert not any("tags" in cell.metadata for cell in rebuilt.notebook.cells)


def test_a_deleted_check_is_put_back_and_named(made, handed_in):
    handed_in.cells = [cell for cell in handed_in.cells if grade_id(cell) != "test-soft_lookup-limits"]
    rebuilt = rebuild(handed_in, made)
    assert list(sources(rebuilt.notebook)) == list(made.cells)
    assert any("test-soft_lookup-limits" in note for note in rebuilt.notes)


def test_a_deleted_answer_is_blank(made, handed_in):
    handed_in.cells = [cell for cell in handed_in.cells if grade_id(cell) != "soft_lookup"]
    assert rebuild(handed_in, made).blank == {"soft_lookup"}


def test_cells_in_another_order_are_put_in_order(made, handed_in):
    handed_in.cells.reverse()
    assert list(sources(rebuild(handed_in, made).notebook)) == list(made.cells)


@pytest.mark.parametrize("worked_on_first", [True, False])
def test_of_two_copies_the_one_that_was_worked_on_counts(made, worked_on_first):
    notebook = copy.deepcopy(made.released)
    index = next(i for i, cell in enumerate(notebook.cells) if grade_id(cell) == "soft_lookup")
    twin = copy.deepcopy(notebook.cells[index])
    notebook.cells.insert(index + 1, twin)
    notebook.cells[index if worked_on_first else index + 1].source = "def soft_lookup(*args):\n    return 1"
    rebuilt = rebuild(notebook, made)
    assert "return 1" in sources(rebuilt.notebook)["soft_lookup"]
    assert any("occurs twice" in note for note in rebuilt.notes)


def test_cells_are_known_without_their_metadata(made, handed_in):
    """Hosted notebook services strip it."""
    for cell in handed_in.cells:
        cell.metadata.pop("nbgrader", None)
    assert sources(rebuild(handed_in, made).notebook) == {
        name: cell.source for name, cell in made.cells.items()
    }


def test_cells_are_known_by_their_text_alone(made, handed_in):
    for index, cell in enumerate(handed_in.cells):
        cell.metadata.pop("nbgrader", None)
        cell["id"] = f"new-{index}"
    rebuilt = rebuild(handed_in, made)
    assert rebuilt.blank == set()
    assert rebuilt.notes == []


def test_own_cells_run_where_they_stood(made, handed_in):
    index = next(i for i, cell in enumerate(handed_in.cells) if grade_id(cell) == "soft_lookup")
    handed_in.cells.insert(index, nbformat.v4.new_code_cell("helper = 1"))
    order = [cell.source for cell in rebuild(handed_in, made).notebook.cells]
    assert order.index("helper = 1") < order.index(made.cells["soft_lookup"].source)


def test_the_stub_is_blank(made):
    assert rebuild(copy.deepcopy(made.released), made).blank == {exercise.id for exercise in made.exercises}


def write(path, content):
    path.write_bytes(content) if isinstance(content, bytes) else path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"{", "valid JSON"),
        (b"\xff\xfe\x00", "valid JSON"),
        (b"[" * 100_000, "valid JSON"),
        ([], "no list of cells"),
        ({"worksheets": []}, "before 2015 and damaged"),
        ({"worksheets": [3], "nbformat": 3}, "before 2015 and damaged"),
        ({"worksheets": [{}], "nbformat": 3}, "before 2015 and damaged"),
        (
            {"worksheets": [{"cells": [{"cell_type": "code", "input": 1}]}], "nbformat": 3},
            "cell 1 is no proper",
        ),
        ({"worksheets": [], "nbformat": 9}, "before 2015 and damaged"),
        ({"worksheets": [], "nbformat": 3}, "has no cells"),
        ({"cells": []}, "has no cells"),
        ({"cells": [{"cell_type": "code", "source": "1"}] * 3000}, "3000 cells"),
        ({"cells": [{"cell_type": "code", "source": 1}]}, "damaged"),
        ({"cells": ["x"]}, "damaged"),
        ({"cells": [{"cell_type": "video", "source": "x"}]}, "damaged"),
    ],
)
def test_what_is_no_notebook_is_refused_in_words(tmp_path, content, said):
    with pytest.raises(Ungradable, match=said):
        submission.read(write(tmp_path / "a.ipynb", content))


@pytest.mark.parametrize("damage", [[], [{"no": "output"}], None])
def test_a_notebook_in_sheets_is_read_as_any_other(tmp_path, made, handed_in, damage):
    """Jupyter wrote these before 2015, and some services still do."""
    handed_in.cells.insert(0, nbformat.v4.new_markdown_cell("# Mine\n\nwith two lines"))
    old = json.loads(nbformat.v3.writes_json(nbformat.convert(copy.deepcopy(handed_in), 3)))
    assert "cells" not in old and old["nbformat"] == 3
    for cell in old["worksheets"][0]["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = damage
    read = submission.read(write(tmp_path / "a.ipynb", old))
    same = submission.parse(nbformat.writes(handed_in).encode(), "a.ipynb")
    assert [cell.source for cell in read.cells] == [cell.source for cell in same.cells]
    assert [cell.metadata for cell in read.cells] == [cell.metadata for cell in same.cells]
    assert rebuild(read, made).texts == rebuild(same, made).texts
    assert rebuild(read, made).blank == set()


def test_links_and_folders_are_refused(tmp_path):
    (tmp_path / "link.ipynb").symlink_to("/etc/passwd")
    with pytest.raises(Ungradable, match="link"):
        submission.read(tmp_path / "link.ipynb")
    with pytest.raises(Ungradable, match="folder"):
        submission.read(tmp_path)
    with pytest.raises(Ungradable, match="no file"):
        submission.read(tmp_path / "absent.ipynb")


def test_a_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "huge.ipynb"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(Ungradable, match="Clear all outputs"):
        submission.read(path)


def test_another_courses_notebook_is_refused(made):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1)")])
    with pytest.raises(Ungradable, match="none of this course's"):
        submission.which_assignment(notebook, "a.ipynb")
    with pytest.raises(Ungradable, match="none of the answers"):
        rebuild(notebook, made)


def test_odd_metadata_harms_nothing(made, handed_in):
    raw = json.loads(nbformat.writes(handed_in))
    raw["metadata"] = "none"
    for cell, odd in zip(
        raw["cells"], ([], "x", {"nbgrader": 3}, {"nbgrader": {"grade_id": []}}, None), strict=False
    ):
        cell["metadata"] = odd
    raw["cells"][0]["id"] = {"a": 1}
    rebuilt = rebuild(submission._as_notebook(raw, "a.ipynb"), made)
    assert rebuilt.blank == set()


def test_a_file_under_another_name_is_found_and_named(tmp_path, made, handed_in):
    nbformat.write(handed_in, tmp_path / "Copy of mine.ipynb")
    name, notes = submission.choose(read_folder(tmp_path), made)
    assert name == "Copy of mine.ipynb"
    # not "your file is called": the name may be one that import gave it
    assert notes == [f"The file Copy of mine.ipynb was taken for {made.name}.ipynb."]


def test_the_letters_of_the_ending_do_not_matter(tmp_path, made, handed_in):
    """A camera's disk, or an old server, writes it large; the file is the one that was asked for all the same."""
    nbformat.write(handed_in, tmp_path / f"{made.name}.IPYNB")
    handed_in.cells.append(nbformat.v4.new_code_cell("# another state"))
    nbformat.write(handed_in, tmp_path / "before.ipynb")
    read = read_folder(tmp_path)
    name, notes = submission.choose(read, made)
    assert name == f"{made.name}.IPYNB"
    assert notes == [f"Beside {name} there is before.ipynb. {name} counts."]
    assert read.notebook(f"{made.name}.ipynb") == read.files[name] != read.notebook("before.Ipynb")
    assert read.notebook("absent.ipynb") is None
    assert HandedIn("ada", {"a.ipynb": b"1", "A.IPYNB": b"2", "a.IPYNB": b"3"}).notebook("a.ipynb") == b"1"


def test_nobody_asks_for_the_ending_in_small_letters_alone():
    asks = re.compile(r"""(?:endswith|removesuffix)\(\(?["']\.ipynb|suffix [!=]= ["']\.ipynb""")
    sources = [path for path in PACKAGE.rglob("*.py") if "misconceptions" not in path.parts]
    lines = [(path.name, line) for path in sources for line in path.read_text(encoding="utf-8").splitlines()]
    assert [found for found in lines if asks.search(found[1]) and "casefold()" not in found[1]] == []


def test_an_ordinary_hand_in_has_no_notes(tmp_path, made, handed_in):
    nbformat.write(handed_in, tmp_path / f"{made.name}.ipynb")
    assert submission.choose(read_folder(tmp_path), made) == (f"{made.name}.ipynb", [])


def test_two_candidates_are_not_guessed_between(tmp_path, made, handed_in):
    for name in "ab":
        other = copy.deepcopy(handed_in)
        other.cells.append(nbformat.v4.new_code_cell(f"mine = {name!r}"))
        nbformat.write(other, tmp_path / f"{name}.ipynb")
    with pytest.raises(Ungradable, match=r"several notebooks.*a\.ipynb, b\.ipynb"):
        submission.choose(read_folder(tmp_path), made)
