"""Lesson *The same for less*: times of a cache, of shared keys and of blocks; what sharing keys costs in training."""

import time
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from attention_course.data import translation as tr
from attention_course.data.roles import encode_roles
from attention_course.data.tokens import PAD
from attention_course.experiments import Verdict, above, all_of, below, experiment
from attention_course.measuring import timing, training
from attention_course.mechanisms import efficient
from attention_course.records import Record

LENGTHS = [64, 128, 256, 512, 1024]
READS = [1024, 4096, 16384]
SHARING = [16, 4, 1]
SIZES = [256, 512, 1024, 2048, 4096]
CLOCK: Any = {"warmup": 2, "clock": time.process_time}


@experiment(settings=None)
def cache(seed: int) -> dict[str, Any]:
    """Processor time of the step that writes the last of n words, with a cache and without, relative to 64 with it."""
    torch.manual_seed(seed)
    layers = [efficient.CachedLayer(64, 4) for _ in range(2)]
    seconds: dict[str, list] = {"all again": [], "with a cache": []}
    for n in LENGTHS:
        x, caches = torch.randn(1, n, 64), efficient.empty_caches(layers, 1, n).normal_()

        def last_step(x=x, caches=caches, t=n - 1):
            place = x[:, -1:]
            for layer, own in zip(layers, caches, strict=True):
                place = layer.step(place, own, t)

        ways = {"all again": lambda x=x: efficient.whole(layers, x), "with a cache": last_step}
        with torch.no_grad():
            took = timing.interleaved(ways, repeats=15, **CLOCK)
        for name, t in took.items():
            seconds[name].append(np.median(t))
    return {name: np.array(t) / seconds["with a cache"][0] for name, t in seconds.items()}


def cache_growth(runs: Record, name: str) -> np.ndarray:
    """With which power of the length a step's time grows from 128 words on, of each repetition."""
    return np.array([timing.growth_exponent(LENGTHS[1:], row[1:]) for row in runs.values(name)])


def cache_gain(runs: Record) -> np.ndarray:
    """How many times faster a step is with a cache, (repetitions, lengths)."""
    return runs.values("all again") / runs.values("with a cache")


@cache.claim
def a_cache_saves_ever_more(runs: Record) -> Verdict:
    """The 1024th word costs more than ten times less with a cache, and the gain grows with the length."""
    gain = cache_gain(runs)
    return all_of(above(gain[:, -1], 10), above(gain[:, -1] / gain[:, 0], 4))


@cache.claim
def a_step_grows_more_slowly_with_it(runs: Record) -> Verdict:
    """The time of a step grows with a smaller power of the length where there is a cache."""
    return above(cache_growth(runs, "all again") - cache_growth(runs, "with a cache"), 0.4)


@experiment(settings=None)
def sharing(seed: int) -> dict[str, Any]:
    """Processor time in which a query of 16 heads reads 16 384 keys, by heads of keys, in units of that with 16."""
    torch.manual_seed(seed)
    q, found = torch.randn(1, 16, 1, 64), {}
    for g in SHARING:
        k, v = torch.randn(2, 1, g, READS[-1], 64)
        for name, way in (("shared", efficient.grouped), ("copied", efficient.copied)):
            took = timing.interleaved({name: partial(way, q, k, v)}, repeats=9, **CLOCK)
            found[f"{name} {g}"] = np.median(took[name])
    return {name: t / found["shared 16"] for name, t in found.items()}


@sharing.claim
def fewer_heads_of_keys_are_read_faster(runs: Record) -> Verdict:
    """One head of keys is read faster than four and four faster than sixteen, but not sixteen times as fast."""
    one, four = (1 / runs.values(f"shared {g}") for g in (1, 4))
    return all_of(above(four, 1, cap=1.3), above(one / four, 1, cap=1.3), below(one, 16))


@sharing.claim
def copying_gives_it_away(runs: Record) -> Verdict:
    """Whoever copies the keys of the one head first takes more than twice the time of the shared product."""
    return above(runs.values("copied 1") / runs.values("shared 1"), 2)


@experiment(settings=None)
def blocks(seed: int) -> dict[str, Any]:
    """Processor time of attention all at once, in blocks of 128 keys and by PyTorch's own function, by length."""
    torch.manual_seed(seed)
    ways = {
        "all at once": efficient.attend,
        "in blocks": lambda q, k, v: efficient.blockwise(q, k, v, 128),
        "PyTorch's own": lambda *qkv: nn.functional.scaled_dot_product_attention(
            *(x[None, None] for x in qkv)
        ),
    }
    seconds: dict[str, list] = {name: [] for name in ways}
    for n in SIZES:
        qkv = torch.randn(3, n, 32)
        for name, way in ways.items():  # one by one: large arrays spoil the cache for small
            took = timing.interleaved({name: partial(way, *qkv)}, repeats=7, **CLOCK)
            seconds[name].append(np.median(took[name]))
    return {name: np.array(t) / seconds["all at once"][0] for name, t in seconds.items()}


