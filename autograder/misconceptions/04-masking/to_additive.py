"""What people write for ``to_additive``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    mask = np.array([[True, False, True], [False, False, True]])
    return [
        Call(mask, "float64"),
        Call(mask[0], "float32"),
        Call(mask, "float16"),
        Call(mask, "int64", raises=TypeError),
    ]


additive_nan = wrong(
    "(1 − mask)·(−∞) computes 0·∞ where a query may attend, and that is NaN. Select; do not multiply.",
    change("np.where(mask, 0, -np.inf)", "((1 - mask.astype(float)) * -np.inf)"),
)

additive_inverted = wrong(
    "You add −∞ where a query may attend, and 0 where it may not: the wrong way round.",
    change("0, -np.inf", "-np.inf, 0"),
)

ones_and_zeros = wrong(
    "You turn True into 1 and False into 0. Added to the scores that forbids nothing; what must be added so that the exponential becomes 0?",
    change("np.where(mask, 0, -np.inf)", "mask"),
)

a_billion_for_infinity = wrong(
    "You write −1e9. In half precision it is beyond what fits, with scores as low it is not low at all, and a row of nothing becomes uniform. −∞ was asked for.",
    change("np.inf", "1e9"),
)

one_where_allowed = wrong(
    "You leave 1 where a query may attend. Added to every allowed score it changes little, but an additive mask leaves what is allowed as it is: which number does?",
    change("mask, 0, -", "mask, 1, -"),
)

always_float64 = wrong(
    "The dtype has no say in your result: it is float64 always, and lifts half-precision scores with it.",
    change(".astype(dtype)", ""),
)

integers_unnoticed = wrong(
    "An integer type passes without an error, and −∞ becomes some integer in it. The statement asks for a TypeError there.",
    change("not np.issubdtype(dtype, np.floating)", "False"),
)

plus_infinity = wrong(
    "You add +∞ where a query may not attend. Then exactly the forbidden key wins; the sign is the wrong one.",
    change("-np.inf", "np.inf"),
)

inverted_in_float64 = both(additive_inverted, always_float64)

inverted_integers = both(additive_inverted, integers_unnoticed)


@right()
def zeros_then_filled(mask, dtype):
    if np.dtype(dtype).kind != "f":
        raise TypeError("floating types only")
    added = np.zeros(mask.shape, dtype=dtype)
    added[~mask] = -np.inf
    return added


logarithm_of_the_mask = right(
    change("dtype, np", "np.dtype(dtype), np"),
    change("np.where(mask, 0, -np.inf).astype(dtype)", "np.log(mask.astype(dtype))"),
)
