"""What people write for ``padding_mask``."""

from autograder.answers.bank import Call, again, both, change, right, wrong


def probes(rng):
    return [
        Call(np.array([3, 0, 5, 2]), 6),
        Call(rng.permutation(np.arange(1, 4)), 3),
        Call(np.array([2, 6]), 4, raises=ValueError),
    ]


length_included = wrong(
    "One place of padding is kept in each row. Lengths count from one, places from zero: the last word of a sentence of three stands at place 2.",
    change("< lengths", "<= lengths"),
)

padding_is_true = wrong(
    "Your mask is the wrong way round: it is True at the padding. In this course True means may attend.",
    change("< lengths", ">= lengths"),
)

padding_in_front = wrong(
    "Your words stand at the end of the row and the padding before them. Here the padding is at the end.",
    change("< lengths", ">= max_len - lengths"),
)

numbers_for_booleans = wrong(
    "Your mask holds numbers. A 0 means no in one convention and yes in another; a boolean leaves only one question open.",
    change("np.arange(max_len) < lengths[:, None]", "(np.arange(max_len) < lengths[:, None]).astype(int)"),
)

floats_for_booleans = again(
    numbers_for_booleans,
    change("np.arange(max_len) < lengths[:, None]", "(np.arange(max_len) < lengths[:, None]).astype(float)"),
)


sentences_as_columns = wrong(
    "Sentences are your columns. The batch comes first: one row for each sentence, one column for each place.",
    change(" < lengths[:, None]", "[:, None] < lengths"),
)

lengths_not_a_column = wrong(
    "You compare places and lengths entry by entry: an error, or, where there are as many sentences as places, something silent. Every place meets every length.",
    change("[:, None]", ""),
)

too_long_unnoticed = wrong(
    "A length above max_len passes without a word, as if the sentence had been cut. The statement asks for an error there.",
    change("lengths.max() > max_len", "False"),
)

as_wide_as_the_longest = wrong(
    "Your mask is as wide as the longest sentence. The batch may be wider than that: max_len says how wide.",
    change("np.arange(max_len)", "np.arange(lengths.max())"),
)

length_included_unnoticed = both(length_included, too_long_unnoticed)

padding_is_true_unnoticed = both(padding_is_true, too_long_unnoticed)


@right()
def row_by_row(lengths, max_len):
    mask = np.zeros((len(lengths), max_len), dtype=bool)
    for row, length in zip(mask, lengths, strict=True):
        if length > max_len:
            raise ValueError("too long")
        row[:length] = True
    return mask


@right()
def rows_of_a_triangle(lengths, max_len):
    if (lengths > max_len).any():
        raise ValueError("too long")
    return np.tri(max_len + 1, max_len, k=-1, dtype=bool)[lengths]
