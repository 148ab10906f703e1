"""Chapter 5's last exercise watches its own memory: it notices what holds all keys, and accuses no honest answer."""

import pytest
from one_room import failing

from autograder.answers import assignment

HEAD = "def blockwise_attention(q, k, v, block):\n    if block < 1: raise ValueError\n"
ONLINE = """
    m, l, o = -np.inf, 0, 0
    for i in range(0, len(k), block):
        s = {scores}
        new = np.maximum(m, s.max(1, keepdims=True))
        p, a = np.exp(s - new), np.exp(m - new)
        l, o, m = l * a + p.sum(1, keepdims=True), o * a + {answer}, new
    return o / l
"""
BLOCK, ANSWER = "q @ k[i:i+block].T / q.shape[1] ** .5", "p @ v[i:i+block]"
GREEDY = {
    "all scores, then slices": "    S = q @ k.T / q.shape[1] ** .5"
    + ONLINE.format(scores="S[:, i:i+block]", answer=ANSWER),
    "a copy of the keys": "    k = k / q.shape[1] ** .5"
    + ONLINE.format(scores="q @ k[i:i+block].T", answer=ANSWER),
    "keys in a list": "    k = list(k)"
    + ONLINE.format(scores="q @ np.array(k[i:i+block]).T / q.shape[1] ** .5", answer=ANSWER),
    "a row of scores": """
    out = np.empty((len(q), v.shape[1]), v.dtype)
    for i in range(len(q)):
        s = k @ q[i] / len(q[i]) ** .5
        p = np.exp(s - s.max())
        out[i] = p @ v / p.sum()
    return out
""",
    "the scores of every block": f"""
    S = [{BLOCK} for i in range(0, len(k), block)]
    m = np.max([s.max(1) for s in S], axis=0)[:, None]
    l = sum(np.exp(s - m).sum(1, keepdims=True) for s in S)
    return sum(np.exp(s - m) @ v[j*block:(j+1)*block] for j, s in enumerate(S)) / l
""",
}
HONEST = {
    "products written as sums": ONLINE.format(
        scores="(q[:, None] * k[i:i+block]).sum(-1) / q.shape[1] ** .5",
        answer="(p[:, :, None] * v[i:i+block]).sum(1)",
    ),
    "two passes": f"""
    m, l, o = -np.inf, 0, 0
    for i in range(0, len(k), block):
        m = np.maximum(m, ({BLOCK}).max(1, keepdims=True))
    for i in range(0, len(k), block):
        p = np.exp({BLOCK} - m)
        l, o = l + p.sum(1, keepdims=True), o + {ANSWER}
    return o / l
""",
    "three numbers of every block": f"""
    parts = []
    for i in range(0, len(k), block):
        s = {BLOCK}
        m = s.max(1, keepdims=True)
        p = np.exp(s - m)
        parts.append((m, p.sum(1, keepdims=True), {ANSWER}))
    M = np.max([m for m, _, _ in parts], axis=0)
    return sum(np.exp(m - M) * o for m, _, o in parts) / sum(np.exp(m - M) * l for m, l, _ in parts)
""",
}


@pytest.fixture(scope="module")
def multi_head():
    return assignment.load("05-multi-head")


@pytest.mark.parametrize("body", GREEDY.values(), ids=GREEDY)
def test_what_holds_all_keys_is_noticed(multi_head, body):
    assert failing(multi_head, "blockwise_attention", HEAD + body) == ["test-blockwise_attention-memory"]


@pytest.mark.parametrize("body", HONEST.values(), ids=HONEST)
def test_an_honest_answer_is_not_accused(multi_head, body):
    assert failing(multi_head, "blockwise_attention", HEAD + body) == []
