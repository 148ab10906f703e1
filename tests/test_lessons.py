"""Each lesson's checks can fail: where the mechanism that the page is about is broken, they must.

The build runs the lessons as they are; here one thing is changed in each, and the last cell has to object.
"""

import os
import sys
from pathlib import Path

import nbformat
import pytest
from lesson_runner import Runner
from site_tools import execute

BOOK = Path(__file__).resolve().parents[1] / "book"
CHAPTER_1 = "01-visual-attention"
CHAPTER_2 = "02-context-vectors"
CHAPTER_3 = "03-query-key-value"
CHAPTER_4 = "04-masking"
CHAPTER_5 = "05-multi-head"
CHAPTER_6 = "06-channel-attention"

# lesson, what breaks, text in the lesson, what it becomes
BREAKS = [
    (
        f"{CHAPTER_1}/where-eyes-look",
        "a resolution that falls exponentially",
        "return e2 / (e2 + eccentricity)",
        "return np.exp(-eccentricity / e2)",
    ),
    (
        f"{CHAPTER_1}/where-eyes-look",
        "a channel that gives one side without taking from the other",
        "speed = rate * np.where(valid, share, 1 - share)",
        "speed = rate * np.where(valid, share, 0.5)",
    ),
    (
        f"{CHAPTER_1}/saliency-map",
        "an N that only scales, in the function that the page builds",
        "return one * (1 - others) ** 2",
        "return one",
    ),
    (
        f"{CHAPTER_1}/saliency-map",
        "no N in the search experiment",
        "maps = saliency.combine(features), plain",
        "maps = plain, plain",
    ),
    (
        f"{CHAPTER_1}/spotlight-to-weights",
        "a context that does not reach the scores",
        "bottom_up + strength * top_down",
        "bottom_up + 0 * strength * top_down",
    ),
    (
        f"{CHAPTER_2}/encoder-decoder",
        "attention that gives every state the same weight",
        "    return Seq2Seq(encoder, decoder(width, words_out, 16, width))",
        "    d = decoder(width, words_out, 16, width)\n"
        "    if attention:\n"
        "        torch.nn.init.zeros_(d.attention.v.weight).requires_grad_(False)\n"
        "    return Seq2Seq(encoder, d)",
    ),
    (
        f"{CHAPTER_2}/encoder-decoder",
        "a context that does not reach the decoder",
        "torch.cat([y, c], dim=-1)[:, None]",
        "torch.cat([y, 0 * c], dim=-1)[:, None]",
    ),
    (
        f"{CHAPTER_2}/additive-attention",
        "a score without its tanh",
        "e = torch.tanh(s @ W_q + H @ W_k) @ v",
        "e = (s @ W_q + H @ W_k) @ v",
    ),
    (
        f"{CHAPTER_2}/additive-attention",
        "attention that gives every state the same weight",
        "hidden_size=32)\n    return Seq2Seq(encoder, AdditiveDecoder(",
        "hidden_size=32)\n    nn.init.zeros_(attention.v.weight).requires_grad_(False)\n"
        "    return Seq2Seq(encoder, AdditiveDecoder(",
    ),
    (
        f"{CHAPTER_2}/multiplicative-attention",
        "a product that looks at a constant instead of the decoder's state",
        "return LuongDecoder(size, characters, 16, size, attention, feeding)",
        "attention.scores = lambda query, prepared: query @ prepared.transpose(1, 2) * 0\n"
        "    return LuongDecoder(size, characters, 16, size, attention, feeding)",
    ),
    (
        f"{CHAPTER_2}/translation",
        "weights that are shares of the scores, without an exponential",
        "exponentials = np.exp(scores - scores.max())",
        "exponentials = scores - scores.min()",
    ),
    (
        f"{CHAPTER_3}/attention-as-pooling",
        "weights that do not sum to one",
        "weights = softmax(-(distance**2) / (2 * bandwidth**2))",
        "weights = np.exp(-(distance**2) / (2 * bandwidth**2))",
    ),
    (
        f"{CHAPTER_3}/queries-keys-values",
        "no division by the root of d in the function that the page builds",
        "scores = queries @ keys.swapaxes(-1, -2) / math.sqrt(d)",
        "scores = queries @ keys.swapaxes(-1, -2)",
    ),
    (
        f"{CHAPTER_3}/queries-keys-values",
        "no division by the root of d in the measurement",
        "for scores in (dots, dots / math.sqrt(d)):",
        "for scores in (dots, dots):",
    ),
    (
        f"{CHAPTER_3}/self-attention",
        "keys and queries from the same matrix",
        "Q, K, V = X @ W_q, X @ W_k, X @ W_v",
        "Q, K, V = X @ W_q, X @ W_q, X @ W_v",
    ),
    (
        f"{CHAPTER_3}/sentence-embedding",
        "a penalty that does not enter the loss",
        "+ strength * hop_penalty(A)",
        "+ 0 * strength * hop_penalty(A)",
    ),
    (
        f"{CHAPTER_4}/padding-mask",
        "a mask that makes a score small instead of removing the key",
        "scores = scores.masked_fill(~mask, -torch.inf)",
        "scores = scores.masked_fill(~mask, -5.0)",
    ),
    (
        f"{CHAPTER_4}/causal-mask",
        "a triangle that reaches one place too far",
        "return np.tri(n, dtype=bool)  # True on",
        "return np.tri(n, k=1, dtype=bool)  # True on",
    ),
    (
        f"{CHAPTER_4}/mask-pitfalls",
        "an audit that shakes each input by nothing",
        "changed[s] += sign * step",
        "changed[s] += 0 * sign * step",
    ),
    (
        f"{CHAPTER_4}/mask-pitfalls",
        "a mask after the softmax that is none",
        "return (softmax(scores) * causal) @ (x @ W_v)",
        "return softmax(np.where(causal, scores, -np.inf)) @ (x @ W_v)",
    ),
    (
        f"{CHAPTER_4}/sparse-masks",
        "a first block that attends to the zeros before it",
        "mask[0, :, :window] = False",
        "mask[0, :, :window] &= True",
    ),
    (
        f"{CHAPTER_4}/sparse-masks",
        "packed letters that see each other",
        "return (numbers[:, :, None] == numbers[:, None]) & (numbers > 0)[:, None]",
        "return (numbers[:, :, None] > 0) & (numbers > 0)[:, None]",
    ),
    (
        f"{CHAPTER_5}/multi-head-attention",
        "heads that take the places of others",
        "return x.reshape(B, n, h, d // h).swapaxes(1, 2)  # (B, h, n, d/h)",
        "return x.reshape(B, h, n, d // h)",
    ),
    (
        f"{CHAPTER_5}/multi-head-attention",
        "a head that is silenced and still heard",
        "gate[i] = 0\n",
        "gate[i] = 1\n",
    ),
    (
        f"{CHAPTER_5}/positional-encoding",
        "queries that are turned and keys that are not",
        "super().scores(rotary(queries, at), rotary(keys, at))",
        "super().scores(rotary(queries, at), keys)",
    ),
    (
        f"{CHAPTER_5}/positional-encoding",
        "a rule that forbids nothing",
        "model.allowed = near",
        "model.allowed = everywhere",
    ),
    (
        f"{CHAPTER_5}/efficient-attention",
        "notes that are joined in units of their own",
        "shrink * a + shrink_other * b for a, b",
        "a + b for a, b",
    ),
    (
        f"{CHAPTER_5}/efficient-attention",
        "a cache that is read without its newest row",
        "k, v = cache[..., : t + 1, :]",
        "k, v = cache[..., : max(t, 1), :]",
    ),
    (
        f"{CHAPTER_5}/transformer",
        "a sublayer whose finding replaces what the word was",
        "x = x + layer.self_attention(y, y, y, mask)[0]",
        "x = layer.self_attention(y, y, y, mask)[0]",
    ),
    (
        f"{CHAPTER_6}/squeeze-and-excitation",
        "units that never sleep",
        "return torch.sigmoid(torch.relu(z @ W_1.T) @ W_2.T)",
        "return torch.sigmoid(z @ W_1.T @ W_2.T)",
    ),
    (
        f"{CHAPTER_6}/spatial-attention",
        "a map of places without the normalisation",
        "places = torch.sigmoid(self.norm(place_scores(x, self.conv.weight)))",
        "places = torch.sigmoid(place_scores(x, self.conv.weight))",
    ),
    (
        f"{CHAPTER_6}/captioning",
        "a look that weighs all regions alike",
        "    alpha = scores.softmax(-1)",
        "    alpha = (0 * scores).softmax(-1)",
    ),
    (
        f"{CHAPTER_6}/listening",
        "a speller that weighs all frames alike",
        "scores = self.look(keys, h, weights).masked_fill",
        "scores = (0 * self.look(keys, h, weights)).masked_fill",
    ),
]


