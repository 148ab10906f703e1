"""What people write for ``causal_mask``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    return [Call(4), Call(1), Call(0), Call(-2, raises=ValueError)]


diagonal_excluded = wrong(
    "Your diagonal is False, so the first position sees nothing at all. A position sees itself: what it predicts is the one after.",
    change("position <= position[:, None]", "np.tri(n, k=-1, dtype=bool)"),
)

looks_ahead = wrong(
    "Your triangle is the transposed one: each position looks ahead. Queries are rows, keys are columns, and a query looks back.",
    change("position <= position[:, None]", "np.tri(n, dtype=bool).T"),
)

future_is_true = wrong(
    "True stands where the future is. That is the convention of masks that say what to ignore; here True means may attend.",
    change("position <= position[:, None]", "~np.tri(n, dtype=bool)"),
)

triangle_of_numbers = wrong(
    "Your triangle holds numbers instead of booleans; np.tri and np.ones make floating numbers unless they are told otherwise.",
    change("position <= position[:, None]", "np.tril(np.ones((n, n)))"),
)

one_ahead = wrong(
    "Your triangle reaches one place too far: each position sees the next one, which is the very word that it must predict.",
    change("position <= position[:, None]", "np.tri(n, k=1, dtype=bool)"),
)

diagonal_only = wrong(
    "Each position sees itself alone. It may see all that stands before it, too.",
    change("position <= position[:, None]", "np.eye(n, dtype=bool)"),
)

additive_triangle = wrong(
    "Your mask is additive: 0 and −∞. Here it says yes and no; the conversion comes in a later exercise.",
    change("position <= position[:, None]", "np.where(np.tri(n, dtype=bool), 0.0, -np.inf)"),
)


@wrong("A negative n gives an empty mask without a word. The statement asks for an error there.")
def negative_unnoticed(n):
    return np.tri(max(n, 0), dtype=bool)


numbers_without_the_diagonal = both(
    diagonal_excluded, triangle_of_numbers, change("position <= position[:, None]", "np.tri(n, k=-1)")
)

numbers_ahead = both(
    looks_ahead, triangle_of_numbers, change("position <= position[:, None]", "np.triu(np.ones((n, n)))")
)

lower_triangle = right(
    change("position = np.arange(n)", ""),
    change("position <= position[:, None]", "np.tril(np.ones((n, n), dtype=bool))"),
)


@right()
def cell_by_cell(n):
    if n < 0:
        raise ValueError("negative")
    mask = np.zeros((n, n), dtype=bool)
    for t in range(n):
        mask[t, : t + 1] = True
    return mask
