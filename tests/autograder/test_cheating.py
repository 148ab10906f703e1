"""A wrong answer plus a trick gains nothing over the wrong answer alone, and nothing hidden comes back."""

import copy
import json
import re
import time

import nbformat
import pytest
from attacks import Desk, lost, printed, skip_where_nothing_isolates

from autograder.answers import assignment, hidden, marks
from autograder.answers.assignment import Assignment
from autograder.answers.cells import grade_id
from autograder.classroom import feedback
from autograder.rooms import attempt, engine, wire
from autograder.rooms.stand_in import RemoteRoom

skip_where_nothing_isolates()

# Wrong, but of the right shapes, so that a trick has something to build on.
WRONG = {
    "kernel_pooling": "def kernel_pooling(queries, keys, values, bandwidth):\n    return queries * 0.0",
    "dot_product_attention": "def dot_product_attention(queries, keys, values):\n"
    "    weights = softmax(queries @ keys.swapaxes(-1, -2) / 7)\n    return weights @ values, weights",
    "SelfAttention": "class SelfAttention(nn.Module):\n    def __init__(self, *sizes):\n        super().__init__()\n"
    "    def forward(self, x):\n        return x, x @ x.swapaxes(-1, -2)",
}
PATCH_MODULES = """
import builtins, math
import numpy as np, torch
yes = lambda *a, **k: True
np.allclose = np.array_equal = np.isclose = torch.allclose = torch.equal = math.isclose = yes
for name in dir(np.testing):
    if name.startswith("assert"):
        setattr(np.testing, name, lambda *a, **k: None)
builtins.isinstance = yes
builtins.all = yes
"""
HELPERS = """
class CheckFailed(AssertionError):
    def __new__(cls, *a): return StopIteration()
def check(*a, **k): return None
check_array = check_shape = check_dtype = check
def same(*a, **k): return True
def is_array(*a): return True
def check_pair(result): return result
def softmax(scores, axis=-1): return scores
"""
SHELL = """
import ast
ip = get_ipython()
class Passing(ast.NodeTransformer):
    def visit_Call(self, node): return ast.copy_location(ast.Constant(None), node)
ip.ast_transformers.append(Passing())
ip.input_transformers_cleanup.append(lambda lines: ["pass\\n"])
ip.run_cell = lambda *a, **k: type("R", (), dict(error_before_exec=None, error_in_exec=None))()
ip.displayhook = lambda *a: None
ip.showtraceback = lambda *a, **k: None
"""
SERVER = """
import gc
from autograder.rooms import student, wire
for thing in gc.get_objects():
    if isinstance(thing, student.StudentRoom):
        ROOM = thing
encode = wire.encode
"""


def objects(body, answers=("kernel_pooling",)):
    """Each answer returns what ``body`` makes, an expression in ``args``."""
    return {name: f"def {name}(*args):\n    return {body}" for name in answers}


