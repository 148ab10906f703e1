"""A right answer keeps its points, wherever it stands and however it is written: the name is what counts."""

import copy
import json
import re

import nbformat
import pytest
from attacks import Desk, lost, skip_where_nothing_isolates
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.answers import assignment, submission
from autograder.answers.cells import grade_id
from autograder.answers.recognise import bound, without_layout
from autograder.rooms import engine

skip_where_nothing_isolates()

FIRST = "01-visual-attention"  # NumPy alone: fast
CONTRACTS = re.compile(r"\b(missing|deleted|renamed|meddled|copied from)\b")  # what would accuse somebody
STUBS = {name: cell.source for name, cell in assignment.load(FIRST).released_cells.items()}
EXERCISES = [exercise.id for exercise in assignment.load(FIRST).exercises]


@pytest.fixture(scope="module")
def desk():
    return Desk(assignment.load(FIRST))


@pytest.fixture(scope="module")
def memory_desk():
    return Desk(assignment.load("05-multi-head"))


def at(notebook, name):
    return next(index for index, cell in enumerate(notebook.cells) if grade_id(cell) == name)


def stub(desk, name):
    return desk.made.released_cells[name].source


def stripped(notebook):
    """As a service leaves it that keeps neither metadata nor ids."""
    notebook.metadata.pop("course", None)
    for index, cell in enumerate(notebook.cells):
        cell.metadata = nbformat.NotebookNode()
        cell["id"] = f"x{index}"
    return notebook


# --- ways to write an answer

FORMS = {
    "def": lambda name, source: source,
    "assignment": lambda name, source: f"{own(source, name)}\n\n{name} = mine_{name}",
    "lambda": lambda name, source: f"{own(source, name)}\n\n{name} = lambda *a, **k: mine_{name}(*a, **k)",
    "annotated": lambda name, source: f"{own(source, name)}\n\n{name}: object = mine_{name}",
    "two names": lambda name, source: f"{own(source, name)}\n\nother, {name} = 1, mine_{name}",
    "under if": lambda name, source: "if True:\n" + indented(source),
    "under try": lambda name, source: "try:\n" + indented(source) + "\nfinally:\n    pass",
    "under with": lambda name, source: "import contextlib\nwith contextlib.nullcontext():\n" + indented(source),
    "in a loop": lambda name, source: "for _ in range(2):\n" + indented(source),
    "decorated": lambda name, source: "import functools\n\n\n@functools.lru_cache(None) if False else (lambda f: f)\n" + source,
    "partial": lambda name, source: f"import functools\n{own(source, name)}\n{name} = functools.partial(mine_{name})",
    "object": lambda name, source: f"{own(source, name)}\nclass Called:\n    __call__ = staticmethod(mine_{name})\n{name} = Called()",
    "method": lambda name, source: f"class Box:\n    @staticmethod\n{indented(source)}\n{name} = Box.{name}",
    "exec": lambda name, source: f"exec({source!r})",
    "globals": lambda name, source: f"{own(source, name)}\nglobals()[{name!r}] = mine_{name}",
    "timed cell": lambda name, source: "%%time\n" + source,
    "captured cell": lambda name, source: "%%capture\n" + source,
    "deleted and made": lambda name, source: f"{name} = None\ndel {name}\n{source}",
}  # fmt: skip


def indented(source):
    return "\n".join("    " + line if line else line for line in source.splitlines())


def renamed(source, name, other):
    return re.sub(rf"\bdef {name}\b", f"def {other}", source)


def own(source, name):
    """Under a name of the student's own."""
    return renamed(source, name, f"mine_{name}")


PLACES = ["in its cell", "below the stub", "above the stub", "at the end", "without metadata"]


