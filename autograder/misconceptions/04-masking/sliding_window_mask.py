"""What people write for ``sliding_window_mask``."""

from autograder.answers.bank import Call, again, both, change, right, wrong


def probes(rng):
    return [Call(6, 3), Call(4, 1), Call(3, 7), Call(4, 0, raises=ValueError)]


one_too_many = wrong(
    "Your window is one too wide: the position itself counts as one of the window, so that window − 1 are left before it.",
    change("behind < window", "behind <= window"),
)

without_itself = wrong(
    "Your window leaves the position itself out. It belongs to the window; a window of 1 is the position alone.",
    change("behind >= 0", "behind > 0"),
)

both_sides = wrong(
    "Your window reaches to both sides. This one is causal: it looks back and never ahead.",
    change("(behind >= 0) & (behind < window)", "np.abs(np.arange(n)[:, None] - np.arange(n)) < window"),
)

window_ahead = wrong(
    "Your window looks ahead: rows and columns are exchanged. Queries are rows, and a query looks back.",
    change("position[:, None] - position", "np.arange(n) - np.arange(n)[:, None]"),
)

window_without_effect = wrong(
    "Your mask is the whole causal one: nothing is ever forgotten. What does window take away?",
    change("(behind >= 0) & (behind < window)", "np.tri(n, dtype=bool)"),
)

window_of_numbers = wrong(
    "Your window holds numbers instead of booleans; np.zeros and np.ones make floating numbers unless they are told otherwise.",
    change("(behind >= 0) & (behind < window)", "((behind >= 0) & (behind < window)).astype(float)"),
)

window_of_whole_numbers = again(
    window_of_numbers,
    change("(behind >= 0) & (behind < window)", "((behind >= 0) & (behind < window)).astype(int)"),
)


blocks = wrong(
    "You cut the sequence into blocks. A window slides: each position has the same number before it, except at the start.",
    change("np.arange(n)", "np.arange(n) // window"),
    change("(behind >= 0) & (behind < window)", "(np.tri(n, dtype=bool)) & (position[:, None] == position)"),
)


@wrong(
    "A window below 1 gives a mask with nothing in it, without a word. The statement asks for an error there."
)
def empty_window_unnoticed(n, window):
    behind = np.arange(n)[:, None] - np.arange(n)
    return (behind >= 0) & (behind < window)


outside_is_true = wrong(
    "True stands where a position must not look. Here True means may attend.",
    change("(behind >= 0) & (behind < window)", "(behind < 0) | (behind >= window)"),
)


@wrong(
    "Near the start your slice begins below 0. A negative index counts from the end in Python, so these rows come out empty; they begin at 0."
)
def begins_below_zero(n, window):
    if window < 1:
        raise ValueError
    mask = np.zeros((n, n), dtype=bool)
    for t in range(n):
        mask[t, t - window + 1 : t + 1] = True
    return mask


both_sides_one_too_many = both(
    one_too_many,
    both_sides,
    change("(behind >= 0) & (behind < window)", "np.abs(np.arange(n)[:, None] - np.arange(n)) <= window"),
)


@both(one_too_many, empty_window_unnoticed)
def one_too_many_unnoticed(n, window):
    behind = np.arange(n)[:, None] - np.arange(n)
    return (behind >= 0) & (behind <= window)


@right()
def difference_of_triangles(n, window):
    if window < 1:
        raise ValueError("too narrow")
    return np.tri(n, dtype=bool) & ~np.tri(n, k=-window, dtype=bool)


@right()
def window_row_by_row(n, window):
    if window < 1:
        raise ValueError("too narrow")
    mask = np.zeros((n, n), dtype=bool)
    for t in range(n):
        mask[t, max(0, t - window + 1) : t + 1] = True
    return mask