def lessons():
    """Every page of the book that is executed."""
    return sorted(path for path in BOOK.glob("[0-9]*/*.md") if execute.read_lesson(path))


@pytest.fixture(scope="session")
def runner():
    with Runner(sys.executable, BOOK.parent, os.environ) as process:
        yield process


@pytest.mark.parametrize(
    ("lesson", "breaks", "text", "changed"), BREAKS, ids=[f"{b[0]}: {b[1]}" for b in BREAKS]
)
def test_the_checks_object_to_a_broken_mechanism(runner, lesson, breaks, text, changed):
    path = BOOK / f"{lesson}.md"
    notebook = execute.read_lesson(path)
    holders = [cell for cell in notebook.cells if cell.cell_type == "code" and text in cell.source]
    assert len(holders) == 1, (
        f"{text!r} is no longer in exactly one cell of the lesson; choose another line to break"
    )
    holders[0].source = holders[0].source.replace(text, changed)
    failed, error = runner.run(notebook, path.parent)
    assert failed is not None, f"the lesson runs through with {breaks}"
    assert "checks" in failed.metadata.get("tags", ()), failed.source
    assert error == "AssertionError"


def test_a_cell_that_fails_is_told(runner, tmp_path):
    cells = [nbformat.v4.new_code_cell(source) for source in ("x = 1", "assert x == 2", "1 / 0")]
    failed, error = runner.run(nbformat.v4.new_notebook(cells=cells), tmp_path)
    assert failed is cells[1] and error == "AssertionError"
    assert runner.run(nbformat.v4.new_notebook(cells=cells[:1]), tmp_path) == (None, None)


@pytest.mark.parametrize("path", lessons(), ids=lambda path: path.stem)
def test_a_lesson_ends_in_checks_that_say_what_is_wrong(path):
    import ast

    code = [cell for cell in execute.read_lesson(path).cells if cell.cell_type == "code"]
    assert "checks" in code[-1].metadata.get("tags", ())
    asserts = [node for node in ast.walk(ast.parse(code[-1].source)) if isinstance(node, ast.Assert)]
    assert len(asserts) >= 5
    assert all(node.msg is not None for node in asserts)


@pytest.mark.parametrize("path", lessons(), ids=lambda path: path.stem)
def test_every_lesson_has_a_mechanism_that_is_broken_here(path):
    assert f"{path.parent.name}/{path.stem}" in {lesson for lesson, *_ in BREAKS}


@pytest.mark.parametrize("path", lessons(), ids=lambda path: path.stem)
def test_a_lesson_keeps_to_the_pattern(path):
    text = path.read_text(encoding="utf-8")
    assert ":class: lesson-facts" in text
    assert text.index("## What to remember") < text.index("## Checks")