@blocks.claim
def blocks_cost_work(runs: Record) -> Verdict:
    """At 256 tokens the blocks take longer than all at once."""
    return above(runs.values("in blocks")[:, 0] / runs.values("all at once")[:, 0], 1, cap=1.2)


@blocks.claim
def long_ones_are_faster(runs: Record) -> Verdict:
    """At 4096 tokens the blocks are faster than all at once, and so is PyTorch's own function."""
    plain = runs.values("all at once")[:, -1]
    return all_of(
        *[above(plain / runs.values(name)[:, -1], 1, cap=1.2) for name in ("in blocks", "PyTorch's own")]
    )


KINDS = {
    "8 heads": {"h": 8, "g": 8, "width": 4},
    "8 thin heads": {"h": 8, "g": 8, "width": 2},
    "8 heads, 2 groups": {"h": 8, "g": 2, "width": 4},
    "8 heads, 1 group": {"h": 8, "g": 1, "width": 4},
    "1 head": {"h": 1, "g": 1, "width": 4},
}
SHORT, LONG = 300, 1200
SETTINGS = [{"kind": kind, "steps": SHORT} for kind in KINDS]
SETTINGS += [{"kind": kind, "steps": LONG} for kind in ("8 heads", "8 heads, 1 group", "1 head")]


class RoleReader(nn.Module):
    """Tokens (B, n), places of verbs (B, V) → logits (B, V, 4, words) of subject, object and their adjectives."""

    def __init__(self, d: int = 32, longest: int = 40, **heads: Any) -> None:
        super().__init__()
        words = len(tr.ENGLISH)
        self.word, self.place = nn.Embedding(words, d), nn.Embedding(longest, d)
        self.first, self.second = efficient.Grouped(d, **heads), efficient.Grouped(d, **heads)
        self.norm = nn.LayerNorm(d)
        self.out = nn.Linear(d, 4 * words)

    def forward(self, tokens: torch.Tensor, verbs: torch.Tensor) -> torch.Tensor:
        mask = tokens != PAD
        x = self.word(tokens) + self.place.weight[: tokens.shape[1]]
        x = x + self.first(x, x, mask)
        asking = torch.take_along_dim(x, verbs.clamp(min=0)[..., None], dim=1)
        z = asking + self.second(self.norm(asking), self.norm(x), mask)
        return self.out(z).unflatten(-1, (4, -1))


def role_sets() -> list[list[torch.Tensor]]:
    """Tokens, verbs and answers of 3000 sentences for training and of 1000 unseen ones."""
    pairs = tr.make_pairs(3000, seed=1, clauses=(1, 2))
    unseen = tr.make_pairs(1000, seed=2, clauses=(1, 2), exclude=pairs)
    roles = (encode_roles([p.meaning for p in some]) for some in (pairs, unseen))
    return [[torch.from_numpy(x).long() for x in (r.tokens, r.verbs, r.answers)] for r in roles]


def role_loss(model: Any, tokens: torch.Tensor, verbs: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the words at each verb that there is."""
    there = verbs >= 0
    logits, wanted = model(tokens, verbs)[there], answers[there]
    return nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten())


@torch.no_grad()
def right(model: Any, tokens: torch.Tensor, verbs: torch.Tensor, answers: torch.Tensor) -> float:
    """Which roles are named rightly, in percent."""
    hits = model(tokens, verbs).argmax(-1) == answers
    return 100 * hits[verbs >= 0].float().mean().item()


@experiment(settings=SETTINGS)
def readers(seed: int, kind: str, steps: int) -> dict[str, Any]:
    """Networks that name the roles in a sentence, with heads of keys for each head, for groups and for all."""
    train, test = role_sets()
    training.set_seed(seed)
    model = RoleReader(**KINDS[kind])
    training.train(model, role_loss, train, steps=steps, learning_rate=5e-3, seed=seed)
    return {"right": right(model, *test)}


def lead(runs: Record, better: str, worse: str, steps: int) -> np.ndarray:
    """By how many points of roles one kind of network is ahead of another, of each seed."""
    return runs.values("right", kind=better, steps=steps) - runs.values("right", kind=worse, steps=steps)


@readers.claim
def sharing_slows_learning(runs: Record) -> Verdict:
    """After 300 steps eight heads with keys of their own are ahead of multi-query."""
    return above(lead(runs, "8 heads", "8 heads, 1 group", SHORT), 2)


@readers.claim
def the_lead_melts(runs: Record) -> Verdict:
    """After four times as many steps multi-query is closer than it was, and less than three points behind."""
    early, late = (lead(runs, "8 heads", "8 heads, 1 group", steps) for steps in (SHORT, LONG))
    return all_of(above(early - late, 2), below(late, 3, cap=0))


@readers.claim
def eight_queries_find_more(runs: Record) -> Verdict:
    """Eight queries find more in one set of keys than one does, early and late."""
    return all_of(*[above(lead(runs, "8 heads, 1 group", "1 head", steps), 1) for steps in (SHORT, LONG)])


@readers.claim
def size_counts_too(runs: Record) -> Verdict:
    """After 300 steps heads of half the width are behind."""
    return above(lead(runs, "8 heads", "8 thin heads", SHORT), 1)
