"""Lesson *Sentence embedding*: where hops look, with a penalty and without, on states that know much or little."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from attention_course.data import sentences
from attention_course.data.sentences import Review
from attention_course.experiments import Outcome, Verdict, above, all_of, below, experiment
from attention_course.measuring import training
from attention_course.mechanisms.sentence_embedding import LeftWindow, SentenceClassifier, hop_penalty
from attention_course.records import Record

OFFSETS = range(-4, 5)  # places around an adjective from which its verdict is read
BILSTM = [(0, 0), (1, 0), (4, 0), (4, 0.1), (4, 1)]  # hops, λ
WINDOW = [(4, 0), (4, 0.1)]


def reviews() -> tuple[list[Review], list[Review], list[Review]]:
    """Reviews for training, unseen ones, and unseen ones that are three times as long."""
    train = sentences.make_reviews(4000, seed=1, distractors=(1, 3))
    test = sentences.make_reviews(1000, seed=2, distractors=(1, 3), exclude=train)
    return train, test, sentences.make_reviews(500, seed=3, distractors=(8, 12))


def tensors(some: Sequence[Review]) -> dict[str, torch.Tensor]:
    """The arrays of :func:`attention_course.data.sentences.encode` as tensors."""
    return {name: torch.from_numpy(array) for name, array in sentences.encode(some).items()}


def build(hops: int, encoder: str) -> SentenceClassifier:
    """An untrained classifier of reviews; ``hops=0`` is the mean of the states."""
    window = LeftWindow(32, 64) if encoder == "window" else None
    return SentenceClassifier(len(sentences.VOCABULARY), 4, hops=hops, encoder=window)


def loss_with(strength: float) -> Callable[..., torch.Tensor]:
    """The loss of the training: the label's cross-entropy and ``strength`` times the penalty."""

    def loss(model, tokens, labels):
        scores, A = model(tokens)
        return nn.functional.cross_entropy(scores, labels) + strength * hop_penalty(A)

    return loss


@torch.no_grad()
def marks(model: Any, test: dict[str, torch.Tensor], long_test: dict[str, torch.Tensor]) -> dict[str, Any]:
    """Accuracy, and for each hop how often and with how much weight it looks at evidence, in shares of one."""
    scores, A = model(test["tokens"])
    long_scores, _ = model(long_test["tokens"])
    evidence = test["evidence"] > 0
    top = A.argmax(-1)  # (N, r)
    near = nn.functional.max_pool1d(evidence[:, None].float(), 3, stride=1, padding=1)[:, 0] > 0
    overlap, r = A @ A.transpose(1, 2), A.shape[1]
    beside = ~torch.eye(r, dtype=torch.bool)
    return {
        "accuracy": (scores.argmax(1) == test["labels"]).float().mean(),
        "long": (long_scores.argmax(1) == long_test["labels"]).float().mean(),
        "pointing": evidence.gather(1, top).float().mean(0),  # one number for each hop
        "near": near.gather(1, top).float().mean(0),
        "mass": (A * evidence[:, None]).sum(-1).mean(0),
        "overlap": overlap[:, beside].mean() if r > 1 else torch.zeros(()),
    }


