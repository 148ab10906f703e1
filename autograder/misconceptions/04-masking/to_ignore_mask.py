"""What people write for ``to_ignore_mask``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    mask = np.array([[True, True, False], [False, False, False]])
    return [
        Call(mask),
        Call(mask[:, :1]),
        Call(np.array([1, 0]), raises=TypeError),
        Call([True, False], raises=TypeError),
    ]


unchanged = wrong(
    "You return the mask as it came. The two conventions say the opposite: True, may attend, becomes False, do not ignore.",
    change("np.where(mask, False, True)", "mask.copy()"),
)

one_minus_mask = wrong(
    "1 − mask turns yes and no round, but makes integers of them. A library that takes booleans for *ignore* may take numbers for something to add.",
    change("np.where(mask, False, True)", "1 - mask"),
)


@wrong("You return an additive mask, 0 and −∞. That is the other convention; this one is boolean.")
def additive_for_ignore(mask):
    if not isinstance(mask, np.ndarray) or mask.dtype != bool:
        raise TypeError
    return np.where(mask, 0.0, -np.inf)


any_type_taken = wrong(
    "You take whatever comes. On integers ~ is no negation: ~1 is −2, and −2 counts as True. The statement asks for a TypeError there.",
    change("not isinstance(mask, np.ndarray) or mask.dtype != np.bool_", "False"),
    change("np.where(mask, False, True)", "~np.asarray(mask)"),
)

compared_with_zero = wrong(
    "Numbers pass as a mask in your function. Nobody can tell whether their 0 means no, or means add nothing; the statement asks for a TypeError.",
    change("not isinstance(mask, np.ndarray) or mask.dtype != np.bool_", "False"),
)

order_reversed = wrong(
    "You turn the order of the places round. Each cell is to be negated where it stands.",
    change("np.where(mask, False, True)", "mask[..., ::-1].copy()"),
)

negated_in_place = wrong(
    "Your function turns the caller's mask round in place. The next one who uses it gets the opposite of what was meant.",
    change("return", "mask ^= True\nreturn"),
    change("np.where(mask, False, True)", "mask"),
)


@both(unchanged, any_type_taken)
def unchanged_of_any_type(mask):
    return np.array(mask)


@both(one_minus_mask, any_type_taken)
def one_minus_anything(mask):
    return 1 - np.asarray(mask).astype(int)


negated = right(change("np.bool_", "bool"), change("np.where(mask, False, True)", "~mask"))


@right()
def logically_not(mask):
    if getattr(mask, "dtype", None) != np.dtype(bool):
        raise TypeError("boolean arrays only")
    return np.logical_not(mask)
