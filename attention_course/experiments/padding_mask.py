"""Lesson *The padding mask*: networks that read padding, in four ways of treating it."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from attention_course.data import sentences
from attention_course.data.sentences import Review
from attention_course.experiments import Outcome, Verdict, above, all_of, below, experiment, grid
from attention_course.measuring import training
from attention_course.records import Record

WAYS = ["before", "nothing", "score 0", "after"]
PLACES = [30, 60, 120, 240]
PADDING = sentences.INDEX[sentences.PAD]


def weigh(scores: torch.Tensor, mask: torch.Tensor, how: str) -> torch.Tensor:
    """Weights (…, m) of scores (…, m) under a mask, True on words, by four ways."""
    if how == "before":
        scores = scores.masked_fill(~mask, -torch.inf)
    if how == "score 0":
        scores = scores * mask
    weights = torch.softmax(scores, dim=-1)
    if how == "after":
        weights = weights * mask
    return weights


class Reader(nn.Module):
    """Tokens (B, m) → kindness (B), weights (B, m), scores (B, m)."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(sentences.VOCABULARY), width)
        self.query = nn.Parameter(torch.randn(width))
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width, bias=False)
        self.decide = nn.Sequential(nn.Linear(width, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, tokens: torch.Tensor, how: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        x = self.embedding(tokens)
        scores = self.key(x) @ self.query / math.sqrt(x.shape[-1])
        weights = weigh(scores, tokens != PADDING, how)
        z = (weights[:, None] @ self.value(x))[:, 0]
        return 100 * self.decide(z)[:, 0], weights, scores


def review_sets() -> tuple[list[Review], list[Review]]:
    """Reviews of two to five clauses: 4000 for training, 1000 unseen."""
    train = sentences.make_reviews(4000, seed=1, distractors=(0, 3))
    return train, sentences.make_reviews(1000, seed=2, distractors=(0, 3), exclude=train)


def tensors(reviews: Sequence[Review]) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens (N, m) and, in points of 100, which share of a review's adjectives is kind (N)."""
    tokens = sentences.encode(reviews)["tokens"]
    good = [sentences.INDEX[word] for word in sentences.GOOD]
    adjectives = good + [sentences.INDEX[word] for word in sentences.BAD]
    kind, all_ = (np.isin(tokens, words).sum(1) for words in (good, adjectives))
    return torch.from_numpy(tokens), torch.tensor(100 * kind / all_, dtype=torch.float32)


def shortest_kind(tokens: torch.Tensor, kindness: torch.Tensor) -> int:
    """Which review is the shortest of those that have nothing but praise."""
    return int(torch.where(kindness == 100, (tokens != PADDING).sum(1), 99).argmin())


def padded(tokens: torch.Tensor, length: int) -> torch.Tensor:
    """``tokens`` with signs for padding up to ``length`` places."""
    return nn.functional.pad(tokens, (0, length - tokens.shape[1]), value=PADDING)


def loss_of(how: str) -> Callable[..., torch.Tensor]:
    """The loss of the training, each batch padded to its longest review."""

    def loss(model, tokens, kindness):
        tokens = tokens[:, : int((tokens != PADDING).sum(1).max())]
        return nn.functional.mse_loss(model(tokens, how)[0] / 100, kindness / 100)

    return loss


@torch.no_grad()
def read(model: Any, how: str, tokens: torch.Tensor, length: int | None = None) -> tuple[torch.Tensor, float]:
    """Kindness (N) and the mean weight on padding; ``length`` None: each review alone, without padding."""
    if length is None:
        n_words, answers = (tokens != PADDING).sum(1), torch.zeros(len(tokens))
        for size in n_words.unique().tolist():
            rows = n_words == size
            answers[rows] = model(tokens[rows, :size], how)[0]
        return answers, 0.0
    tokens = padded(tokens, length)
    answers, weights, _ = model(tokens, how)
    return answers, (weights * (tokens == PADDING)).sum(1).mean().item()


def marks(model: Any, how: str, tokens: torch.Tensor, kindness: torch.Tensor) -> dict[str, Any]:
    """Mean error alone and at each padded length, the farthest that an answer moves, the weight on pads (%)."""
    alone, _ = read(model, how, tokens)
    answers, on_pads = zip(*(read(model, how, tokens, length) for length in PLACES), strict=True)
    return {
        "error": [(a - kindness).abs().mean().item() for a in (alone, *answers)],
        "moved": [(a - alone).abs().max().item() for a in answers],
        "on pads": [100 * share for share in on_pads],
    }


@torch.no_grad()
def score_gap(model: Any, tokens: torch.Tensor) -> float:
    """How far the pad's score lies below the mean score of the words."""
    scores, words = model(tokens, "nothing")[2], tokens != PADDING
    return (scores[words].mean() - scores[~words].mean()).item()


@experiment(settings=grid(how=WAYS, steps=300))
def networks(seed: int, how: str, steps: int) -> Outcome:
    """Readers trained in four ways of treating the padding, read in the same way; the masked ones in all four."""
    train_set, test_set = review_sets()
    tokens, kindness = tensors(test_set)
    training.set_seed(seed)
    model = Reader()
    first = model.embedding.weight[PADDING].detach().clone()
    training.train(model, loss_of(how), tensors(train_set), steps=steps, batch_size=32, seed=seed)
    numbers: dict[str, Any] = {
        "pad vector moved": (model.embedding.weight[PADDING] - first).abs().max().item(),
        "gap": score_gap(model, tokens),
        "read": {by: marks(model, by, tokens, kindness) for by in (WAYS if how == "before" else [how])},
    }
    if how == "before":  # the two guests of the lesson's beginning
        which = shortest_kind(tokens, kindness)
        review = tokens[which : which + 1, : int((tokens[which] != PADDING).sum())]
        with torch.no_grad():
            beside = [model(given, "nothing")[0].item() for given in (review, padded(review, 60))]
        numbers["guest"] = beside
    return Outcome(numbers, model if seed == 0 else None)


def reading(runs: Record, mark: str, trained: str, by: str) -> np.ndarray:
    """A mark of the networks trained in one way and read in another, ``(seeds, lengths)``."""
    return np.array([run["numbers"]["read"][by][mark] for run in runs.of(how=trained)])


def _factor(runs, trained, by, places):
    """By what the error at a padded length exceeds that of the masked networks alone, as a power of two."""
    errors = reading(runs, "error", trained, by)[:, 1 + PLACES.index(places)]
    return np.log2(errors / reading(runs, "error", "before", "before")[:, 0])


@networks.claim
def the_task_can_be_learned(runs: Record) -> Verdict:
    """With the mask the networks err by less than two and a half points, and find praise in the short review."""
    wrong = reading(runs, "error", "before", "before")[:, 0]
    return all_of(below(wrong, 2.5), below(np.abs(runs.values("guest", how="before")[:, 0] - 100), 10, cap=3))


@networks.claim
def masked_answers_do_not_move(runs: Record) -> Verdict:
    """With the mask no answer moves by more than rounding, whatever the padding."""
    return below(reading(runs, "moved", "before", "before").max(1), 1e-3)


@networks.claim
def a_forgotten_mask_is_expensive(runs: Record) -> Verdict:
    """Read without their mask in batches of 240 places, the same networks err more than twice as much."""
    return above(_factor(runs, "before", "nothing", 240), 1, cap=3)


@networks.claim
def neither_repair_helps(runs: Record) -> Verdict:
    """A score of 0, or a weight of zero afterwards, leaves more than twice the error at 240 places, too."""
    return all_of(*[above(_factor(runs, "before", by, 240), 1) for by in ("score 0", "after")])


@networks.claim
def the_pad_learns_only_without_the_mask(runs: Record) -> Verdict:
    """Under the mask the pad's vector stays what it was to the last bit, without it the vector moves."""
    moved = {how: runs.values("pad vector moved", how=how) for how in ("before", "nothing")}
    return all_of(below(moved["before"], 1e-12), above(moved["nothing"], 0.03))


@networks.claim
def trained_without_it_is_hardly_broken(runs: Record) -> Verdict:
    """Trained and read without a mask the error at 30 places is less than two and a half points larger than with it."""
    lead = (
        reading(runs, "error", "nothing", "nothing")[:, 1] - reading(runs, "error", "before", "before")[:, 0]
    )
    return below(lead, 2.5)


@networks.claim
def but_not_at_240(runs: Record) -> Verdict:
    """Trained and read without a mask the error at 240 places is at least a third larger than with it."""
    return above(_factor(runs, "nothing", "nothing", 240), math.log2(4 / 3), cap=1.2)


@networks.claim
def it_makes_a_mask_of_its_own(runs: Record) -> Verdict:
    """Trained without a mask, or with zero afterwards, a network scores the pad below the mean word."""
    return all_of(
        above(runs.values("gap", how="nothing"), 0.5, cap=2),
        above(runs.values("gap", how="after"), 0.7, cap=2),
    )


@networks.claim
def it_counts_on_padding(runs: Record) -> Verdict:
    """The network whose pads score 0 is worse alone than in a batch of 30 places."""
    errors = reading(runs, "error", "score 0", "score 0")
    return above(errors[:, 0] - errors[:, 1], 0, cap=0.4)
