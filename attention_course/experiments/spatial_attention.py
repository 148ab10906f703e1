"""Lesson *Spatial attention*: digits on walls, and whether a map of places points at them."""

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import nn

from attention_course.data import surfaces
from attention_course.experiments import Outcome, Verdict, above, all_of, below, experiment, grid
from attention_course.measuring import training
from attention_course.mechanisms import channel_attention as ca
from attention_course.records import Record

STRIDE = 2  # of the feature maps
KEPT = ("none", "CBAM", "CBAM, centred")  # parameters of seed 0


@lru_cache
def data() -> tuple:
    """Training scenes (tensor), their digits (tensor), test scenes (tensor), their digits and corners (arrays)."""
    rng = np.random.default_rng(0)
    x_train, y_train, _ = surfaces.digits_on_walls(rng, 4000, False)
    x_test, y_test, corners = surfaces.digits_on_walls(rng, 1000, True)
    return torch.from_numpy(x_train), torch.from_numpy(y_train), torch.from_numpy(x_test), y_test, corners


class BothPools(ca.CBAM):
    """CBAM without its second half."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return ca.scale(x, ca.channel_gate(x, self.down.weight, self.up.weight))


class Centred(ca.CBAM):
    """CBAM with a batch normalisation between the convolution and the sigmoid of its map."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.norm = nn.BatchNorm2d(1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = ca.scale(x, ca.channel_gate(x, self.down.weight, self.up.weight))
        pools = torch.stack([x.mean(1), x.amax(1)], dim=1)
        places = torch.sigmoid(self.norm(nn.functional.conv2d(pools, self.conv.weight, padding=3)))
        self.places = places.detach()
        return x * places


GATES = {
    "none": lambda channels: nn.Identity(),
    "SE": ca.SEBlock,
    "both pools": BothPools,
    "CBAM": ca.CBAM,
    "CBAM, centred": Centred,
}


class Net(nn.Module):
    """Scenes (B, 1, H, W) -> scores (B, 5)."""

    def __init__(self, gate: Any, width: int = 32) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 5, padding=2),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, width, 5, stride=STRIDE, padding=2),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )
        self.gate = gate(width)
        self.out = nn.Linear(width, surfaces.CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.gate(self.features(x)).mean(dim=(2, 3)))


def loss(model: Any, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return nn.functional.cross_entropy(model(x), y)


def boxes_of(corners: np.ndarray) -> np.ndarray:
    """Which places of the feature maps lie in the digit's box, ``(N, H/2, W/2)``, from corners ``(N, 2)``."""
    centres = np.arange(surfaces.SCENE // STRIDE) * STRIDE
    rows, columns = (
        (centres >= corners[:, [i]]) & (centres < corners[:, [i]] + surfaces.DIGIT) for i in (0, 1)
    )
    return rows[:, :, None] & columns[:, None]


def pointing(maps: np.ndarray, boxes: np.ndarray) -> float:
    """Per cent of ``maps (N, h, w)`` whose highest place lies in the box; of several equal ones, the share that does."""
    highest = maps == maps.max(axis=(1, 2), keepdims=True)
    return 100 * np.mean((highest & boxes).sum((1, 2)) / highest.sum((1, 2)))


@torch.no_grad()
def marks(model: Any, x_test: torch.Tensor, y_test: np.ndarray, boxes: np.ndarray) -> dict[str, float]:
    """What the lesson's table says of one network, in per cent; inside and outside are means of its map."""
    gated = model.gate(model.features(x_test))
    said = model.out(gated.mean(dim=(2, 3))).argmax(1)
    by_class = (model.out.weight[said][:, :, None, None] * gated).sum(1)
    found = {
        "right": 100 * np.mean(said.numpy() == y_test),
        "activation": pointing(gated.mean(1).numpy(), boxes),
        "class": pointing(by_class.numpy(), boxes),
    }
    if hasattr(model.gate, "places"):
        places = model.gate.places[:, 0].numpy()
        inside, outside = places[boxes].mean(), places[~boxes].mean()
        found |= {"map": pointing(places, boxes), "inside": inside, "outside": outside}
    return found


@experiment(settings=grid(gate=list(GATES), steps=200))
def networks(seed: int, gate: Any, steps: int) -> Outcome:
    """Networks that name a digit on a wall and differ in their gate alone, and where their maps point."""
    x_train, answers, x_test, y_test, corners = data()
    training.set_seed(seed)
    model = Net(GATES[gate])
    training.train(model, loss, (x_train, answers), steps=steps, seed=seed)
    return Outcome(
        marks(model, x_test, y_test, boxes_of(corners)), model if seed == 0 and gate in KEPT else None
    )


def _of(runs, mark, gate):
    return runs.values(mark, gate=gate)


@networks.claim
def all_learn_most_digits(runs: Record) -> Verdict:
    """Every kind of network names most digits rightly."""
    return all_of(*(above(_of(runs, "right", gate), 50, cap=75) for gate in GATES))


@networks.claim
def cbam_is_open_everywhere(runs: Record) -> Verdict:
    """CBAM's map stands near 1 inside the digit's box and outside, and differs little between them."""
    inside, outside = _of(runs, "inside", "CBAM"), _of(runs, "outside", "CBAM")
    return all_of(above(outside, 0.7), below(np.abs(inside - outside), 0.2))


@networks.claim
def the_normalisation_makes_the_map_differ(runs: Record) -> Verdict:
    """With the normalisation the map is clearly more open inside the box than outside."""
    gaps = [_of(runs, "inside", gate) - _of(runs, "outside", gate) for gate in ("CBAM, centred", "CBAM")]
    return above(np.abs(gaps[0]) - np.abs(gaps[1]), 0.1)


@networks.claim
def the_centred_map_points(runs: Record) -> Verdict:
    """The map with the normalisation points at the digit in more than four scenes of five, more often than CBAM's own."""
    centred = _of(runs, "map", "CBAM, centred")
    return all_of(above(centred, 80, cap=95), above(centred - _of(runs, "map", "CBAM"), 0, cap=25))


@networks.claim
def no_gate_is_needed_to_point(runs: Record) -> Verdict:
    """The mean activation of the network without a gate points at the digit in nearly every scene."""
    return above(_of(runs, "activation", "none"), 85)


@networks.claim
def the_normalisation_names_no_more(runs: Record) -> Verdict:
    """The normalisation brings no ten points more of digits named rightly."""
    return below(_of(runs, "right", "CBAM, centred") - _of(runs, "right", "CBAM"), 10, cap=0)
