"""Lesson *Where a word stands*: counting under a causal mask, and sentences longer than any in training."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import nn

from attention_course.data import translation as tr
from attention_course.data.roles import encode_roles
from attention_course.data.tokens import PAD
from attention_course.experiments import Outcome, Verdict, above, all_of, below, experiment, grid
from attention_course.measuring import training
from attention_course.mechanisms.multi_head import MultiHeadAttention
from attention_course.mechanisms.positions import positional_encoding, rotary
from attention_course.records import Record

WORDS, LONGEST = len(tr.ENGLISH), 100
EDGES = np.arange(0, 42, 6)  # of the verbs' places
WINDOW = 12  # places to both sides


class RotaryAttention(MultiHeadAttention):
    """Queries and keys are turned by their places before they meet."""

    first = 0  # the number of the first place

    def scores(self, queries: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        at = self.first + torch.arange(queries.shape[-2])
        return super().scores(rotary(queries, at), rotary(keys, at))


class DistanceAttention(MultiHeadAttention):
    """Four heads: each step away costs 1 or 1/4; two heads look back, two ahead."""

    def scores(self, queries: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        at = torch.arange(queries.shape[-2])
        side, slope = (
            queries.new_tensor(numbers)[:, None, None] for numbers in ([1, 1, -1, -1], [1, 1 / 4, 1, 1 / 4])
        )
        ahead = (at[:, None] - at) * side  # (4, n, n): negative on the wrong side
        scores = super().scores(queries, keys) - slope * ahead.abs()
        return scores.masked_fill(ahead < 0, torch.finfo(scores.dtype).min)


class Counter(nn.Module):
    """tokens (B, n) -> each one's place in twenties (B, n); no positions go in."""

    def __init__(self, causal: bool, width: int = 32) -> None:
        super().__init__()
        self.causal, self.word = causal, nn.Embedding(WORDS, width)
        self.attention = MultiHeadAttention(width, 2)
        self.feed = nn.Sequential(nn.Linear(width, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x, n = self.word(tokens), tokens.shape[1]
        everything = torch.ones(n, n, dtype=torch.bool)
        mask = everything.tril() if self.causal else everything
        return self.feed(x + self.attention(x, x, x, mask)[0])[..., 0]


def random_words(count: int, n: int, seed: int) -> torch.Tensor:
    """``count`` rows of n tokens, ⟨bos⟩ and then words at random."""
    draw = torch.Generator().manual_seed(seed)
    tokens = torch.randint(3, WORDS, (count, n), generator=draw)
    tokens[:, 0] = 1  # ⟨bos⟩
    return tokens


def miss(model: Any, tokens: torch.Tensor) -> torch.Tensor:
    """How far off the model is at each place, in twenties of places."""
    return (model(tokens) - torch.arange(tokens.shape[1]) / 20).abs()


@experiment(settings=grid(causal=[True, False], steps=400))
def counters(seed: int, causal: bool, steps: int) -> dict[str, Any]:
    """Networks without positions that say at which place a word stands, with a causal mask and without."""
    training.set_seed(seed)
    model = Counter(causal)
    training.train(
        model,
        lambda *batch: miss(*batch).mean(),
        (random_words(2000, 20, seed=0),),
        steps=steps,
        learning_rate=5e-3,
        seed=seed,
    )
    with torch.no_grad():
        return {"off": 20 * miss(model, random_words(300, 40, seed=1)).mean(0)}


@counters.claim
def a_causal_mask_counts(runs: Record) -> Verdict:
    """With the causal mask the network is off by less than half a place, without it by about what a guess is off."""
    mean = {causal: runs.values("off", causal=causal)[:, :20].mean(1) for causal in (True, False)}
    return all_of(below(mean[True], 0.5), above(mean[False], 4))


@counters.claim
def not_far_beyond(runs: Record) -> Verdict:
    """At place 39, twice as far as in training, the causal network is off by several places."""
    return above(runs.values("off", causal=True)[:, 39], 3)


ATTENTIONS = {"rotary": RotaryAttention, "distance": DistanceAttention}
KINDS = ("none", "learned", "sinusoidal", "rotary", "distance")


def everywhere(query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
    """Which keys a query may see, by their places: all."""
    return (query - key).abs() <= LONGEST


def near(query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
    return (query - key).abs() <= WINDOW


def next_few(query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
    return key - query <= 3


class RoleReader(nn.Module):
    """tokens (B, n), verbs (B, V) -> logits (B, V, 4, words) of the four roles."""

    def __init__(self, kind: str, width: int = 64) -> None:
        super().__init__()
        self.word, self.allowed = nn.Embedding(WORDS, width), everywhere
        self.attention = ATTENTIONS.get(kind, MultiHeadAttention)(width, 4)
        self.out = nn.Linear(width, 4 * WORDS)
        if kind == "learned":
            self.places = nn.Parameter(torch.randn(LONGEST, width))
        else:
            P = torch.from_numpy(positional_encoding(LONGEST, width)).float()
            self.register_buffer("places", P if kind == "sinusoidal" else 0 * P)

    def forward(self, tokens: torch.Tensor, verbs: torch.Tensor) -> torch.Tensor:
        n = tokens.shape[1]
        x = self.word(tokens) + self.places[:n]
        at = torch.arange(n)
        mask = (tokens != PAD)[:, None, None] & self.allowed(at[:, None], at)  # (B, 1, n, n)
        y, _ = self.attention(x, x, x, mask)
        y = torch.take_along_dim(y, verbs.clamp(min=0)[..., None], dim=1)
        return self.out(y).unflatten(-1, (4, WORDS))


def make(count: int, seed: int, clauses: tuple[int, int]) -> tuple[torch.Tensor, ...]:
    """Tokens, verbs and answers of ``count`` sentences of so many clauses (lowest, highest)."""
    rng = np.random.default_rng(seed)
    roles = encode_roles([tr.draw_sentence(rng, clauses) for _ in range(count)])
    return tuple(torch.from_numpy(a) for a in (roles.tokens, roles.verbs, roles.answers))


@lru_cache
def sets() -> tuple[tuple[torch.Tensor, ...], dict[int, tuple[torch.Tensor, ...]]]:
    """4000 sentences of one and two clauses for training, and 300 for each number of clauses from one to eight."""
    return make(4000, 1, (1, 2)), {n: make(300, 10 + n, (n, n)) for n in range(1, 9)}


def role_loss(model: Any, tokens: torch.Tensor, verbs: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
    real = verbs >= 0
    logits = model(tokens, verbs)[real].flatten(0, 1)
    return nn.functional.cross_entropy(logits, answers[real].flatten())


@torch.no_grad()
def right(model: Any, test_set: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """For each verb (N, V): are all four answers right?"""
    tokens, verbs, answers = test_set
    return (model(tokens, verbs).argmax(-1) == answers).all(-1)


def mark(model: Any, test_set: tuple[torch.Tensor, ...]) -> float:
    """Percent of the verbs with all four answers right."""
    return 100 * right(model, test_set)[test_set[1] >= 0].float().mean().item()


def by_place(model: Any, test_set: tuple[torch.Tensor, ...]) -> list:
    """Percent right by the verb's place, in sixes."""
    verbs, hits = test_set[1].numpy(), right(model, test_set).numpy()
    bins = [(verbs >= low) & (verbs < low + 6) & (verbs > 0) for low in EDGES[:-1]]
    return [100 * hits[chosen].mean() for chosen in bins]


def under(
    model: Any,
    rule: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    measure: Callable[[], Any],
) -> Any:
    """``measure()`` while the model may see what ``rule`` says."""
    model.allowed = rule
    measured = measure()
    model.allowed = everywhere
    return measured


@experiment(settings=grid(kind=list(KINDS), steps=400))
def readers(seed: int, kind: str, steps: int) -> Outcome:
    """One layer of attention that names the players of each verb, trained on one and two clauses, tested on up to eight."""
    train_set, tests = sets()
    seen = train_set[0].shape[1]
    training.set_seed(seed)
    model = RoleReader(kind)
    training.train(model, role_loss, train_set, steps=steps, seed=seed)

    def marks():
        return [mark(model, test_set) for test_set in tests.values()]

    def places():
        return by_place(model, tests[6])

    numbers = {
        "marks": marks(),
        "places": places(),
        "windowed": under(model, near, marks),
        "next": under(model, next_few, places),
        "met": under(model, lambda query, key: key + 0 * query < seen, places),
    }
    return Outcome(numbers, model if seed == 0 and kind in ("rotary", "sinusoidal") else None)


def _percent(runs, kind, clauses, number="marks"):
    return runs.values(number, kind=kind)[:, clauses - 1]


def _at(runs, kind, place, number="places"):
    """Percent right in sentences of six clauses, at the verbs of one sixth: 0 for places 0 to 5."""
    return runs.values(number, kind=kind)[:, place]


@readers.claim
def order_is_needed(runs: Record) -> Verdict:
    """Without positions most verbs of two clauses go wrong, with any of the four ways few."""
    known = [above(_percent(runs, kind, 2), 80) for kind in KINDS[1:]]
    return all_of(below(_percent(runs, "none", 2), 40), *known)


@readers.claim
def added_vectors_fail_beyond(runs: Record) -> Verdict:
    """At six clauses most verbs go wrong with learned and with sinusoidal positions."""
    return all_of(*(below(_percent(runs, kind, 6), 40) for kind in ("learned", "sinusoidal")))


@readers.claim
def old_places_go_on(runs: Record) -> Verdict:
    """At the first six places of a long sentence added vectors still get most verbs right, from place 24 on few."""
    kinds = ("learned", "sinusoidal")
    late = [below(runs.values("places", kind=kind)[:, 4:].mean(1), 30) for kind in kinds]
    return all_of(*(above(_at(runs, kind, 0), 60, cap=80) for kind in kinds), *late)


@readers.claim
def rotary_falls_more_slowly(runs: Record) -> Verdict:
    """At six clauses rotary is well ahead of the sinusoids, and well below what it was at two."""
    rotary = _percent(runs, "rotary", 6)
    fall = _percent(runs, "rotary", 2) - rotary
    return all_of(above(rotary - _percent(runs, "sinusoidal", 6), 8), above(fall, 15))


@readers.claim
def rotary_falls_at_all_places(runs: Record) -> Verdict:
    """Rotary's beginning and end of a long sentence differ far less than those of the sinusoids."""
    gaps = [
        np.abs(_at(runs, kind, 0) - runs.values("places", kind=kind)[:, 4:].mean(1))
        for kind in ("rotary", "sinusoidal")
    ]
    return above(gaps[1] - gaps[0], 25)


@readers.claim
def far_keys_were_rotarys_trouble(runs: Record) -> Verdict:
    """With a window at test time rotary gets nearly all verbs of eight clauses right."""
    return above(_percent(runs, "rotary", 8, "windowed"), 85)


@readers.claim
def not_that_of_the_sinusoids(runs: Record) -> Verdict:
    """The same window leaves the sinusoids, and the network without positions, wrong on most."""
    return all_of(*(below(_percent(runs, kind, 8, "windowed"), 45) for kind in ("sinusoidal", "none")))


@readers.claim
def words_behind_the_verb_disturb(runs: Record) -> Verdict:
    """At the second six places added vectors gain by hiding what follows after three words, not by hiding new places."""
    kinds = ("learned", "sinusoidal")
    gain = [_at(runs, kind, 1, "next") - _at(runs, kind, 1) for kind in kinds]
    more = [_at(runs, kind, 1, "next") - _at(runs, kind, 1, "met") for kind in kinds]
    return all_of(*(above(x, 8) for x in gain), *(above(x, 5) for x in more))


@readers.claim
def a_price_for_distance_does_not_notice(runs: Record) -> Verdict:
    """With a price for distance nearly all verbs of six clauses are right."""
    return above(_percent(runs, "distance", 6), 88)