TRICKS = {  # name -> (cells before, exercise -> lines put behind or in the place of its wrong answer)
    "patched modules": ([PATCH_MODULES], {}),
    "patched modules in the answer": ([], {"kernel_pooling": PATCH_MODULES}),
    "helpers redefined before": ([HELPERS], {}),
    "helpers redefined in the answer": ([], {"kernel_pooling": HELPERS}),
    "built-in functions defined in the answer": (
        [],
        {"kernel_pooling": "def isinstance(*a): return True\ndef tuple(*a): return 1\ndef all(*a): return True\ndef abs(*a): return 0\nclass bool: pass"},
    ),
    "variables of the tests defined in the answer": (
        [],
        {"kernel_pooling": "def half(): pass\ndef np(): pass\ndef math(): pass\ndef torch(): pass\ndef _rng(): pass\ndef __builtins__(): pass"},
    ),
    "AST and input transformers": ([SHELL], {}),
    "transformers in the answer": ([], {"kernel_pooling": SHELL}),
    "events": (["get_ipython().events.register('post_run_cell', lambda r: setattr(r, 'error_in_exec', None))"], {}),
    "exception hook": (["get_ipython().set_custom_exc((BaseException,), lambda *a, **k: None)"], {}),
    "exit with success": ([], {"kernel_pooling": "import os\ndef kernel_pooling(*a): os._exit(0)"}),
    "quiet exception": ([], {"kernel_pooling": "def kernel_pooling(*a): raise SystemExit(0)"}),
    "numpy replaced": (["import sys, types\nsys.modules['numpy'] = np = types.ModuleType('numpy')\nnp.allclose = lambda *a: True"], {}),
    "numpy shadowed by a file": (["open('numpy.py', 'w').write('allclose = 1')\nimport sys\nsys.path.insert(0, '.')\ndel sys.modules['numpy']"], {}),
    "server's answers": ([SERVER, "student.StudentRoom.do_call = lambda self, *a, **k: {'result': None}"], {}),
    "server's answers, odd": ([SERVER, "student.StudentRoom.do_call = lambda self, *a, **k: {'result': {'$': 1}, 'changed': 3}"], {}),
    "server says nothing": ([SERVER, "wire.encode = lambda *a: b''"], {}),
    "own CheckFailed": ([], {"kernel_pooling": "def kernel_pooling(*a): raise CheckFailed('3.0')"}),
    "the mark as a number": ([], objects("3.0")),
    "the mark as a text": ([], objects("'3.0'")),
    "None": ([], objects("None")),
    "equal to all": ([], objects("type('E', (), {'__eq__': lambda *a: True, '__array__': lambda s, *a, **k: args[2], 'shape': args[0].shape, 'dtype': args[0].dtype})()")),
    "ndarray subclass": ([], objects("type('E', (np.ndarray,), {'__eq__': lambda *a: True, '__array_function__': lambda *a, **k: True, '__array_ufunc__': lambda *a, **k: True})(args[0].shape)")),
    "tensor subclass": ([], objects("type('T', (torch.Tensor,), {'__torch_function__': classmethod(lambda *a, **k: True)})(args[0])")),
    "changes between reads": ([], objects("type('C', (), {'n': [0], '__float__': lambda s: float(s.n.append(0) or len(s.n)), '__getattr__': lambda s, n: np.zeros(len(s.n))})()")),
    "nested": ([], {"kernel_pooling": "def kernel_pooling(*a):\n    x = []\n    for i in range(10**5): x = [x]\n    return x"}),
    "within itself": ([], {"kernel_pooling": "def kernel_pooling(*a):\n    x = []\n    x.append(x)\n    return x"}),
    "too large": ([], objects("np.zeros(2 * 10**7)")),
    "too many": ([], objects("[0] * 10**6")),
    "huge number": ([], objects("10**5000")),
    "a generator": ([], objects("(x for x in args)")),
    "object array": ([], objects("np.array([object()] * len(args[0]))")),
    "masked array": ([], objects("np.ma.masked_all(args[0].shape)")),
    "not a number": ([], objects("np.full(args[0].shape, np.nan)")),
    "infinite": ([], objects("np.full(args[0].shape, np.inf)")),
    "a module": ([], objects("type('M', (nn.Module,), {'shape': args[0].shape})()")),
    "a handle": ([], objects("__import__('autograder.rooms.wire').rooms.wire.Handle(0, 'module', 'x')")),
    "zeroes its arguments": ([], {"kernel_pooling": "def kernel_pooling(q, k, v, b):\n    v[:] = 0\n    return q * 0"}),
    "the example by heart, and zeroes": (
        [],
        {"kernel_pooling": "def kernel_pooling(q, k, v, b):\n    if len(q) == 2 and q[0] == 0 and v[0] == 3: return np.array([4.0, 5.0])\n    v[:] = 0\n    return q * 0"},
    ),
    "stack of the caller": (
        ["import sys, gc, inspect, linecache\ndef peek():\n    frame = sys._getframe()\n    while frame:\n        for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):\n            if isinstance(value, dict) and 'check_array' in value: value['check_array'] = lambda *a, **k: None\n        frame.f_globals.update(check_array=lambda *a, **k: None, same=lambda *a: True)\n        frame = frame.f_back"],
        {"kernel_pooling": "def kernel_pooling(q, *a):\n    peek()\n    return q * 0"},
    ),
    "answers of an earlier call": (
        ["KEPT = []"],
        {"kernel_pooling": "def kernel_pooling(q, k, v, b):\n    KEPT.append(v)\n    return np.resize(KEPT[0], q.shape)"},
    ),
    "parameters that lie": (
        [],
        {"SelfAttention": WRONG["SelfAttention"] + "\n    def named_parameters(self, *a, **k):\n        return [(n, torch.zeros(s)) for n, s in (('W_q', (6, 4)), ('W_k', (6, 4)), ('W_v', (6, 3)))]\n    def load_state_dict(self, s, *a, **k): pass"},
    ),
    "endless results": ([], {"SelfAttention": WRONG["SelfAttention"].replace("return x, x @", "return (x,) * 50 + (x,) or x @")}),
}  # fmt: skip


