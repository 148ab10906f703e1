"""What a function holds at once is measured from outside: nothing that its author does in the room hides all scores."""

import pytest
from attacks import Desk, lost, skip_where_nothing_isolates

from autograder.answers import assignment
from autograder.rooms import memory
from autograder.rooms.engine import How

skip_where_nothing_isolates()

NAME = "blockwise_attention"
HEAD = f"def {NAME}(q, k, v, block):\n    if block < 1: raise ValueError\n"
PLAIN = (
    HEAD
    + """
    S = q @ k.T / q.shape[1] ** 0.5
    S -= S.max(1, keepdims=True)
    np.exp(S, out=S)
    return S @ v / S.sum(1, keepdims=True)
"""
)
QUIET = "import tracemalloc\ntracemalloc.get_traced_memory = lambda: (0, 0)\n"
RESTARTED = "    import tracemalloc\n    tracemalloc.start(); tracemalloc.stop(); tracemalloc.start()\n"
UNWRAPPED = f"{NAME} = {NAME}.__wrapped__\n{NAME}.watched = True"
TORCH = (
    HEAD
    + """
    q, k, v = map(torch.as_tensor, (q, k, v))
    return (torch.softmax(q @ k.T / q.shape[1] ** 0.5, -1) @ v).numpy()
"""
)
INTO = (  # a place that was there before the call
    HEAD
    + """
    S = PLACE[: len(q) * len(k)].reshape(len(q), len(k)) if q.dtype == np.float64 else np.empty((len(q), len(k)), q.dtype)
    np.matmul(q, k.T, out=S)
    S /= q.shape[1] ** 0.5
    S -= S.max(1, keepdims=True)
    np.exp(S, out=S)
    return S @ v / S.sum(1, keepdims=True)
"""
)
GREEDY = {  # name -> (cells before, answer, cells behind)
    "tracemalloc patched": ([QUIET], PLAIN, []),
    "patched when it is called": ([], PLAIN.replace("    S = ", "    " + QUIET.replace("\n", "; ") + "\n    S = ", 1), []),
    "restarted": ([], PLAIN.replace("    S = ", RESTARTED + "    S = ", 1), []),
    "torch": ([], TORCH, []),
    "torch, patched": ([QUIET], TORCH, []),
    "unwrapped": ([], PLAIN, [UNWRAPPED]),
    "another type with the name": ([], PLAIN + f"\n{NAME} = functools.partial({NAME})\n", []),
    "a place kept ready": ([QUIET + "import numpy as np\nPLACE = np.ones(49_000_000)"], INTO, []),
    "half of the digits": ([QUIET], PLAIN.replace("S = q @ k.T", "t = q.dtype; q, k, v = (x.astype(np.float32) for x in (q, k, v)); S = q @ k.T").replace("keepdims=True)\n", "keepdims=True)\n").replace("return S @ v / S.sum(1, keepdims=True)", "return (S @ v / S.sum(1, keepdims=True)).astype(t)"), []),
    "memory that is shared": ([QUIET + "import numpy as np, mmap\ntry: PLACE = np.frombuffer(mmap.mmap(-1, 390_000_000))\nexcept OSError: PLACE = np.empty(0)"], INTO, []),
    "memory that grows": ([QUIET + "import numpy as np, mmap\ntry: PLACE = np.frombuffer(mmap.mmap(-1, 390_000_000, flags=0x122))\nexcept OSError: PLACE = np.empty(0)"], INTO, []),
    "the limit raised": (["import resource\ntry: resource.setrlimit(resource.RLIMIT_DATA, (-1, -1))\nexcept (ValueError, OSError): pass\n" + QUIET], PLAIN, []),
}  # fmt: skip


@pytest.fixture(scope="module")
def desk():
    return Desk(assignment.load("05-multi-head"), How(seconds=20))


@pytest.mark.parametrize("trick", GREEDY)
def test_all_scores_at_once_lose_the_point_whatever_is_done_to_hide_them(desk, trick):
    first, answer, last = GREEDY[trick]
    graded, _ = desk.hand_in({NAME: answer + "\n" + "\n".join(last)}, first=first)
    checks = {check.id: check.points for outcome in graded.outcomes for check in outcome.checks}
    assert checks[f"test-{NAME}-memory"] == 0
    assert set(lost(graded)) == {NAME}, "the others are asked without that limit"


def test_without_the_limit_these_would_earn_it(desk, monkeypatch):
    monkeypatch.setattr(memory, "HELD", 2**40)
    first, answer, _ = GREEDY["a place kept ready"]
    graded, _ = desk.hand_in({NAME: answer}, first=first)
    assert lost(graded) == {}


def test_what_an_honest_notebook_holds_already_is_not_counted(desk):
    """A hundred megabytes in its own cells, a figure, threads, and a limit of the room's that is back afterwards."""
    held = "import numpy as np, torch\nMINE = np.ones(13_000_000)\ntorch.set_num_threads(2); torch.randn(500, 500) @ torch.randn(500, 500)"
    later = "import numpy as np\nlen(np.ones(50_000_000))"
    graded, _ = desk.hand_in(first=[held], last=[later])
    assert lost(graded) == {} and graded.notes == []
