"""Lesson *Several heads*: one, two, four and eight heads that answer four questions at each verb."""

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import nn

from attention_course.data import translation as tr
from attention_course.data.roles import encode_roles
from attention_course.data.tokens import PAD
from attention_course.experiments import Outcome, Verdict, above, all_of, below, experiment, grid, within
from attention_course.measuring import training
from attention_course.mechanisms import multi_head
from attention_course.records import Record

WORDS = len(tr.ENGLISH)


class RoleReader(nn.Module):
    """tokens (B, n), verbs (B, V) -> logits (B, V, 4, words), weights (B, h, V, n)."""

    def __init__(self, h: int, width: int = 32, longest: int = 32) -> None:
        super().__init__()
        self.word = nn.Embedding(WORDS, width)
        self.place = nn.Embedding(longest, width)
        self.attention = multi_head.MultiHeadAttention(width, h)
        self.out = nn.Linear(width, 4 * WORDS)

    def forward(self, tokens: torch.Tensor, verbs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.word(tokens) + self.place.weight[: tokens.shape[1]]
        asking = torch.take_along_dim(x, verbs.clamp(min=0)[..., None], dim=1)
        mask = (tokens != PAD)[:, None, None]  # (B, 1, 1, n)
        y, weights = self.attention(asking, x, x, mask)
        return self.out(y).unflatten(-1, (4, WORDS)), weights


@lru_cache
def data() -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """4000 sentences for training and 1000 for the test, of one and two clauses: tensors by the names of ``Roles``."""

    def make(count, seed):
        rng = np.random.default_rng(seed)
        roles = encode_roles([tr.draw_sentence(rng, (1, 2)) for _ in range(count)])
        return {name: torch.from_numpy(array) for name, array in roles._asdict().items()}

    return make(4000, seed=1), make(1000, seed=2)


def role_loss(model: Any, tokens: torch.Tensor, verbs: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
    logits, _ = model(tokens, verbs)
    real = verbs >= 0
    return nn.functional.cross_entropy(logits[real].flatten(0, 1), answers[real].flatten())


@torch.no_grad()
def answered(model: Any, test: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Which answers are right, bool (verbs, 4), and the answers themselves."""
    logits, _ = model(test["tokens"], test["verbs"])
    real = test["verbs"] >= 0
    answers = logits.argmax(-1)[real]
    return answers == test["answers"][real], answers


def complete(right: torch.Tensor, players: torch.Tensor, of: int | None = None) -> float:
    """Percent of verbs with all four answers right, of those with ``of`` of ``players (verbs,)``."""
    chosen = players > 0 if of is None else players == of
    return 100 * right.all(-1)[chosen].float().mean().item()


@torch.no_grad()
def reads(model: Any, test: dict[str, torch.Tensor]) -> np.ndarray:
    """Mean weight of each head on the word of each role, where there is one: (h, 4)."""
    weights = model(test["tokens"], test["verbs"])[1]  # (N, h, V, n)
    places = test["places"]  # (N, V, 4)
    on = torch.take_along_dim(weights, places.clamp(min=0)[:, None], dim=-1).transpose(1, 2)  # (N, V, h, 4)
    there = (places >= 0)[:, :, None]
    return ((on * there).sum((0, 1)) / there.sum((0, 1))).numpy()


def named(right: torch.Tensor, test: dict[str, torch.Tensor]) -> np.ndarray:
    """Percent of right answers for each role, where somebody plays it: (4,)."""
    there = test["answers"][test["verbs"] >= 0] > 0
    return (100 * (right & there).sum(0) / there.sum(0)).numpy()


def costs(model: Any, test: dict[str, torch.Tensor], players: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Points lost without each head: role by role (h, 4), and complete verbs (h,)."""
    whole, gate = answered(model, test)[0], model.attention.head_gate
    roles, verbs = [], []
    for i in range(len(gate)):
        gate[i] = 0
        without = answered(model, test)[0]
        gate[i] = 1
        roles.append(named(whole, test) - named(without, test))
        verbs.append(complete(whole, players) - complete(without, players))
    return np.array(roles), np.array(verbs)


@experiment(settings=[*grid(h=[1, 2, 4, 8], steps=600), {"h": 1, "steps": 1500}])
def readers(seed: int, h: int, steps: int) -> Outcome:
    """One layer of attention with h heads that names four players at each verb; what its heads read and are worth."""
    train, test = data()
    real = test["verbs"] >= 0
    players = (test["answers"] > 0).sum(-1)[real]
    training.set_seed(seed)
    model = RoleReader(h)
    inputs = tuple(train[name] for name in ("tokens", "verbs", "answers"))
    training.train(model, role_loss, inputs, steps=steps, seed=seed)
    right, said = answered(model, test)
    subject, thing = (test["answers"][real][:, i] for i in (0, 2))
    confused = (said[:, 2] == subject)[~right[:, 2] & (thing > 0)]
    numbers: dict[str, Any] = {"complete": [complete(right, players, of) for of in (None, 1, 2, 3, 4)]}
    if h == 1:  # of its wrong objects, how many are the subject
        numbers["swapped"] = 100 * confused.float().mean().item()
    if h > 2:
        numbers["reads"] = reads(model, test)
        numbers["lost"], numbers["cost"] = costs(model, test, players)
    return Outcome(numbers, model if seed == 0 and h == 4 else None)


def _complete(runs, h, players=0, steps=600):
    """Percent of the verbs, all or those with so many players, whose four answers are right."""
    return runs.values("complete", h=h, steps=steps)[:, players]


@readers.claim
def one_head_is_too_few(runs: Record) -> Verdict:
    """With one head many verbs go wrong, with four heads few."""
    return all_of(below(_complete(runs, 1), 65), above(_complete(runs, 4), 88))


@readers.claim
def four_players(runs: Record) -> Verdict:
    """Of the verbs with four players one head answers few completely, four heads many more."""
    one, four = _complete(runs, 1, 4), _complete(runs, 4, 4)
    return all_of(below(one, 25), above(four - one, 20))


@readers.claim
def patience_does_not_replace_heads(runs: Record) -> Verdict:
    """One head trained for 1500 steps is still well behind four after 600."""
    return above(_complete(runs, 4) - _complete(runs, 1, steps=1500), 8)


@readers.claim
def it_takes_the_subject_for_the_object(runs: Record) -> Verdict:
    """Of one head's wrong objects a good part are the subject."""
    return above(runs.values("swapped", h=1, steps=600), 30)


@readers.claim
def two_heads_are_ahead_of_one(runs: Record) -> Verdict:
    """Two heads are ahead of one."""
    return above(_complete(runs, 2) - _complete(runs, 1), 0)


@readers.claim
def eight_heads_cost_nothing(runs: Record) -> Verdict:
    """Over all verbs eight heads are as good as four, within eight points."""
    return within(_complete(runs, 8), _complete(runs, 4), 8)


@readers.claim
def no_head_of_four_can_be_missed(runs: Record) -> Verdict:
    """A head of four costs many points of complete verbs on the average, one of eight fewer."""
    four, eight = (runs.values("cost", h=h).mean(1) for h in (4, 8))
    return all_of(above(four, 25), above(four - eight, 8))


@readers.claim
def weights_are_a_good_first_guess(runs: Record) -> Verdict:
    """The role that a head reads most is the one that suffers most without it for most heads of four."""
    reads, lost = (runs.values(number, h=4).argmax(2) for number in ("reads", "lost"))
    return above(100 * (reads == lost).mean(1), 50)