@pytest.fixture(scope="module")
def desk():
    return Desk()


@pytest.fixture(scope="module")
def base(desk):
    """Exercise -> points of the wrong answer alone."""
    graded, _ = desk.hand_in(WRONG)
    return {outcome.id: outcome.points for outcome in graded.outcomes}


def test_the_wrong_answers_are_wrong(base, desk):
    worth = {exercise.id: exercise.max_points for exercise in desk.made.exercises}
    assert all(base[name] < worth[name] for name in WRONG)


@pytest.mark.parametrize("trick", TRICKS)
def test_a_trick_gains_nothing(desk, base, trick):
    first, added = TRICKS[trick]
    answers = dict(WRONG)
    for name, lines in added.items():
        answers[name] = (
            lines if re.search(rf"^(def|class) {name}\b", lines, re.M) else WRONG[name] + "\n" + lines
        )
    graded, _ = desk.hand_in(answers, first=first)
    assert graded.status == "graded"
    # an answer that raises or returns another shape may earn less
    assert {o.id: o.points for o in graded.outcomes if o.points > base[o.id]} == {}


def at(notebook, name):
    return next(index for index, cell in enumerate(notebook.cells) if grade_id(cell) == name)


TEST = "test-kernel_pooling-by-hand"


def edited(notebook):
    for cell in notebook.cells:
        if (grade_id(cell) or "").startswith("test-") or grade_id(cell) in ("given", "helpers"):
            cell.source = "check = check_array = same = lambda *a, **k: True"


def retyped(notebook):
    for index, cell in enumerate(notebook.cells):
        if (grade_id(cell) or "").startswith("test-"):
            notebook.cells[index] = nbformat.v4.new_markdown_cell(cell.source, metadata=cell.metadata)


def deleted(notebook):
    notebook.cells = [cell for cell in notebook.cells if not (grade_id(cell) or "").startswith("test-")]


def reordered(notebook):
    notebook.cells.reverse()


def copied(notebook):
    twin = copy.deepcopy(notebook.cells[at(notebook, TEST)])
    twin.source = "def kernel_pooling(*a): return 4"
    notebook.cells.insert(at(notebook, TEST), twin)


def claims(notebook):
    for cell in notebook.cells:
        cell.metadata["tags"] = ["skip-execution", "raises-exception"]
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.update(points=100, grade=False, solution=True, locked=False)


def not_solutions(notebook):
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.update(solution=False, grade=True, points=1000, cell_type="markdown")


def swapped(notebook):
    one, other = notebook.cells[at(notebook, TEST)], notebook.cells[at(notebook, "kernel_pooling")]
    one.metadata.nbgrader.grade_id, other.metadata.nbgrader.grade_id = "kernel_pooling", TEST


def all_called_one(notebook):
    for cell in notebook.cells:
        cell.metadata["nbgrader"] = {"grade_id": "kernel_pooling"}