@pytest.mark.parametrize("turn", range(-(-len(FORMS) // len(EXERCISES))))
@pytest.mark.parametrize("place", PLACES)
def test_an_answer_in_any_form_and_place_keeps_its_points(desk, place, turn):
    """Each exercise of a notebook in another form; with enough notebooks for all forms."""
    forms = list(FORMS)[turn * len(EXERCISES) :][: len(EXERCISES)]
    texts = {name: FORMS[form](name, desk.right[name]) for name, form in zip(EXERCISES, forms, strict=False)}

    def move(notebook):
        for name, text in texts.items():
            index = at(notebook, name)
            if place in ("in its cell", "without metadata"):
                notebook.cells[index].source = text
                continue
            notebook.cells[index].source = STUBS[name]
            to = {"below the stub": index + 1, "above the stub": index, "at the end": len(notebook.cells)}
            notebook.cells.insert(to[place], new_code_cell(text))
        return stripped(notebook) if place == "without metadata" else notebook

    graded, _ = desk.hand_in(change=move)
    assert lost(graded) == {}, dict(zip(texts, forms, strict=True))
    assert not CONTRACTS.search(" ".join(graded.notes))
    elsewhere = sum("another cell" in note for note in graded.notes)
    assert bool(elsewhere) == (place not in ("in its cell", "without metadata"))


@pytest.mark.parametrize("name", assignment.names())
def test_in_every_assignment_answers_may_stand_elsewhere(name):
    there = Desk(assignment.load(name), how=engine.How())
    stubs = {known: cell.source for known, cell in there.made.released_cells.items()}

    def at_the_end(notebook):
        own = [cell for cell in notebook.cells if grade_id(cell) in there.right]
        notebook.cells += [new_code_cell(cell.source) for cell in own]
        for cell in own:
            cell.source = stubs[grade_id(cell)]

    def in_one_cell(notebook):
        first, *others = [cell for cell in notebook.cells if grade_id(cell) in there.right]
        first.source = "\n\n\n".join(cell.source for cell in (first, *others))
        notebook.cells = [cell for cell in notebook.cells if not any(cell is other for other in others)]
        return stripped(notebook)

    for change in (at_the_end, in_one_cell, stripped):
        assert lost(there.hand_in(change=change)[0]) == {}, change.__name__


def test_a_module_that_the_notebook_writes_is_an_answer(desk):
    for how in (
        "from helper import softmax",
        "import helper\nsoftmax = helper.softmax",
        "from helper import *",
        "%run helper.py",
    ):
        written = "%%writefile helper.py\nimport numpy as np\n\n\n" + desk.right["softmax"]
        graded, _ = desk.hand_in({"softmax": how}, first=[written])
        assert (lost(graded), graded.notes) == ({}, [])


def test_a_module_that_is_written_anew_is_the_new_one(desk):
    """As beside any notebook: Python looks at the file's time."""
    first = [
        "%%writefile helper.py\nVALUE = 1",
        "import helper",
        "%%writefile other.py\nVALUE = 2",
        "import other\nassert other.VALUE == 2",
    ]
    graded, _ = desk.hand_in(first=first)
    assert (lost(graded), graded.notes) == ({}, [])


# --- whole notebooks, changed in all the ways in which people and platforms change them


def no_metadata(draw, notebook):
    stripped(notebook)


def no_ids(draw, notebook):
    for index, cell in enumerate(notebook.cells):
        cell["id"] = f"n{index}"


def windows_lines(draw, notebook):
    for cell in notebook.cells:
        cell.source = cell.source.replace("\n", "\r\n")


def blanks_at_the_ends(draw, notebook):
    for cell in notebook.cells:
        cell.source = "\n" + "".join(line + "  \n" for line in cell.source.split("\n"))


def other_quotes(draw, notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = re.sub(
                r'(?<!")"([^"\'\
{}]+)"(?!")',
                r"'\1'",
                cell.source,
            )


def comments_above(draw, notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = "# In [7]:\n\n" + cell.source


def cells_of_ones_own(draw, notebook):
    own = [
        "a = 1",
        "import math",
        "softmax",
        "1 / 0",
        "# nothing",
        "print('softmax')",
        "def mine():\n    return 3",
    ]
    for _ in range(draw(st.integers(1, 4))):
        source = draw(st.sampled_from(own))
        notebook.cells.insert(draw(st.integers(0, len(notebook.cells))), new_code_cell(source))


def no_prose(draw, notebook):
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]


def no_checks(draw, notebook):
    notebook.cells = [cell for cell in notebook.cells if not (grade_id(cell) or "").startswith("test-")]


def answers(notebook, desk):
    return [cell for cell in notebook.cells if grade_id(cell) in desk.right]


def as_text(draw, notebook):
    cell = draw(st.sampled_from([cell for cell in notebook.cells if grade_id(cell) in ANSWERS]))
    index = notebook.cells.index(cell)
    notebook.cells[index] = new_markdown_cell(cell.source, id=cell["id"], metadata=cell.metadata)


def one_below_its_stub(draw, notebook):
    cell = draw(st.sampled_from([cell for cell in notebook.cells if grade_id(cell) in ANSWERS]))
    index = notebook.cells.index(cell)
    to = draw(st.integers(index + 1, len(notebook.cells)))
    notebook.cells.insert(to, new_code_cell(cell.source))
    cell.source = STUBS[grade_id(cell)]


def one_moved(draw, notebook):
    cell = draw(st.sampled_from([cell for cell in notebook.cells if grade_id(cell) in ANSWERS]))
    notebook.cells.remove(cell)
    notebook.cells.insert(draw(st.integers(0, len(notebook.cells))), cell)


def shuffled(draw, notebook):
    notebook.cells = draw(st.permutations(notebook.cells))


def copied_with_its_metadata(draw, notebook):
    cell = draw(st.sampled_from([cell for cell in notebook.cells if grade_id(cell)]))
    index = notebook.cells.index(cell)
    notebook.cells.insert(draw(st.integers(index, len(notebook.cells))), copy.deepcopy(cell))


def the_stub_kept_above(draw, notebook):
    cell = draw(st.sampled_from([cell for cell in notebook.cells if grade_id(cell) in ANSWERS]))
    kept = copy.deepcopy(cell)
    kept.source = STUBS[grade_id(cell)]
    notebook.cells.insert(notebook.cells.index(cell), kept)


def split(draw, notebook):
    """In two, as JupyterLab does it: both have the cell's metadata."""
    cell = draw(st.sampled_from([cell for cell in notebook.cells if grade_id(cell) in ANSWERS]))
    index = notebook.cells.index(cell)
    first = copy.deepcopy(cell)
    first.source, cell.source = "helper_of_mine = 1", cell.source
    notebook.cells.insert(index, first)


def merged(draw, notebook):
    """Neighbours in one cell, which keeps the first one's metadata."""
    start = draw(st.integers(0, len(notebook.cells) - 2))
    stop = draw(st.integers(start + 2, min(len(notebook.cells), start + 12)))
    code = [cell for cell in notebook.cells[start:stop] if cell.cell_type == "code"]
    if len(code) > 1:
        code[0].source = "\n\n\n".join(cell.source for cell in code)
        notebook.cells = [cell for cell in notebook.cells if not any(cell is gone for gone in code[1:])]


def all_in_one(draw, notebook):
    cells = [cell for cell in notebook.cells if grade_id(cell) in ANSWERS]
    keeper = draw(st.sampled_from(cells))
    keeper.source = "\n\n\n".join(cell.source for cell in cells)
    if draw(st.booleans()):
        notebook.cells = [cell for cell in notebook.cells if cell is keeper or cell not in cells]
    else:
        for cell in cells:
            if cell is not keeper:
                cell.source = STUBS[grade_id(cell)]


def played_with_below(draw, notebook):
    """After its checks the name is used for something else."""
    name = draw(st.sampled_from(sorted(ANSWERS)))
    notebook.cells.append(
        new_code_cell(draw(st.sampled_from([f"{name} = None", f"def {name}(*a):\n    return 0"])))
    )


ANSWERS = {exercise.id for exercise in assignment.load(FIRST).exercises}
ALONE = [  # on a notebook that has its metadata; each once
    cells_of_ones_own, no_prose, no_checks, as_text, one_below_its_stub, one_moved, shuffled, copied_with_its_metadata,
    the_stub_kept_above, split, merged, all_in_one, played_with_below,
]  # fmt: skip
AFTERWARDS = [no_metadata, no_ids, windows_lines, blanks_at_the_ends, other_quotes, comments_above]
NEED_METADATA = (shuffled, as_text, one_moved)  # without, the order of the cells is what there is


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
@given(data=st.data())
def test_a_right_notebook_keeps_its_points_and_nobody_is_accused(desk, data):
    changes = [data.draw(st.sampled_from(ALONE))]
    changes += data.draw(st.lists(st.sampled_from(AFTERWARDS), max_size=2, unique=True))
    if changes[0] in NEED_METADATA:
        changes = [change for change in changes if change is not no_metadata]

    def change(notebook):
        for one in changes:
            one(data.draw, notebook)
        raw = json.dumps(notebook).encode(
            data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
        )
        return submission.parse(raw, "a.ipynb")

    graded, _ = desk.hand_in(change=change)
    assert lost(graded) == {}, [one.__name__ for one in changes]
    assert not CONTRACTS.search(" ".join(graded.notes)), graded.notes


# --- which answer counts


WRONG = "def softmax(scores, axis=-1):\n    return scores"


def test_what_is_tried_out_before_and_after_does_not_count(desk):
    graded, _ = desk.hand_in(first=[WRONG], last=[WRONG])
    assert (lost(graded), graded.notes) == ({}, [])


def test_hidden_parts_ask_the_answer_that_the_visible_ones_asked(desk):
    """Also what it calls is as it was then."""
    for last in ("softmax = None", "np = None", "del softmax", "def _shift(x):\n    return 0"):
        shifted = desk.right["softmax"] + "\n\n\ndef _shift(x):\n    return x"
        with_helper = re.sub(
            r"return (.*)$", r"return _shift(\1)", shifted.partition("\n\n\ndef _shift")[0], flags=re.M
        )
        graded, _ = desk.hand_in({"softmax": with_helper + "\n\n\ndef _shift(x):\n    return x"}, last=[last])
        assert lost(graded) == {}, last


def test_a_second_answer_further_below_counts_where_the_first_fails(desk):
    graded, _ = desk.hand_in({"softmax": WRONG}, last=[desk.right["softmax"]])
    assert lost(graded) == {}
    assert any("when all of your notebook has run" in note for note in graded.notes)


def test_a_wrong_answer_stays_wrong_wherever_it_stands(desk):
    base = set(lost(desk.hand_in({"softmax": WRONG})[0]))
    assert "softmax" in base
    for last in ([], [WRONG], ["softmax = softmax"]):
        assert set(lost(desk.hand_in({"softmax": WRONG}, last=last)[0])) == base
    graded, _ = desk.hand_in({"softmax": stub(desk, "softmax")}, last=[WRONG])
    assert set(lost(graded)) == base
    assert "Not answered" not in lost(graded)["softmax"]


def test_a_helper_further_below_is_found(desk):
    text = desk.right["softmax"].replace("np.exp", "helper_below")
    graded, _ = desk.hand_in({"softmax": text}, last=["helper_below = np.exp"])
    assert lost(graded) == {}


def test_what_nobody_answers_is_not_answered(desk):
    for last in ([], ["softmax"], ["print(softmax)"], ["def soft(x): pass"]):
        graded, _ = desk.hand_in({"softmax": stub(desk, "softmax")}, last=last)
        outcome = next(o for o in graded.outcomes if o.id == "softmax")
        assert (outcome.points, outcome.blank) == (0, True)
        assert lost(graded)["softmax"].startswith("Not answered yet")


GREEDY = """
def blockwise_attention(q, k, v, block):
    if block < 1: raise ValueError
    S = q @ k.T / q.shape[1] ** .5
    w = np.exp(S - S.max(1, keepdims=True))
    return w / w.sum(1, keepdims=True) @ v
"""


@pytest.mark.parametrize("place", ["in its cell", "behind the wrapper", "unwrapped behind", "at the end"])
def test_an_answer_is_watched_wherever_it_stands(memory_desk, place):
    """The cell that wraps it stands behind its own; what is bound anew behind that is wrapped as well."""
    answer = (
        GREEDY if place in ("in its cell", "unwrapped behind") else stub(memory_desk, "blockwise_attention")
    )

    def change(notebook):
        if place == "behind the wrapper":
            notebook.cells.insert(at(notebook, "given-memory") + 1, new_code_cell(GREEDY))
        elif place == "unwrapped behind":
            unwrap = "blockwise_attention = blockwise_attention.__wrapped__"
            notebook.cells.insert(at(notebook, "given-memory") + 1, new_code_cell(unwrap))
        elif place == "at the end":
            notebook.cells.append(new_code_cell(GREEDY))

    graded, _ = memory_desk.hand_in({"blockwise_attention": answer}, change=change)
    outcome = next(o for o in graded.outcomes if o.id == "blockwise_attention")
    failed = [check.id for check in outcome.checks if not check.points]
    assert failed == ["test-blockwise_attention-memory"]


# --- what stops a cell, and what does not

BEHIND = {
    "an endless try-out": "while True:\n    pass",
    "an endless try-out that shrugs once": "import time\nwhile True:\n    try:\n        while True: time.sleep(0.01)\n    except KeyboardInterrupt:\n        break",
    "sleeping": "import time\ntime.sleep(1000)",
    "waiting for somebody": "import threading\nthreading.Event().wait()",
    "an await without end": "import asyncio\nawait asyncio.sleep(1000)",
    "input": "name = input('who? ')",
    "a mistake": "1 / 0",
    "an assertion": "assert softmax(np.zeros(3)).sum() == 0",
    "sys.exit": "import sys\nsys.exit()",
    "raised SystemExit": "raise SystemExit(1)",
    "raised KeyboardInterrupt": "raise KeyboardInterrupt",
}
ABOVE = {
    "await": "import asyncio\nawait asyncio.sleep(0)",
    "gathered": "import asyncio\nasync def f(): return 3\nassert await asyncio.gather(f(), f()) == [3, 3]",
    "a loop asked for": "import asyncio\nassert asyncio.get_event_loop().run_until_complete(asyncio.sleep(0, 3)) == 3",
    "!ls": "!ls",
    "its output": "files = !ls\nassert list(files) == []",
    "!!": "!!ls",
    "%pip": "%pip install numpy",
    "pip": "!pip install -q numpy",
    "get_ipython().system": "get_ipython().system('ls')",
    "%cd to what is not there": "%cd /content/drive",
    "%cd up": "%cd ..",
    "%autoreload": "%load_ext autoreload\n%autoreload 2",
    "%matplotlib": "%matplotlib inline",
    "%env": "%env A=1",
    "exit()": "exit()",
    "quit": "quit",
    "exit": "exit",
    "plots": "import matplotlib.pyplot as plt\nfor _ in range(3):\n    plt.figure(); plt.plot([1]); plt.show()",
    "seterr": "np.seterr(all='raise')",
    "warnings as errors": "import warnings\nwarnings.simplefilter('error')",
    "print options": "np.set_printoptions(precision=1, suppress=True)",
    "much printed": "print('x' * 10**7)",
    "much printed in Chinese": "print('注' * 10**6)",
    "much shown in Chinese": "from IPython.display import display, Markdown\nfor _ in range(9): display('注' * 10**6)",
}


@pytest.mark.parametrize("what", BEHIND)
def test_what_stops_a_cell_behind_the_function_costs_nothing(desk, what):
    graded, _ = desk.hand_in({"softmax": desk.right["softmax"] + "\n\n" + BEHIND[what]})
    assert lost(graded) == {}
    assert len(graded.notes) == (what != "an endless try-out that shrugs once")
    assert all(note.startswith("The cell softmax ") for note in graded.notes)
    graded, _ = desk.hand_in(last=[BEHIND[what]])
    assert lost(graded) == {}
    assert all(note.startswith("A cell of your own ") for note in graded.notes)


@pytest.mark.parametrize("what", ABOVE)
def test_what_jupyter_allows_above_the_function_costs_nothing(desk, what):
    graded, _ = desk.hand_in({"softmax": ABOVE[what] + "\n" + desk.right["softmax"]})
    assert lost(graded) == {}
    assert not any("does not run" in note for note in graded.notes), graded.notes


def test_what_cannot_come_back_is_named_and_nobody_ended_anything(desk):
    for made in (
        "np.ones(3, dtype=complex)",
        "np.array(['a'])",
        "object.__new__(type('Odd', (np.ndarray,), {}))[()]",
    ):
        graded, _ = desk.hand_in({"softmax": f"def softmax(scores, axis=-1):\n    return {made}"})
        assert "softmax" in lost(graded) and "ended the Python process" not in " ".join(lost(graded).values())
        assert not any("begun again" in note for note in graded.notes)


def test_what_does_not_heed_the_interrupt_is_ended(desk):
    stubborn = "import time\nwhile True:\n    try:\n        while True: time.sleep(0.01)\n    except BaseException: pass"
    graded, _ = desk.hand_in(last=[stubborn], how=engine.How(seconds=1))
    assert lost(graded) == {}
    graded, _ = desk.hand_in(
        {"softmax": desk.right["softmax"] + "\n\n" + stubborn}, how=engine.How(seconds=1)
    )
    assert "did not come back in time" in lost(graded)["softmax"]


def test_a_cell_that_ends_before_its_function_says_why(desk):
    for text, said in (
        ("def softmax(scores:\n    pass", "an error of syntax"),
        ("import einops\n" + desk.right["softmax"], "No module named 'einops'"),
        ("while True: pass\n" + desk.right["softmax"], "did not come back in time"),
    ):
        graded, _ = desk.hand_in({"softmax": text})
        assert lost(graded).keys() == {"softmax"}  # what uses it is asked beside the course's
        assert "the cell softmax" in lost(graded)["softmax"]
        assert said in lost(graded)["softmax"]


# --- what a text tells


@pytest.mark.parametrize(
    "source",
    [
        "def f(x): pass", "class f: pass", "async def f(): pass", "if 1:\n    def f(): pass", "f = 1", "f: int = 1", "a = f = 1",
        "a, f = 1, 2", "f, a = 1, 2", "import f", "from m import f", "from m import a, f", "import m as f", "with m as f: pass",
        "x = 1; f = 2", "globals()['f'] = 1", "for x in y: f = 3", "@g\ndef f(): pass",
    ],
)  # fmt: skip
def test_what_binds_a_name_is_seen(source):
    assert bound(source, ["f", "g"]) == ["f"]


@pytest.mark.parametrize(
    "source", ["f(1)", "f == 1", "g(f=1)", "def ff(): pass", "print('f')", "x.f = 1", "f[0] = 1", "# no"]
)
def test_what_only_uses_a_name_binds_it_not(source):
    assert bound(source, ["f"]) == []


def test_a_formatters_work_is_no_change():
    one = 'def f(a, b):  # of two\n    return g(a, b, "x")\n'
    other = "def f(\n    a,\n    b,\n):\n\n    return g(\n        a,\n        b,\n        'x',\n    )"
    assert without_layout(one) == without_layout(other) is not None
    assert without_layout(one) != without_layout(one.replace("a, b,", "b, a,"))
    assert without_layout("!ls (") is None


@pytest.mark.parametrize(
    "text",
    ["(" * 10**5, "x" * 10**6, "f = " * 3000, "[" * 3000 + "f" + "] = 1" * 3000, "f, " * 9000, "'" * 9999],
)
def test_no_text_takes_long(text):
    import time

    started = time.perf_counter()
    bound(text, ["f"]), without_layout(text)
    assert time.perf_counter() - started < 2