@torch.no_grad()
def probe(model: Any, test: dict[str, torch.Tensor], offset: int) -> float:
    """Share of reviews whose verdict on the food a linear rule reads at ``offset`` places from the adjective."""
    mask = test["mask"]
    H = model.encoder(model.embedding(test["tokens"]), mask)
    place = (test["evidence"] == 1).int().argmax(1) + offset
    inside = (place >= 0) & (place < mask.sum(1))
    states = H[inside, place[inside]].double()
    states = torch.cat([states, torch.ones_like(states[:, :1])], dim=1)
    verdict = ((test["labels"][inside] // 2) * 2 - 1).double()
    half, ridge = len(states) // 2, 1e-2 * torch.eye(states.shape[1], dtype=torch.double)
    fitted = torch.linalg.solve(states[:half].T @ states[:half] + ridge, states[:half].T @ verdict[:half])
    return ((states[half:] @ fitted > 0) == (verdict[half:] > 0)).float().mean()


SETTINGS = [
    {"encoder": encoder, "hops": hops, "strength": strength, "steps": 200}
    for encoder, rows in (("BiLSTM", BILSTM), ("window", WINDOW))
    for hops, strength in rows
]


@experiment(settings=SETTINGS)
def networks(seed: int, encoder: str, hops: int, strength: float, steps: int) -> Outcome:
    """Classifiers of reviews: where each hop looks, how far the hops overlap, what is right on longer reviews."""
    train, test, long_test = map(tensors, reviews())
    training.set_seed(seed)
    model = build(hops, encoder)
    data = (train["tokens"], train["labels"])
    training.train(model, loss_with(strength), data, steps=steps, batch_size=32, seed=seed)
    numbers = marks(model, test, long_test)
    if hops == 4 and strength == 0:
        numbers["probe"] = [probe(model, test, offset) for offset in OFFSETS]
    kept = seed == 0 and hops == 4 and strength < 1
    return Outcome(numbers, model if kept else None)


def good_hops(runs: Record, **settings: Any) -> np.ndarray:
    """How many hops of each network point at evidence in more than 90 % of the reviews."""
    return (runs.values("pointing", **settings) > 0.9).sum(1)


def _setting(hops, strength, encoder="BiLSTM"):
    return {"encoder": encoder, "hops": hops, "strength": strength}


MEAN, ONE, FOUR, PENALISED, STRICT = (_setting(*row) for row in BILSTM)
LOOKING, PUSHED = (_setting(*row, "window") for row in WINDOW)


@networks.claim
def attention_learns_the_task(runs: Record) -> Verdict:
    """With attention nearly all reviews are right, with one hop as with four, unless the penalty dominates."""
    return all_of(
        *[above(runs.values("accuracy", **row), 0.97) for row in (ONE, FOUR, PENALISED, LOOKING, PUSHED)]
    )


@networks.claim
def the_mean_can_be_read(runs: Record) -> Verdict:
    """On reviews of the usual length the plain mean gets more right than one verdict alone could, which is half."""
    return above(runs.values("accuracy", **MEAN), 0.6)


@networks.claim
def the_mean_suffers_on_long_reviews(runs: Record) -> Verdict:
    """On reviews three times as long one hop stays right and the mean falls behind."""
    lead = runs.values("long", **ONE) - runs.values("long", **MEAN)
    return all_of(above(lead, 0.08, cap=0.23), above(runs.values("long", **ONE), 0.95))


@networks.claim
def the_penalty_parts_the_hops(runs: Record) -> Verdict:
    """With a penalty of 0.1 two hops overlap less than half as much, on the BiLSTM and on the window."""
    pairs = ((FOUR, PENALISED), (LOOKING, PUSHED))
    return all_of(
        *[below(runs.values("overlap", **b) - runs.values("overlap", **a) / 2, 0) for a, b in pairs]
    )


@networks.claim
def few_penalised_hops_point(runs: Record) -> Verdict:
    """On the BiLSTM at most two of four penalised hops point at evidence in more than 90 % of the reviews."""
    return below(good_hops(runs, **PENALISED), 2.5)


@networks.claim
def too_much_penalty(runs: Record) -> Verdict:
    """With a penalty of 1 no hop points at evidence in 90 % of the reviews."""
    return below(runs.values("pointing", **STRICT).max(1), 0.8)


@networks.claim
def one_hop_looks_at_the_evidence_or_beside_it(runs: Record) -> Verdict:
    """A single hop lies on the evidence or at most one place beside it in eight of ten reviews or more."""
    return above(runs.values("near", **ONE)[:, 0], 0.8)


@networks.claim
def hops_point_where_only_the_evidence_knows(runs: Record) -> Verdict:
    """On the window most hops point at evidence in nine of ten reviews."""
    return above(good_hops(runs, **LOOKING), 2)


@networks.claim
def there_the_penalty_pushes_hops_away(runs: Record) -> Verdict:
    """On the window fewer hops point with the penalty than without."""
    return above(good_hops(runs, **LOOKING) - good_hops(runs, **PUSHED), 0, cap=1)


@networks.claim
def the_bilstm_carries_the_verdict(runs: Record) -> Verdict:
    """From each of nine places around the adjective the BiLSTM's state tells the verdict."""
    return above(runs.values("probe", **FOUR).min(1), 0.9)


@networks.claim
def the_window_does_not(runs: Record) -> Verdict:
    """The window's state tells the verdict at the adjective and not one place before it."""
    found = runs.values("probe", **LOOKING)
    at = list(OFFSETS).index(0)
    return all_of(above(found[:, at], 0.95), below(found[:, at - 1], 0.7))
