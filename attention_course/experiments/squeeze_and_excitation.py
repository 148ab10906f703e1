"""Lesson *Squeeze and excitation*: networks with and without gates, where cameras fail."""

import time
from functools import lru_cache, partial
from typing import Any

import numpy as np
import torch
from torch import nn

from attention_course import records
from attention_course.data import surfaces
from attention_course.experiments import Outcome, Verdict, above, all_of, below, experiment, grid, within
from attention_course.measuring import timing, training
from attention_course.mechanisms import channel_attention as ca
from attention_course.records import Record

KEPT = (
    ("SE", "fixed", 300),
    ("ECA", "varying", 300),
)  # parameters of seed 0 that the page and its explorer load


@lru_cache
def data() -> tuple:
    """``answers (4000,)``, ``said (1000,)`` of the test, and for each defect (images, test images, who works).

    Images are tensors ``(N, cameras, H, W)``; the test's patches follow as ``(1000, H, W)``.
    """
    rng = np.random.default_rng(0)
    x_train, y_train = surfaces.patches(rng, 4000, False)
    x_test, y_test = surfaces.patches(rng, 1000, True)
    sets = {}
    for defect in ("fixed", "varying"):
        images, _ = surfaces.seen_by_cameras(rng, x_train, defect)
        unseen, works = surfaces.seen_by_cameras(rng, x_test, defect)
        sets[defect] = torch.from_numpy(images), torch.from_numpy(unseen), works
    return torch.from_numpy(y_train), y_test, sets, x_test


