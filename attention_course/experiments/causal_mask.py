"""Lesson *The causal mask*: language models with the right mask and with four wrong ones; one pass against many."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from attention_course.data import translation as tr
from attention_course.data.tokens import BOS, EOS, PAD
from attention_course.data.translation import Pair
from attention_course.experiments import Outcome, Verdict, above, all_of, below, experiment, grid, within
from attention_course.measuring import timing, training
from attention_course.mechanisms.masking import causal_mask
from attention_course.mechanisms.seq2seq import masked_softmax
from attention_course.records import Record

Mask = Callable[[int], np.ndarray]  # of so many places: who may attend to whom, (n, n)


class LanguageModel(nn.Module):
    """Tokens (B, n) → logits (B, n, V) of the next token, weights (B, n, n); ``allowed(n)`` makes the mask."""

    def __init__(self, words: int, width: int = 48, longest: int = 64) -> None:
        super().__init__()
        self.word = nn.Embedding(words, width)
        self.place = nn.Embedding(longest, width)
        self.W_q, self.W_k, self.W_v = (nn.Linear(width, width, bias=False) for _ in range(3))
        self.feed = nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))
        self.out = nn.Linear(width, words)

    def forward(self, tokens: torch.Tensor, allowed: Mask) -> tuple[torch.Tensor, torch.Tensor]:
        n = tokens.shape[1]
        mask = torch.from_numpy(allowed(n))  # (n, n), for all B
        x = self.word(tokens) + self.place.weight[:n]
        scores = self.W_q(x) @ self.W_k(x).transpose(1, 2) / math.sqrt(x.shape[-1])
        weights = masked_softmax(scores, mask)
        x = x + weights @ self.W_v(x)
        return self.out(x + self.feed(x)), weights


def everything(n: int) -> np.ndarray:
    """No mask."""
    return np.ones((n, n), dtype=bool)


def one_too_far(n: int) -> np.ndarray:
    """A triangle that shows the next place."""
    return np.tri(n, k=1, dtype=bool)


def one_too_few(n: int) -> np.ndarray:
    """A triangle without its diagonal."""
    return np.tri(n, k=-1, dtype=bool)


KINDS = {  # name: mask, by how many places the target is moved
    "causal": (causal_mask, 1),
    "no mask": (everything, 1),
    "one too far": (one_too_far, 1),
    "one too few": (one_too_few, 1),
    "not shifted": (causal_mask, 0),
}


def sentence_sets() -> tuple[list[Pair], list[Pair]]:
    """French sentences of one clause, as pairs with their English: 4000 for training, 500 unseen."""
    train = tr.make_pairs(4000, seed=1, clauses=(1, 1))
    return train, tr.make_pairs(500, seed=2, clauses=(1, 1), exclude=train)


def french_tokens(pairs: Sequence[Pair]) -> torch.Tensor:
    """The French of ``pairs`` as tokens (N, n), with beginning and end."""
    return torch.from_numpy(tr.encode(pairs)["target"])


def floor_of(pairs: Sequence[Pair]) -> float:
    """Nats for each token, end included, of one who knows the grammar by heart."""
    return sum(tr.information(pair.meaning) for pair in pairs) / sum(len(pair.target) + 1 for pair in pairs)


def next_word_loss(model: Any, tokens: torch.Tensor, allowed: Mask, shift: int) -> torch.Tensor:
    """Mean cross-entropy of the next word; with ``shift=0`` of the word that has just been given."""
    used = int((tokens != PAD).sum(1).max())
    given, wanted = tokens[:, : used - 1], tokens[:, shift : used - 1 + shift]
    logits, _ = model(given, allowed)
    return nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=PAD)


@torch.no_grad()
def write(model: Any, allowed: Mask, count: int = 200, longest: int = 14) -> list[list[str] | None]:
    """Sentences drawn word by word; None where one has not ended in time."""
    draw = torch.Generator().manual_seed(0)
    tokens = torch.full((count, 1), BOS)
    for _ in range(longest):
        p = torch.softmax(model(tokens, allowed)[0][:, -1], dim=-1)
        tokens = torch.cat([tokens, torch.multinomial(p, 1, generator=draw)], dim=1)
    return [tr.FRENCH.decode(row) if EOS in row else None for row in tokens]


@torch.no_grad()
def on_next(model: Any, tokens: torch.Tensor) -> float:
    """Mean weight of a place on the next one, which holds its answer, without a mask."""
    tokens = tokens[:, :-1]
    ahead = model(tokens, everything)[1].diagonal(1, 1, 2)  # (B, n - 1)
    return ahead[tokens[:, 1:] > EOS].mean().item()


@experiment(settings=grid(kind=list(KINDS), steps=400))
def networks(seed: int, kind: str, steps: int) -> Outcome:
    """Language models of one layer with the causal mask, without, and off by one: their loss, and what they write."""
    train, test = map(french_tokens, sentence_sets())
    allowed, shift = KINDS[kind]
    training.set_seed(seed)
    model = LanguageModel(len(tr.FRENCH))
    history = training.train(
        model,
        lambda model, tokens: next_word_loss(model, tokens, allowed, shift),
        (train,),
        steps=steps,
        seed=seed,
    )
    written = write(model, allowed)
    with torch.no_grad():
        unseen = next_word_loss(model, test, allowed, shift).item()
        masked = next_word_loss(model, test, causal_mask, 1).item()
    numbers = {
        "train": history[-20:].mean(),
        "curve": history.reshape(-1, 10).mean(1),
        "unseen": unseen,
        "masked": masked,
        "french": 100 * np.mean([s is not None and tr.is_french(s) for s in written]),
        "written": [" ".join(s) for s in written if s and len(s) > 3][:3],
    }
    if kind == "no mask":
        numbers["ahead"] = 100 * on_next(model, test)
    return Outcome(numbers, model if seed == 0 and kind in ("causal", "no mask") else None)


@torch.no_grad()
def at_once(model: Any, tokens: torch.Tensor) -> torch.Tensor:
    """The logits of all places in one pass under the causal mask."""
    return model(tokens, causal_mask)[0]


@torch.no_grad()
def step_by_step(model: Any, tokens: torch.Tensor) -> torch.Tensor:
    """The same: every beginning of the sentence is read for itself, and its last place kept."""
    rows = [at_once(model, tokens[:, : t + 1])[:, -1] for t in range(tokens.shape[1])]
    return torch.stack(rows, dim=1)


@experiment(settings=grid(n=[8, 64]))
def passes(seed: int, n: int) -> dict[str, Any]:
    """Processor time of reading n words step by step, in units of reading them in one pass."""
    training.set_seed(seed)
    model = LanguageModel(len(tr.FRENCH))
    tokens = torch.randint(3, len(tr.FRENCH), (16, n))
    ways = {"once": lambda: at_once(model, tokens), "steps": lambda: step_by_step(model, tokens)}
    times = timing.interleaved(ways, repeats=9, warmup=2, clock=time.process_time)
    return {"ratio": np.median(times["steps"]) / np.median(times["once"])}


LEAKS = ("no mask", "one too far", "not shifted")


@networks.claim
def an_honest_network_is_a_little_above_the_floor(runs: Record) -> Verdict:
    """With the causal mask the loss on unseen sentences stays above the floor, and comes close to it."""
    over = runs.values("unseen", kind="causal") - floor_of(sentence_sets()[1])
    return all_of(above(over, 0), below(over, 0.1))


@networks.claim
def some_is_learned_by_heart(runs: Record) -> Verdict:
    """The causal network's loss in training ends a little below the floor."""
    return below(runs.values("train", kind="causal") - floor_of(sentence_sets()[0]), 0)


