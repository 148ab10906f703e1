# ruff: noqa: F821  (names of checks.py and of the notebook)
from copy import deepcopy as _copied

import numpy as np


def _alike(got, want, tolerance):
    """Compare what came back with what the solution gives, without a word about the input."""
    told = "With other numbers or sizes this is not what comes back."
    check(isinstance(got, tuple) == isinstance(want, tuple), told)
    got, want = (part if isinstance(part, tuple) else (part,) for part in (got, want))
    check(len(got) == len(want), told)
    for one, other in zip(got, want, strict=True):
        if np.ndim(other) and not isinstance(other, list):
            check(is_array(one, other), told)
        elif not of_torch(other):
            check(not of_torch(one), told)
        one, other = numbers_in(one), numbers_in(other)
        check(one.shape == other.shape and np.allclose(one, other, rtol=tolerance, atol=tolerance), told)


def _twin(mine, right, *args, tolerance=1e-6):
    """The student's function and the solution, with the same arguments."""
    want = right(*_copied(args))
    _alike(mine(*args), want, tolerance)


def _twin_layer(mine, right, sizes, *inputs, fixed=None, tolerance=1e-4):
    """The student's module and the solution, with the same parameters: random ones but for those that are ``fixed``."""
    expected, generator = right(*sizes), np.random.default_rng(len(inputs) + sum(sizes))
    shapes = {name: tuple(part.shape) for name, part in expected.named_parameters()}
    parameters = {name: generator.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    layer = mine(*sizes)
    check(
        {name: tuple(part.shape) for name, part in layer.named_parameters()} == shapes,
        "With other sizes these are not the parameters' names and shapes.",
    )
    for one in (layer, expected):
        load(one, {**parameters, **(fixed or {})})
    _alike(layer(*inputs), expected(*inputs), tolerance)


def _normal(seed, *shapes):
    """Arrays of normal numbers, one for each shape."""
    generator = np.random.default_rng(seed)
    return [generator.normal(size=shape) for shape in shapes]


def _tensors(seed, *shapes):
    """The same as float32 tensors."""
    return [torch.from_numpy(part.astype(np.float32)) for part in _normal(seed, *shapes)]
