from copy import deepcopy as _copied

import numpy as np


def _alike(got, want, tolerance):
    """Compare what came back with what the solution gives.  One sentence for all, which tells nothing of the input: what is
    amiss in kind or shape the visible part has said already."""
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
    layer, expected = mine(*sizes), right(*sizes)
    shapes = parameters_of(expected)
    check(
        parameters_of(layer) == shapes,
        "With other sizes these are not the parameters' names and shapes.",
    )
    drawn = dict(zip(shapes, tensors(len(inputs) + sum(sizes), *shapes.values()), strict=True))
    for one in (layer, expected):
        load(one, {**drawn, **(fixed or {})})
    _alike(layer(*inputs), expected(*inputs), tolerance)
