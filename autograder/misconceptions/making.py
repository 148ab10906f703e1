"""What the probes of several exercises are made of."""

from collections.abc import Iterable, Mapping

import numpy as np
import torch
from numpy.typing import DTypeLike

Shape = tuple[int, ...]
Arrays = dict[str, np.ndarray]  # by a parameter's name


def tensors(rng: np.random.Generator, *shapes: Shape, dtype: DTypeLike = np.float64) -> list[torch.Tensor]:
    """A tensor of random numbers for each shape."""
    return [torch.from_numpy(rng.normal(size=shape).astype(dtype)) for shape in shapes]


def parameters(rng: np.random.Generator, shapes: Mapping[str, Shape]) -> Arrays:
    """The same for the parameters of a module: name -> shape."""
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def layer_parameters(
    rng: np.random.Generator, d_model: int, d_ff: int, norms: Iterable[str], attentions: Iterable[str]
) -> Arrays:
    """Those of a Transformer's pre-norm layer."""
    shapes: dict[str, Shape] = {
        "feed_forward.0.weight": (d_ff, d_model),
        "feed_forward.0.bias": (d_ff,),
        "feed_forward.2.weight": (d_model, d_ff),
        "feed_forward.2.bias": (d_model,),
    }
    for name in norms:
        shapes[f"{name}.weight"] = shapes[f"{name}.bias"] = (d_model,)
    for name in attentions:
        shapes[f"{name}.inner.in_proj_weight"] = (3 * d_model, d_model)
        shapes[f"{name}.inner.out_proj.weight"] = (d_model, d_model)
    return parameters(rng, shapes)


def layer_inputs(rng: np.random.Generator, *shapes: Shape) -> list[torch.Tensor]:
    """What comes into such a layer, neither centred nor of unit spread."""
    return [torch.from_numpy((2 * rng.normal(size=shape) + 1).astype(np.float32)) for shape in shapes]
