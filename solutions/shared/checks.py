# Helpers of the checks. You need not read them, but you may.

import numpy as np


class CheckFailed(AssertionError):
    """What a check has to say; Jupyter shows the sentence alone, without a traceback."""

    def _render_traceback_(self):
        return [f"✗ {self}"]


def check(condition, message):
    """Raise with a message in words unless the condition holds."""
    if not condition:
        raise CheckFailed(message)


def of_torch(thing):
    """True for what comes from torch, told by its type: torch need not be installed."""
    return type(thing).__module__.partition(".")[0] == "torch"


def describe(thing, parts=True):
    """What was returned, in words."""
    if thing is None:
        return "None (is a `return` missing?)"
    if isinstance(thing, np.ndarray) or hasattr(thing, "detach"):
        kind = "a torch tensor" if of_torch(thing) else "an array"
        return f"{kind} of shape {tuple(thing.shape)}"
    if isinstance(thing, (tuple, list)):
        whole = f"a {type(thing).__name__} of {len(thing)}"
        if not parts or len(thing) > 4:
            return whole
        return f"{whole}: " + ", ".join(describe(part, parts=False) for part in thing)
    if isinstance(thing, (int, float, np.generic)):
        return "a number"
    return f"a {type(thing).__name__}"


def numbers(seed, *shapes):
    """Arrays of normal numbers, one for each shape."""
    generator = np.random.default_rng(seed)
    return [generator.normal(size=shape) for shape in shapes]


def check_pair(result, names="(output, weights)"):
    """An attention function returns a tuple of two."""
    check(
        isinstance(result, tuple) and len(result) == 2,
        f"A tuple of two was expected back, {names}. Yours is {describe(result)}.",
    )
    return result


def is_array(got, like):
    """True for a plain array (or tensor) of the same library as `like`."""
    if of_torch(like):
        return of_torch(got) and hasattr(got, "detach")
    return isinstance(got, (np.ndarray, np.generic))


def numbers_in(thing):
    """The numbers of an array or tensor, as a float64 array."""
    return np.asarray(thing.detach() if hasattr(thing, "detach") else thing, dtype=np.float64)


def same(got, want, tolerance=1e-6):
    """True where `got` has the type, the shape and the numbers of `want`."""
    if not is_array(got, want) or tuple(got.shape) != tuple(want.shape):
        return False
    got, want = numbers_in(got), numbers_in(want)
    return bool(np.isfinite(got).all() and np.allclose(got, want, rtol=tolerance, atol=tolerance))


def check_shape(got, want, what):
    """Compare type and shape, in words."""
    kind = "torch tensor" if of_torch(want) else "NumPy array"
    check(is_array(got, want), f"{what} should be a {kind}; yours is {describe(got)}.")
    check(
        tuple(got.shape) == tuple(want.shape),
        f"{what} should have the shape {tuple(want.shape)}; yours has {tuple(got.shape)}.",
    )


def check_array(got, want, what, why, tolerance=1e-6):
    """Compare with the expected array: type and shape first, then NaN, then the numbers."""
    check_shape(got, want, what)
    if same(got, want, tolerance):
        return
    got, want = numbers_in(got), numbers_in(want)
    check(not np.isnan(got).any(), f"{what} has NaN in it. {why}")
    where = np.unravel_index(np.argmax(np.abs(got - want)), want.shape)
    place = f" at {tuple(map(int, where))}" if want.ndim else ""
    digits = 4 if abs(got[where] - want[where]) > 1e-4 else 8
    raise CheckFailed(
        f"{what}{place} should be {want[where]:.{digits}f}; yours is {got[where]:.{digits}f}. {why}"
    )


def check_dtype(got, dtype, what):
    """The floating dtype of the input should come out again."""
    if got.dtype == dtype:
        return
    expected = dtype if of_torch(dtype) else np.dtype(dtype)
    why = "Is there a conversion on the way?"
    if isinstance(got, (np.ndarray, np.generic)) and got.dtype.itemsize > expected.itemsize:
        why = (
            "np.sqrt(4) and np.zeros(4) are float64, and so becomes all that NumPy computes with them; "
            "math.sqrt(4) and 4**0.5, plain Python numbers, leave float32 as it is."
        )
    raise CheckFailed(f"{what} should stay {expected}, as the input was; yours became {got.dtype}. {why}")


def check_manners(function, *args):
    """What comes back has the type of what was given, float32, and what was given stays as it is."""
    args = [part.astype(np.float32) if getattr(part, "dtype", None) == np.float64 else part for part in args]
    before = [part.copy() if isinstance(part, np.ndarray) else part for part in args]
    result = function(*args)
    check(
        all(np.array_equal(now, then) for now, then in zip(args, before, strict=True)),
        "Your function changes the arrays that it is given; work on new ones.",
    )
    for part in result if isinstance(result, tuple) else (result,):
        check_dtype(part, np.float32, "For float32 input what comes back")