@networks.claim
def the_causal_network_writes_french(runs: Record) -> Verdict:
    """Most sentences that the causal network writes are French, but not all."""
    return all_of(
        above(runs.values("french", kind="causal"), 80), below(runs.values("french", kind="causal"), 100)
    )


@networks.claim
def leaks_are_too_good(runs: Record) -> Verdict:
    """Without a mask, one place too far, or with the target not moved, the loss is near zero, on unseen sentences, too."""
    marks = [below(runs.values(mark, kind=kind), 0.1) for kind in LEAKS for mark in ("train", "unseen")]
    return all_of(*marks)


@networks.claim
def leaks_write_no_french(runs: Record) -> Verdict:
    """What these networks write is French only by accident."""
    return all_of(*[below(runs.values("french", kind=kind), 25) for kind in LEAKS])


@networks.claim
def a_mask_afterwards_is_too_late(runs: Record) -> Verdict:
    """Under the causal mask, the network trained without is worse than one that guesses all words alike."""
    return above(runs.values("masked", kind="no mask"), 1.5 * math.log(len(tr.FRENCH)))


@networks.claim
def the_answer_is_where_it_looks(runs: Record) -> Verdict:
    """Without a mask nearly all of a place's weight lies on its answer."""
    return above(runs.values("ahead", kind="no mask"), 90)


@networks.claim
def the_diagonal_is_hardly_missed(runs: Record) -> Verdict:
    """A mask without its diagonal gives the same loss on unseen sentences to within 0.03 nats, and as good a French."""
    loss = within(runs.values("unseen", kind="one too few"), runs.values("unseen", kind="causal"), 0.03)
    french = within(runs.values("french", kind="one too few"), runs.values("french", kind="causal"), 5)
    return all_of(loss, french)


@passes.claim
def one_pass_saves_time(runs: Record) -> Verdict:
    """Eight words step by step take more than twice the processor time of one pass, 64 words more than ten times."""
    return all_of(above(runs.values("ratio", n=8), 2), above(runs.values("ratio", n=64), 10))