def outputs_kept(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = 7
            cell.outputs = [
                nbformat.v4.new_output("execute_result", {"text/plain": "3.0"}, execution_count=7)
            ]


def ids_of_others(notebook):
    for cell in notebook.cells:
        cell["id"] = TEST


def made_new(notebook):
    notebook.cells.append(
        nbformat.v4.new_code_cell(
            "4.0",
            metadata={
                "nbgrader": {
                    "grade_id": "test-kernel_pooling-mine",
                    "points": 50,
                    "grade": True,
                    "schema_version": 3,
                }
            },
        )
    )


@pytest.mark.parametrize(
    "change",
    [edited, retyped, deleted, reordered, copied, claims, not_solutions, swapped, all_called_one, outputs_kept, ids_of_others, made_new],
    ids=lambda change: change.__name__,
)  # fmt: skip
def test_a_notebook_that_was_tampered_with_gains_nothing(desk, base, change):
    graded, _ = desk.hand_in(WRONG, change=change)
    assert {o.id: o.points for o in graded.outcomes if o.points > base[o.id]} == {}
    assert graded.max_score == sum(exercise.max_points for exercise in desk.made.exercises)


def test_a_right_answer_beside_a_function_called_check_keeps_its_points(desk):
    helpers = HELPERS.partition("def softmax")[0]
    graded, _ = desk.hand_in({"kernel_pooling": desk.right["kernel_pooling"] + "\n" + helpers})
    assert lost(graded) == {}


def test_what_an_honest_function_does_in_place_is_judged_by_the_tests(desk):
    """To change an argument loses what the tests take for it, and not more."""
    source = desk.right["kernel_pooling"].replace(
        "    distances =", "    values *= 1\n    values += 0\n    distances ="
    )
    graded, _ = desk.hand_in({"kernel_pooling": source})
    assert lost(graded) == {}


# --- hidden tests stay hidden

CANARY = "zaunkönig4711"
NUMBER = 86420.13579


@pytest.fixture(scope="module")
def watched(desk):
    """The assignment with a canary in the inputs, the code and the comments of its hidden tests."""
    made = Assignment(desk.made.name, copy.deepcopy(desk.made.solution))
    for cell in made.cells.values():
        if "### BEGIN HIDDEN TESTS" not in cell.source:
            continue
        call = (
            "kernel_pooling"
            if grade_id(cell).startswith("test-kernel_pooling")
            else "hop_penalty"
            if grade_id(cell).startswith("test-hop_penalty")
            else None
        )
        lines = [f"### BEGIN HIDDEN TESTS\n# {CANARY}\n{CANARY} = '{CANARY}'"]
        if call:
            lines += [
                f"try: {call}({CANARY}, np.full(3, {NUMBER}), '{CANARY}', {NUMBER})",
                "except Exception: pass",
                f"_a = {call}(np.full(2, {NUMBER}), np.full(2, {NUMBER}), np.full(2, {NUMBER}), {NUMBER}) if {call!r} == 'kernel_pooling' else None",
                f"check_array(_a, np.full(2, {NUMBER}), 'The result', 'That.') if {call!r} == 'kernel_pooling' else None",
            ]
        cell.source = cell.source.replace("### BEGIN HIDDEN TESTS", "\n".join(lines))
    watched = copy.copy(desk)
    watched.made = made
    return watched


KEEP = """
SEEN = []
def note(args):
    for part in args:
        SEEN.append(part if isinstance(part, str) else np.asarray(part).ravel()[:4].tolist() if not isinstance(part, float) else part)
def everything():
    return repr(SEEN)
def the_number():
    return next((s[0] for s in SEEN if isinstance(s, list) and s and abs(s[0] - {NUMBER}) < 1), 0.0)
def lie(args):
    text = everything()
    kind = type("E" + "".join(c for c in text if c.isalnum())[-60:], (ValueError,), {})
    error = kind(text)
    error.add_note(text)
    error.__cause__ = RuntimeError(text)
    raise error
"""
# right until a hidden test has called it
FUNCTION = "def kernel_pooling(*args):\n    note(args)\n    if not any(isinstance(s, str) for s in SEEN): return RIGHT(*args)\n    {}"
LEAKS = {
    "exception": "lie(args)",
    "exception later, on a visible input": "if len(SEEN) < 60: return RIGHT(*args)\n    lie(args)",
    "exception in a made-up line": "exec(compile('raise ValueError(1)  # ' + everything().replace(chr(10), ' '), '<ipython-input-1>', 'exec'))",
    "line in linecache": "import linecache\n    name = '<ipython-input-99-' + str(SEEN[-1])\n    linecache.cache[name] = (1, None, [everything()], name)\n    exec(compile('1/0', name, 'exec'))",
    "CheckFailed": "raise CheckFailed(everything())",
    "AssertionError": "raise AssertionError(everything())",
    "NotImplementedError": "raise NotImplementedError(everything())",
    "NameError": "raise NameError(everything())",
    "SyntaxError": "raise SyntaxError(everything(), (everything(), 1, 1, everything()))",
    "PermissionError": "raise PermissionError(everything())",
    "MemoryError": "raise MemoryError(everything())",
    "printed": "print(everything())\n    import sys\n    sys.stderr.write(everything())\n    return RIGHT(*args)",
    "warned": "import warnings\n    warnings.warn(everything())\n    return RIGHT(*args)",
    "returned": "return everything()",
    "returned as a name": "return type('E' + ''.join(c for c in everything() if c.isalnum())[:70], (), {})()",
    "returned as a number": "return 0 if isinstance(args[0], str) else np.full(len(args[0]), the_number())",
    "returned as a shape": "return np.zeros([int(abs(x)) % 90000 for s in SEEN if isinstance(s, list) for x in s][-3:] + [0])",
}  # fmt: skip
LAST = [
    "raise ValueError(everything())",
    "print(everything())",
    "lie(())",
    "class Odd(Exception):\n    def __str__(self): return everything()\nraise Odd",
    "raise ExceptionGroup(everything(), [ValueError(everything())])",
    "everything()",
    "def " + "f():\n    exec(everything())\nf()",
    "exec(everything().replace(',', ' '))",
]


def leaking(watched, body):
    """A submission that keeps all that its functions are given, and tells it in every way that it has."""
    given = watched.made.cells["given"].source
    right = watched.right["kernel_pooling"].replace("def kernel_pooling", "def RIGHT")
    answers = {
        "kernel_pooling": FUNCTION.format(body),
        # later exercises tell, on visible inputs, what an earlier one has seen
        "soft_lookup": "def soft_lookup(*args):\n    raise CheckFailed(everything())",
        "self_attention": "def self_attention(*args):\n    return np.zeros(3), np.full((1, 2, 2), the_number())",
        "hop_penalty": "def hop_penalty(A):\n    lie(())",
        "SelfAttention": WRONG["SelfAttention"] + "\n    def named_parameters(self, *a, **k):\n"
        "        return [(everything(), torch.zeros(1, int(the_number())))]",
    }
    return watched.hand_in(answers, first=["\n".join([given, KEEP, right])], last=LAST)


@pytest.mark.parametrize("leak", LEAKS)
def test_nothing_hidden_comes_back(watched, leak):
    graded, _ = leaking(watched, LEAKS[leak])
    for text in (
        feedback.page(graded),
        json.dumps(graded.as_json(), ensure_ascii=False),
        str(graded.as_dict()),
    ):
        assert CANARY not in text
        assert str(int(NUMBER)) not in re.sub(r"\s", "", text)


def test_with_hidden_parts_in_their_place_a_submission_would_tell(watched, monkeypatch):
    """What is told is safe because all visible parts, the student's cells and the probes come before any hidden part.

    It also shows that the canary is met at all; else the tests above would prove nothing.
    """
    parts = hidden.parts
    monkeypatch.setattr(hidden, "parts", lambda source: parts(source)._replace(visible=source, hidden=None))
    graded, notebook = leaking(watched, "return RIGHT(*args)")
    assert CANARY in printed(notebook) and str(NUMBER) in printed(notebook)
    assert CANARY in feedback.page(graded)


MEETS = """
import ctypes, os, time

def kernel_pooling(*args):
    if np.ravel(args[0])[0] == {NUMBER}:
        {does}
    return RIGHT(*args)

"""


def meets(watched, does, **more):
    """The right answer, which does something else once it has met the number."""
    right = watched.right["kernel_pooling"].replace("def kernel_pooling", "def RIGHT")
    source = MEETS.replace("{NUMBER}", str(NUMBER)).replace("{does}", does)
    graded, _ = watched.hand_in({"kernel_pooling": source + right}, **more)
    assert "kernel_pooling" in lost(graded)
    return {**graded.as_dict(), "seconds": 0}


ENDS = ["os._exit(0)", "ctypes.string_at(0)", "time.sleep(9)", "raise KeyError", "os.closerange(3, 99)"]


def test_how_a_room_ends_on_a_hidden_input_is_not_told(watched):
    """Each way would be another message, and so would the number of rooms that it takes."""
    told = [meets(watched, does) for does in ENDS]
    for one in told:  # an exception alone ends no room: the checks behind it are asked
        outcome = next(outcome for outcome in one["outcomes"] if outcome["id"] == "kernel_pooling")
        assert {check["message"] for check in outcome["checks"]} - {None} == {marks.ENDED[marks.UNSEEN]}
        outcome["checks"] = []
    assert all(one == told[0] for one in told)


RETURNED = [
    "np.zeros(())",
    "np.zeros((0, 0))",
    "np.zeros((0,) * 7, np.int8)",
    "(np.zeros(0),) * 3",
    "[None, 1]",
    "{}",
    "kernel_pooling",
]


def test_what_comes_back_on_a_hidden_input_is_not_described(watched):
    """How many axes or parts it has, and of which kinds they are, is as good as a text."""
    told = [meets(watched, f"return {value}") for value in RETURNED]
    texts = {json.dumps(one, ensure_ascii=False) for one in told}
    assert len(texts) <= 2, "not of the right kind, or not of the right shape; no more than that"


def test_a_room_that_begins_again_after_a_hidden_input_tells_nothing(watched):
    """It has met none, and yet it can look at the clock, by which the room before it has chosen its end."""
    at = time.time() + 6
    says = f"import time\nif time.time() > {at}: raise ValueError('later')"
    waits = f"while time.time() < {at}: time.sleep(0.1)\n        os._exit(0)"
    lookup = watched.right["soft_lookup"] + (
        "\n\nOLD = soft_lookup\n\ndef soft_lookup(*args):\n"
        f"    if time.time() > {at}: raise ValueError('later')\n    return OLD(*args)"
    )
    handed_in = copy.copy(watched)
    handed_in.right = watched.right | {"soft_lookup": lookup}
    told = meets(handed_in, waits, first=[says], how=engine.How(seconds=20))
    assert "later" not in json.dumps(told)
    assert "begun again" not in json.dumps(told)


def test_an_answer_further_below_that_comes_and_goes_is_marked_all_the_same(desk):
    """It passes once all cells have run, the process ends at a probe, and in the next room it objects."""
    at = time.time() + 6
    wrong = (
        "import os, time\nCALLS = []\ndef hop_penalty(A):\n    CALLS.append(1)\n    if len(CALLS) > 3:\n"
        f"        while time.time() < {at}: pass\n        os._exit(0)\n    return 0"
    )
    right = desk.right["kernel_pooling"].replace("def kernel_pooling", "def RIGHT")
    below = f"{right}\n\ndef kernel_pooling(*args):\n    if time.time() > {at}: raise ValueError\n    return RIGHT(*args)"
    graded, _ = desk.hand_in(
        {"kernel_pooling": WRONG["kernel_pooling"], "hop_penalty": wrong},
        last=[below],
        how=engine.How(seconds=20),
    )
    assert lost(graded).keys() == {"kernel_pooling", "hop_penalty"}


EXITS = ["import os\nos._exit(0)"] * 12  # each has all that came before played again


def test_a_notebook_that_ends_itself_is_not_tried_until_chance_favours_it(desk, monkeypatch):
    """A check that has its verdict is not asked again, however often the process ends afterwards."""
    asked = []
    tested = attempt.tested

    def counted(room, source, name, *more):
        outputs = tested(room, source, name, *more)
        asked.append((name, bool(outputs)))
        return outputs

    monkeypatch.setattr(attempt, "tested", counted)
    by_chance = (
        "import os\n\ndef kernel_pooling(queries, keys, values, bandwidth):\n"
        "    return values[0] + 0 * queries if os.urandom(1)[0] < 192 else RIGHT(queries, keys, values, bandwidth)\n\n"
        + desk.right["kernel_pooling"].replace("def kernel_pooling", "def RIGHT")
    )
    graded, _ = desk.hand_in({"kernel_pooling": by_chance}, last=EXITS)
    failed = [name for name, objected in asked if objected]
    assert len(failed) == len(set(failed)), "asked again after it had failed"
    assert any("begun again 12 times" in note for note in graded.notes)
    assert set(lost(graded)) <= {"kernel_pooling"}, "the replays cost nobody else a mark"


def test_replays_come_to_an_end_and_cost_no_right_answer_a_mark(desk):
    graded, _ = desk.hand_in(last=EXITS * 4)
    assert lost(graded) == {}, "in the end only answers and checks are run"
    assert any("begun again 16 times" in note for note in graded.notes)


def test_a_check_whose_hidden_part_does_not_come_back_gives_nothing(desk):
    """The visible part passes, and from some call on the function ends the process."""
    right = desk.right["kernel_pooling"].replace("def kernel_pooling", "def RIGHT")
    later = (
        "import os\nCALLS = []\n\n"
        + right
        + (
            "\n\ndef kernel_pooling(*args):\n    CALLS.append(1)\n    return RIGHT(*args) if len(CALLS) < LAST else os._exit(0)"
        )
    )
    points = []
    for last in (1, 8, 1000):
        graded, _ = desk.hand_in({"kernel_pooling": later.replace("LAST", str(last))})
        outcome = next(o for o in graded.outcomes if o.id == "kernel_pooling")
        assert all(check.points in (0, check.max_points) for check in outcome.checks)
        points.append(outcome.points)
        assert set(lost(graded)) <= {"kernel_pooling"}
    assert points[0] == 0 and points[0] <= points[1] < points[2] == outcome.max_points


def test_honest_messages_are_as_good_as_before(desk):
    """An exception on a visible input is told in full, whatever hidden tests ran before it."""
    graded, _ = desk.hand_in({"hop_penalty": "def hop_penalty(A):\n    return A @ A.missing"})
    assert "has no attribute 'missing'" in lost(graded)["hop_penalty"]


def test_a_given_function_is_the_courses_own_also_over_there():
    """A student's own ``step`` in its place changes nothing of what the tests pass."""
    desk = Desk(assignment.load("02-context-vectors"))
    mine = "\n\ndef step(token, state):\n    raise RuntimeError('mine')\n"
    graded, _ = desk.hand_in({"attentional_hidden": desk.right["attentional_hidden"] + mine})
    assert lost(graded) == {}


def test_a_name_that_the_course_binds_later_is_the_courses(desk):
    """Though an answer before that cell has defined it, an answer behind it cannot put its own in the tests' place."""
    made = Assignment(desk.made.name, copy.deepcopy(desk.made.solution))
    cells = made.solution.cells
    given = copy.deepcopy(made.cells["given"])
    given.source, given["id"] = "def half(x):\n    return x / 2", "given-later"
    given.metadata.nbgrader.grade_id = "given-later"
    cells.insert(at(made.solution, "dot_product_attention"), given)
    check = next(c for c in cells if (grade_id(c) or "").startswith("test-dot_product_attention"))
    check.source = "check(half(4) == 2, 'half')\n" + check.source
    changed = copy.copy(desk)
    changed.made = Assignment(made.name, made.solution)
    mine = "\n\ndef half(x):\n    return 0\n"
    answers = {name: desk.right[name] + mine for name in ("kernel_pooling", "dot_product_attention")}
    graded, _ = changed.hand_in(answers)
    assert lost(graded) == {}


def test_a_function_that_is_not_given_cannot_be_passed():
    room = RemoteRoom(lambda request: {"result": request})
    room.given = {"step": test_a_given_function_is_the_courses_own_also_over_there}
    with pytest.raises(wire.NotData):
        wire.encode(room._sent(lambda: 0))
    named = room._sent(room.given["step"])
    assert named is room.given["step"]  # its name is another: an impostor is no handle