class Net(nn.Module):
    """Images (B, cameras, H, W) -> scores (B, classes); ``gate(channels)`` makes a module for each of two places."""

    def __init__(self, gate: Any, filters: int = 6, width: int = 32) -> None:
        super().__init__()
        channels = surfaces.CAMERAS * filters
        self.first = nn.Conv2d(1, filters, 5, stride=2, padding=2)
        self.first_norm = nn.BatchNorm2d(channels)
        self.first_gate = gate(channels)
        self.second = nn.Conv2d(channels, width, 3, padding=1)
        self.second_norm = nn.BatchNorm2d(width)
        self.second_gate = gate(width)
        self.out = nn.Linear(width, len(surfaces.SURFACES))

    def maps(self, x: torch.Tensor) -> torch.Tensor:
        """The last feature maps, before their gate: (B, width, H/2, W/2)."""
        each = self.first(x.flatten(0, 1)[:, None])  # every camera, the same filters
        each = each.reshape(len(x), -1, *each.shape[2:])
        x = self.first_gate(torch.relu(self.first_norm(each)))
        return torch.relu(self.second_norm(self.second(x)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.second_gate(self.maps(x)).mean(dim=(2, 3)))


class Alone(nn.Module):
    """Each gate from the mean of its own channel: one weight for all, or one for each."""

    def __init__(self, weights: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(weights))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gates = torch.sigmoid(self.weight * ca.squeeze(x))
        self.gates = gates.detach()
        return ca.scale(x, gates)


class Awake(ca.SEBlock):
    """SE whose units keep a slope of 0.1 below zero."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        unit = nn.functional.leaky_relu(self.down(ca.squeeze(x)), 0.1)
        gates = torch.sigmoid(self.up(unit))
        self.gates = gates.detach()
        return ca.scale(x, gates)


GATES = {
    "none": lambda channels: nn.Identity(),
    "SE": ca.SEBlock,
    "ECA": ca.ECABlock,
    "one weight": lambda channels: Alone(1),
    "a weight each": Alone,
    "SE, awake": Awake,
}


def trained(gate: str = "ECA", defect: str = "varying") -> nn.Module:
    """A network of :func:`networks` with the parameters that come with the course, for use (eval); see ``KEPT``.

    Images ``(B, cameras, H, W)`` → scores ``(B, classes)``.  Raises :class:`~attention_course.records.RecordError` for one
    that was not kept.
    """
    steps = next((steps for *which, steps in KEPT if which == [gate, defect]), KEPT[0][-1])
    state = records.load("squeeze_and_excitation.networks").state(0, gate=gate, defect=defect, steps=steps)
    model = Net(GATES[gate])
    model.load_state_dict(state)
    return model.eval()


def loss(model: Any, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return nn.functional.cross_entropy(model(x), y)


@torch.no_grad()
def opening(model: Any, unseen: torch.Tensor, works: np.ndarray) -> tuple[float, float]:
    """The first gate's mean over the maps of the camera that works, and over those of the others."""
    model(unseen)
    g = model.first_gate.gates.reshape(len(unseen), surfaces.CAMERAS, -1).mean(2).numpy()
    right = np.eye(surfaces.CAMERAS, dtype=bool)[works]
    return g[right].mean(), g[~right].mean()


@torch.no_grad()
def class_share(model: Any, unseen: torch.Tensor, y_test: np.ndarray) -> float:
    """The percentage of the second gates' variance that the class explains, mean over channels."""
    model(unseen)
    g = model.second_gate.gates.numpy()
    means = np.array([g[y_test == c].mean(0) for c in range(len(surfaces.SURFACES))])
    return 100 * (means[y_test].var(0) / g.var(0).clip(1e-12)).mean()


@experiment(
    settings=[
        *grid(gate=["none", "SE", "ECA"], defect=["fixed", "varying"], steps=300),
        *grid(gate=["none", "SE", "ECA"], defect="varying", steps=800),
        *grid(gate=["one weight", "a weight each", "SE, awake"], defect="varying", steps=300),
    ]
)
def networks(seed: int, gate: Any, defect: str, steps: int) -> Outcome:
    """Small networks that name a surface which one of four cameras sees, with gates and without."""
    answers, y_test, sets, _ = data()
    x, unseen, works = sets[defect]
    training.set_seed(seed)
    model = Net(GATES[gate])
    training.train(model, loss, (x, answers), steps=steps, seed=seed)
    with torch.no_grad():
        said = model(unseen).argmax(1).numpy()
    numbers = {"right": 100 * np.mean(said == y_test)}
    if defect == "varying" and gate != "none":
        numbers["works"], numbers["broken"] = opening(model, unseen, works)
    if isinstance(model.first_gate, Alone):
        numbers["weight"] = model.first_gate.weight.mean().item()
    if (gate, defect) == ("SE", "fixed"):
        numbers["class_share"] = class_share(model, unseen, y_test)
    return Outcome(numbers, model if seed == 0 and (gate, defect, steps) in KEPT else None)


def _right(runs, gate, defect="varying", steps=300):
    return runs.values("right", gate=gate, defect=defect, steps=steps)


def _ratio(runs, gate, steps=300):
    """How much more open the first gate is for the camera that works."""
    return np.divide(*(runs.values(x, gate=gate, defect="varying", steps=steps) for x in ("works", "broken")))


@networks.claim
def a_fixed_defect_needs_no_gate(runs: Record) -> Verdict:
    """With a fixed defect ECA is within eight points of no gate, and SE less than ten ahead."""
    none = _right(runs, "none", "fixed")
    return all_of(
        within(_right(runs, "ECA", "fixed"), none, 8), below(_right(runs, "SE", "fixed") - none, 10)
    )


@networks.claim
def a_varying_defect_pays(runs: Record) -> Verdict:
    """With a varying defect both gates are ahead of none after 300 steps, ECA by far."""
    none = _right(runs, "none")
    return all_of(above(_right(runs, "SE") - none, 0, cap=4), above(_right(runs, "ECA") - none, 8))


@networks.claim
def eca_learns_faster_than_se(runs: Record) -> Verdict:
    """ECA, with three weights a block, is ahead of SE after 300 steps."""
    return above(_right(runs, "ECA") - _right(runs, "SE"), 0, cap=8)


@networks.claim
def eca_stays_ahead_of_se(runs: Record) -> Verdict:
    """ECA is ahead of SE after 800 steps, too."""
    return above(_right(runs, "ECA", steps=800) - _right(runs, "SE", steps=800), 0, cap=8)


@networks.claim
def none_had_finished_after_300(runs: Record) -> Verdict:
    """No kind had finished learning after 300 steps: 800 bring each several points more."""
    gains = [_right(runs, g, steps=800) - _right(runs, g) for g in ("none", "SE", "ECA")]
    return all_of(*(above(gain, 4, cap=11) for gain in gains))


@networks.claim
def gates_know_which_camera_works(runs: Record) -> Verdict:
    """The first gate is more open for the camera that works, clearly with ECA."""
    return above(_ratio(runs, "ECA"), 1.5, cap=2.8)


@networks.claim
def eca_tells_cameras_apart_more_sharply(runs: Record) -> Verdict:
    """The ratio of ECA's openings is larger than that of SE's."""
    return above(np.log(_ratio(runs, "ECA") / _ratio(runs, "SE")), 0, cap=0.7)


@networks.claim
def a_shared_weight_learns_faster(runs: Record) -> Verdict:
    """One weight that all channels share brings more than a weight for each channel."""
    return above(_right(runs, "one weight") - _right(runs, "a weight each"), 4)


@networks.claim
def neighbours_and_staying_awake_do_no_harm(runs: Record) -> Verdict:
    """ECA's look at its neighbours costs one shared weight nothing, and units that cannot sleep cost SE nothing."""
    neighbours = _right(runs, "ECA") - _right(runs, "one weight")
    awake = _right(runs, "SE, awake") - _right(runs, "SE")
    return all_of(above(neighbours, -3, cap=3), above(awake, -3, cap=3))


@networks.claim
def sharing_is_a_large_part(runs: Record) -> Verdict:
    """A shared weight alone brings a large part of ECA's lead over separate ones, and more than staying awake brings to SE."""
    each = _right(runs, "a weight each")
    shared = _right(runs, "one weight") - each
    awake = _right(runs, "SE, awake") - _right(runs, "SE")
    return all_of(
        above(shared / (_right(runs, "ECA") - each), 0.3, cap=0.55), above(shared - awake, 0, cap=5)
    )


@networks.claim
def separate_weights_bring_about_nothing(runs: Record) -> Verdict:
    """A weight for each channel brings hardly more than no gate: less than eight points."""
    return below(_right(runs, "a weight each") - _right(runs, "none"), 8)


@networks.claim
def the_same_rule_less_far(runs: Record) -> Verdict:
    """Both kinds of single weights learn that loud is bad; the shared one has come more than twice as far."""
    one, each = (
        runs.values("weight", gate=g, defect="varying", steps=300) for g in ("one weight", "a weight each")
    )
    return all_of(below(each, 0), below(one - 2 * each, 0))


@experiment(settings=[{}])
def speed(seed: int) -> dict[str, Any]:
    """Milliseconds of processor time for a forward pass of 64 images, without a gate, with SE, with ECA."""
    training.set_seed(seed)
    models = {gate: Net(GATES[gate]).eval() for gate in ("none", "SE", "ECA")}
    some = data()[2]["varying"][1][:64]

    def forward(model):
        with torch.no_grad():
            return model(some)

    clock = timing.interleaved(
        {gate: partial(forward, m) for gate, m in models.items()}, repeats=31, clock=time.process_time
    )
    return {gate: 1000 * np.median(seconds) for gate, seconds in clock.items()}


@speed.claim
def a_gate_costs_little_time(runs: Record) -> Verdict:
    """Neither gate makes the forward pass twice as slow."""
    return all_of(*(below(runs.values(gate) / runs.values("none"), 2) for gate in ("SE", "ECA")))
