"""What people write for 04-masking.  See ``autograder.answers.bank`` for how an entry works.

The hint says what was misunderstood and what to think about, not what to type.
"""

import numpy as np

from attention_course.mechanisms.masking import masked_softmax
from autograder.answers.bank import Call, Given, probes, right, wrong

# ---------------------------------------------------------------- padding_mask


@probes("padding_mask")
def padding_probes(rng):
    return [
        Call(np.array([3, 0, 5, 2]), 6),
        Call(rng.permutation(np.arange(1, 4)), 3),
        Call(np.array([2, 6]), 4),
    ]


@wrong(
    "padding_mask",
    "One place of padding is kept in each row. Lengths count from one, places from zero: the last word of a sentence of three stands at place 2.",
)
def length_included(lengths, max_len):
    if lengths.max() > max_len:
        raise ValueError
    return np.arange(max_len) <= lengths[:, None]


@wrong(
    "padding_mask",
    "Your mask is the wrong way round: it is True at the padding. In this course True means may attend.",
)
def padding_is_true(lengths, max_len):
    if lengths.max() > max_len:
        raise ValueError
    return np.arange(max_len) >= lengths[:, None]


@wrong(
    "padding_mask",
    "Your words stand at the end of the row and the padding before them. Here the padding is at the end.",
)
def padding_in_front(lengths, max_len):
    if lengths.max() > max_len:
        raise ValueError
    return np.arange(max_len) >= max_len - lengths[:, None]


@wrong(
    "padding_mask",
    "Your mask holds numbers. A 0 means no in one convention and yes in another; a boolean leaves only one question open.",
)
def numbers_for_booleans(lengths, max_len):
    if lengths.max() > max_len:
        raise ValueError
    return (np.arange(max_len) < lengths[:, None]).astype(int)


@wrong(
    "padding_mask",
    "Sentences are your columns. The batch comes first: one row for each sentence, one column for each place.",
)
def sentences_as_columns(lengths, max_len):
    if lengths.max() > max_len:
        raise ValueError
    return np.arange(max_len)[:, None] < lengths


@wrong(
    "padding_mask",
    "You compare places and lengths entry by entry: an error, or, where there are as many sentences as places, something silent. Every place meets every length.",
)
def lengths_not_a_column(lengths, max_len):
    if lengths.max() > max_len:
        raise ValueError
    return np.arange(max_len) < lengths


@wrong(
    "padding_mask",
    "A length above max_len passes without a word, as if the sentence had been cut. The statement asks for an error there.",
)
def too_long_unnoticed(lengths, max_len):
    return np.arange(max_len) < lengths[:, None]


@wrong(
    "padding_mask",
    "Your mask is as wide as the longest sentence. The batch may be wider than that: max_len says how wide.",
)
def as_wide_as_the_longest(lengths, max_len):
    if lengths.max() > max_len:
        raise ValueError
    return np.arange(lengths.max()) < lengths[:, None]


@wrong("padding_mask", None, also=("length_included", "too_long_unnoticed"))
def length_included_unnoticed(lengths, max_len):
    return np.arange(max_len) <= lengths[:, None]


@wrong("padding_mask", None, also=("padding_is_true", "too_long_unnoticed"))
def padding_is_true_unnoticed(lengths, max_len):
    return np.arange(max_len) >= lengths[:, None]


@right("padding_mask")
def row_by_row(lengths, max_len):
    mask = np.zeros((len(lengths), max_len), dtype=bool)
    for row, length in zip(mask, lengths, strict=True):
        if length > max_len:
            raise ValueError("too long")
        row[:length] = True
    return mask


@right("padding_mask")
def rows_of_a_triangle(lengths, max_len):
    if (lengths > max_len).any():
        raise ValueError("too long")
    return np.tri(max_len + 1, max_len, k=-1, dtype=bool)[lengths]


# ---------------------------------------------------------------- causal_mask


@probes("causal_mask")
def causal_probes(rng):
    return [Call(4), Call(1), Call(0), Call(-2)]


@wrong(
    "causal_mask",
    "Your diagonal is False, so the first position sees nothing at all. A position sees itself: what it predicts is the one after.",
)
def diagonal_excluded(n):
    if n < 0:
        raise ValueError
    return np.tri(n, k=-1, dtype=bool)


@wrong(
    "causal_mask",
    "Your triangle is the transposed one: each position looks ahead. Queries are rows, keys are columns, and a query looks back.",
)
def looks_ahead(n):
    if n < 0:
        raise ValueError
    return np.tri(n, dtype=bool).T


@wrong(
    "causal_mask",
    "True stands where the future is. That is the convention of masks that say what to ignore; here True means may attend.",
)
def future_is_true(n):
    if n < 0:
        raise ValueError
    return ~np.tri(n, dtype=bool)


@wrong(
    "causal_mask",
    "Your triangle holds numbers instead of booleans; np.tri and np.ones make floating numbers unless they are told otherwise.",
)
def triangle_of_numbers(n):
    if n < 0:
        raise ValueError
    return np.tril(np.ones((n, n)))


@wrong(
    "causal_mask",
    "Your triangle reaches one place too far: each position sees the next one, which is the very word that it must predict.",
)
def one_ahead(n):
    if n < 0:
        raise ValueError
    return np.tri(n, k=1, dtype=bool)


@wrong(
    "causal_mask",
    "Each position sees itself alone. It may see all that stands before it, too.",
)
def diagonal_only(n):
    if n < 0:
        raise ValueError
    return np.eye(n, dtype=bool)


@wrong(
    "causal_mask",
    "Your mask is additive: 0 and −∞. Here it says yes and no; the conversion comes in a later exercise.",
)
def additive_triangle(n):
    if n < 0:
        raise ValueError
    return np.where(np.tri(n, dtype=bool), 0.0, -np.inf)


@wrong(
    "causal_mask",
    "A negative n gives an empty mask without a word. The statement asks for an error there.",
)
def negative_unnoticed(n):
    return np.tri(max(n, 0), dtype=bool)


@wrong("causal_mask", None, also=("diagonal_excluded", "triangle_of_numbers"))
def numbers_without_the_diagonal(n):
    if n < 0:
        raise ValueError
    return np.tri(n, k=-1)


@wrong("causal_mask", None, also=("looks_ahead", "triangle_of_numbers"))
def numbers_ahead(n):
    if n < 0:
        raise ValueError
    return np.triu(np.ones((n, n)))


@right("causal_mask")
def lower_triangle(n):
    if n < 0:
        raise ValueError("negative")
    return np.tril(np.ones((n, n), dtype=bool))


@right("causal_mask")
def cell_by_cell(n):
    if n < 0:
        raise ValueError("negative")
    mask = np.zeros((n, n), dtype=bool)
    for t in range(n):
        mask[t, : t + 1] = True
    return mask


# ---------------------------------------------------------------- sliding_window_mask


@probes("sliding_window_mask")
def window_probes(rng):
    return [Call(6, 3), Call(4, 1), Call(3, 7), Call(4, 0)]


@wrong(
    "sliding_window_mask",
    "Your window is one too wide: the position itself counts as one of the window, so that window − 1 are left before it.",
)
def one_too_many(n, window):
    if window < 1:
        raise ValueError
    behind = np.arange(n)[:, None] - np.arange(n)
    return (behind >= 0) & (behind <= window)


@wrong(
    "sliding_window_mask",
    "Your window leaves the position itself out. It belongs to the window; a window of 1 is the position alone.",
)
def without_itself(n, window):
    if window < 1:
        raise ValueError
    behind = np.arange(n)[:, None] - np.arange(n)
    return (behind > 0) & (behind < window)


@wrong(
    "sliding_window_mask",
    "Your window reaches to both sides. This one is causal: it looks back and never ahead.",
)
def both_sides(n, window):
    if window < 1:
        raise ValueError
    return np.abs(np.arange(n)[:, None] - np.arange(n)) < window


@wrong(
    "sliding_window_mask",
    "Your window looks ahead: rows and columns are exchanged. Queries are rows, and a query looks back.",
)
def window_ahead(n, window):
    if window < 1:
        raise ValueError
    behind = np.arange(n) - np.arange(n)[:, None]
    return (behind >= 0) & (behind < window)


@wrong(
    "sliding_window_mask",
    "Your mask is the whole causal one: nothing is ever forgotten. What does window take away?",
)
def window_without_effect(n, window):
    if window < 1:
        raise ValueError
    return np.tri(n, dtype=bool)


@wrong(
    "sliding_window_mask",
    "You cut the sequence into blocks. A window slides: each position has the same number before it, except at the start.",
)
def blocks(n, window):
    if window < 1:
        raise ValueError
    block = np.arange(n) // window
    return np.tri(n, dtype=bool) & (block[:, None] == block)


@wrong(
    "sliding_window_mask",
    "A window below 1 gives a mask with nothing in it, without a word. The statement asks for an error there.",
)
def empty_window_unnoticed(n, window):
    behind = np.arange(n)[:, None] - np.arange(n)
    return (behind >= 0) & (behind < window)


@wrong(
    "sliding_window_mask",
    "True stands where a position must not look. Here True means may attend.",
)
def outside_is_true(n, window):
    if window < 1:
        raise ValueError
    behind = np.arange(n)[:, None] - np.arange(n)
    return (behind < 0) | (behind >= window)


@wrong("sliding_window_mask", None, also=("one_too_many", "both_sides"))
def both_sides_one_too_many(n, window):
    if window < 1:
        raise ValueError
    return np.abs(np.arange(n)[:, None] - np.arange(n)) <= window


@wrong("sliding_window_mask", None, also=("one_too_many", "empty_window_unnoticed"))
def one_too_many_unnoticed(n, window):
    behind = np.arange(n)[:, None] - np.arange(n)
    return (behind >= 0) & (behind <= window)


@right("sliding_window_mask")
def difference_of_triangles(n, window):
    if window < 1:
        raise ValueError("too narrow")
    return np.tri(n, dtype=bool) & ~np.tri(n, k=-window, dtype=bool)


@right("sliding_window_mask")
def window_row_by_row(n, window):
    if window < 1:
        raise ValueError("too narrow")
    mask = np.zeros((n, n), dtype=bool)
    for t in range(n):
        mask[t, max(0, t - window + 1) : t + 1] = True
    return mask


# ---------------------------------------------------------------- combine_masks


@probes("combine_masks")
def combining_probes(rng):
    def masks(b, n):
        padding, causal = rng.random((b, n)) < 0.6, rng.random((n, n)) < 0.6
        padding[0], causal[0, 1] = np.arange(n) < 1, True
        return padding, causal

    padding, causal = masks(2, 4)
    return [Call(padding, causal), Call(*masks(4, 4)), Call(padding, causal[:1]), Call(*masks(1, 3))]


@wrong(
    "combine_masks",
    "You allow what either mask allows. Padding stays forbidden though it lies in the past, and the future though it holds words: both must allow it.",
)
def either_allows(padding, causal):
    if causal.shape != 2 * padding.shape[1:]:
        raise ValueError
    return padding[:, None, :] | causal


@wrong(
    "combine_masks",
    "Your padding forbids queries, whole rows. What must not be looked *at* is a key, a column; a query that is padding does no harm.",
)
def padding_at_the_queries(padding, causal):
    if causal.shape != 2 * padding.shape[1:]:
        raise ValueError
    return padding[:, :, None] & causal


@wrong(
    "combine_masks",
    "Your padding forbids both the key and the query. It belongs on the keys; rows of nothing come from the other half.",
)
def padding_at_both(padding, causal):
    if causal.shape != 2 * padding.shape[1:]:
        raise ValueError
    return padding[:, None, :] & padding[:, :, None] & causal


@wrong(
    "combine_masks",
    "You join (B, n) and (n, n) without an axis between batch and keys: an error, or, where B = n, each sentence's padding meets one query of all.",
)
def no_axis_for_the_queries(padding, causal):
    if causal.shape != 2 * padding.shape[1:]:
        raise ValueError
    return padding & causal


@wrong(
    "combine_masks",
    "The causal mask has no say in your result: the future stays open.",
)
def padding_alone(padding, causal):
    if causal.shape != 2 * padding.shape[1:]:
        raise ValueError
    return padding[:, None, :] & np.ones_like(causal)


@wrong(
    "combine_masks",
    "The padding has no say in your result: empty places stay open.",
)
def causal_alone(padding, causal):
    if causal.shape != 2 * padding.shape[1:]:
        raise ValueError
    return np.ones_like(padding)[:, None, :] & causal


@wrong(
    "combine_masks",
    "You multiply two masks that are booleans no more: your result holds numbers. Yes-and-no arrays are joined by &.",
)
def product_of_numbers(padding, causal):
    if causal.shape != 2 * padding.shape[1:]:
        raise ValueError
    return padding[:, None, :] * causal.astype(float)


@wrong(
    "combine_masks",
    "The causal mask is transposed on its way: each query looks ahead.",
)
def causal_transposed(padding, causal):
    if causal.shape != 2 * padding.shape[1:]:
        raise ValueError
    return padding[:, None, :] & causal.T


@wrong(
    "combine_masks",
    "A causal mask of the wrong shape is broadcast without a word: one row then stands for all queries. The statement asks for an error.",
)
def shape_unnoticed(padding, causal):
    return padding[:, None, :] & causal


@wrong("combine_masks", None, also=("either_allows", "shape_unnoticed"))
def either_allows_unnoticed(padding, causal):
    return padding[:, None, :] | causal


@wrong("combine_masks", None, also=("padding_at_the_queries", "shape_unnoticed"))
def queries_unnoticed(padding, causal):
    return padding[:, :, None] & causal


@right("combine_masks")
def with_logical_and(padding, causal):
    if causal.shape[0] != padding.shape[1] or causal.shape[1] != padding.shape[1]:
        raise ValueError("shapes")
    return np.logical_and(padding[:, np.newaxis], causal[np.newaxis])


@right("combine_masks")
def sentence_by_sentence(padding, causal):
    if causal.shape != (padding.shape[1],) * 2:
        raise ValueError("shapes")
    return np.stack([np.where(row, causal, False) for row in padding])


# ---------------------------------------------------------------- masked_softmax


@probes("masked_softmax")
def softmax_probes(rng):
    scores = 2 * rng.normal(size=(2, 3, 5))
    mask = rng.random((2, 3, 5)) < 0.6
    mask[:, :, 0], mask[:, :, 1] = True, False
    nothing = mask.copy()
    nothing[0, 1], nothing[1, 2] = False, True
    behind = scores[0].copy()
    behind[:, 1] = 4000.0
    broken = scores[1].copy()
    broken[:, 1] = np.nan
    return [
        Call(scores, mask),
        Call(2 * rng.normal(size=(4, 4)), np.array([True, True, False, True])),
        Call(scores, nothing),
        Call(800 + scores, mask),
        Call(behind, mask[0]),
        Call(broken, mask[1]),
        Call(scores.astype(np.float32), mask),
    ]


@wrong(
    "masked_softmax",
    "You multiply the scores by the mask, so that forbidden scores become 0. But 0 is a score like any other, and e⁰ is 1. Which score has the exponential 0?",
)
def scores_times_mask(scores, mask):
    raw = np.exp(scores * mask - (scores * mask).max(-1, keepdims=True))
    return raw / raw.sum(-1, keepdims=True)


@wrong(
    "masked_softmax",
    "You strike weights out after the softmax. The forbidden keys have taken their share by then, and what is left sums to less than one. Mask first.",
)
def mask_after_softmax(scores, mask):
    raw = np.exp(scores - scores.max(-1, keepdims=True))
    return mask * (raw / raw.sum(-1, keepdims=True))


@wrong(
    "masked_softmax",
    "(1 − mask)·(−∞) computes 0·∞ where a key is allowed, and that is NaN. Select between score and −∞; do not multiply.",
)
def zero_times_infinity(scores, mask):
    with np.errstate(invalid="ignore"):
        scores = scores + (1 - mask.astype(scores.dtype)) * -np.inf
        raw = np.exp(scores - scores.max(-1, keepdims=True))
        return raw / raw.sum(-1, keepdims=True)


@wrong(
    "masked_softmax",
    "You fill in 1e-9, a number that is almost 0, and the score 0 still gets weight. Are a minus sign and a power missing?",
)
def tiny_for_hugely_negative(scores, mask):
    scores = np.where(mask, scores, 1e-9)
    raw = np.exp(scores - scores.max(-1, keepdims=True))
    return raw / raw.sum(-1, keepdims=True)


@wrong(
    "masked_softmax",
    "You have the mask the wrong way round: the keys that are allowed get nothing, the others everything. True means may attend.",
)
def polarity_inverted(scores, mask):
    scores = np.where(mask, -np.inf, scores)
    top = scores.max(-1, keepdims=True)
    raw = np.exp(scores - np.where(np.isfinite(top), top, 0))
    total = raw.sum(-1, keepdims=True)
    return raw / np.where(total > 0, total, 1)


@wrong(
    "masked_softmax",
    "A query that may attend to nothing gives NaN: its maximum is −∞ and its sum 0. The statement asks for zeros there.",
)
def nan_for_nothing(scores, mask):
    with np.errstate(invalid="ignore"):
        scores = np.where(mask, scores, -np.inf)
        raw = np.exp(scores - scores.max(-1, keepdims=True))
        return raw / raw.sum(-1, keepdims=True)


@wrong(
    "masked_softmax",
    "A query that may attend to nothing spreads its weight evenly over keys that are all forbidden. A large negative number in place of −∞ hides it: equal scores, equal shares. Zeros were asked for.",
)
def uniform_for_nothing(scores, mask):
    scores = np.where(mask, scores, -1e30)
    raw = np.exp(scores - scores.max(-1, keepdims=True))
    return raw / raw.sum(-1, keepdims=True)


@wrong(
    "masked_softmax",
    "You add the boolean to the scores. An allowed key gains 1, its odds grow by the factor e, and nothing is forbidden.",
)
def boolean_added(scores, mask):
    scores = scores + mask
    raw = np.exp(scores - scores.max(-1, keepdims=True))
    return raw / raw.sum(-1, keepdims=True)


@wrong(
    "masked_softmax",
    "Your weights sum to one over the queries. Each query shares out its own weight over the keys, the last axis.",
)
def over_the_queries(scores, mask):
    scores = np.where(mask, scores, -np.inf)
    top = scores.max(-2, keepdims=True)
    raw = np.exp(scores - np.where(np.isfinite(top), top, 0))
    total = raw.sum(-2, keepdims=True)
    return raw / np.where(total > 0, total, 1)


@wrong(
    "masked_softmax",
    "Exponentials of large scores overflow, and the weights are NaN. The softmax stays the same when a row's largest score is subtracted first.",
)
def masked_overflow(scores, mask):
    with np.errstate(over="ignore", invalid="ignore"):
        raw = np.where(mask, np.exp(scores), 0)
        total = raw.sum(-1, keepdims=True)
        return raw / np.where(total > 0, total, 1)


@wrong(
    "masked_softmax",
    "You subtract the largest of all scores, forbidden ones included. Where that one is far above the others, every allowed exponential is 0, and so is every weight. Which scores does this softmax compare?",
)
def largest_of_the_forbidden(scores, mask):
    raw = np.exp(scores - scores.max(-1, keepdims=True)) * mask
    total = raw.sum(-1, keepdims=True)
    return raw / np.where(total > 0, total, 1)


@wrong(
    "masked_softmax",
    "float32 goes in and float64 comes out: a new np.zeros(…) is float64, and lifts all that is computed with it. A buffer takes a dtype=.",
)
def weights_in_float64(scores, mask):
    hidden = np.full(scores.shape, -np.inf)
    hidden = np.where(mask, scores, hidden)
    top = hidden.max(-1, keepdims=True)
    raw = np.exp(hidden - np.where(np.isfinite(top), top, 0))
    total = raw.sum(-1, keepdims=True)
    return raw / np.where(total > 0, total, 1)


@wrong(
    "masked_softmax",
    "Your function writes −∞ into the caller's scores. Make a new array instead.",
)
def scores_changed(scores, mask):
    scores[~np.broadcast_to(mask, scores.shape)] = -np.inf
    top = scores.max(-1, keepdims=True)
    raw = np.exp(scores - np.where(np.isfinite(top), top, 0))
    total = raw.sum(-1, keepdims=True)
    return raw / np.where(total > 0, total, 1)


@wrong("masked_softmax", None, also=("polarity_inverted", "nan_for_nothing"))
def inverted_with_nan(scores, mask):
    with np.errstate(invalid="ignore"):
        scores = np.where(mask, -np.inf, scores)
        raw = np.exp(scores - scores.max(-1, keepdims=True))
        return raw / raw.sum(-1, keepdims=True)


@wrong("masked_softmax", None, also=("over_the_queries", "nan_for_nothing"))
def queries_with_nan(scores, mask):
    with np.errstate(invalid="ignore"):
        scores = np.where(mask, scores, -np.inf)
        raw = np.exp(scores - scores.max(-2, keepdims=True))
        return raw / raw.sum(-2, keepdims=True)


@right("masked_softmax")
def filled_then_struck_out(scores, mask):
    low = np.finfo(scores.dtype).min
    hidden = np.where(mask, scores, low)
    raw = np.where(mask, np.exp(hidden - hidden.max(-1, keepdims=True)), 0)
    return raw / np.maximum(raw.sum(-1, keepdims=True), np.finfo(scores.dtype).tiny)


@right("masked_softmax")
def allowed_rows_by_hand(scores, mask):
    weights, mask = np.zeros_like(scores), np.broadcast_to(mask, scores.shape)
    for place in np.ndindex(scores.shape[:-1]):
        allowed = scores[place][mask[place]]
        if allowed.size:
            raw = np.exp(allowed - allowed.max())
            weights[place][mask[place]] = raw / raw.sum()
    return weights


# ---------------------------------------------------------------- masked_attention


@probes("masked_attention")
def attention_probes(rng):
    def arrays(b, n, m, d, d_v):
        return [rng.normal(size=shape) for shape in ((b, n, d), (b, m, d), (b, m, d_v))]

    general, square = arrays(2, 3, 5, 8, 6), arrays(4, 4, 4, 4, 4)
    mask = np.arange(5) < np.array([[[3]], [[4]]])
    return [
        Call(*general, mask),
        Call(*general, np.arange(5) < np.array([[1], [0], [4]])),
        Call(*square, np.tri(4, dtype=bool)),
        Call(*(part.astype(np.float32) for part in general), mask),
        Call(*general, np.ones((2, 5), dtype=bool)),
        Call(*square, np.array([[[True, False, True, True]]])),
    ]


@wrong(
    "masked_attention",
    "The scores are not scaled. Divide by the root of the width that queries and keys share, as without a mask.",
)
def unscaled(queries, keys, values, mask):
    weights = masked_softmax(queries @ keys.swapaxes(-1, -2), mask)
    return weights @ values, weights


@wrong(
    "masked_attention",
    "You divide the scores by d. The dot product of d independent terms grows with the root of d.",
)
def divided_by_d(queries, keys, values, mask):
    weights = masked_softmax(queries @ keys.swapaxes(-1, -2) / queries.shape[-1], mask)
    return weights @ values, weights


@wrong(
    "masked_attention",
    "You strike weights out after a softmax over all keys: they sum to less than one, and the output shrinks with the padding. The mask belongs on the scores.",
)
def mask_on_the_weights(queries, keys, values, mask):
    scores = queries @ keys.swapaxes(-1, -2) / queries.shape[-1] ** 0.5
    weights = masked_softmax(scores, np.array(True)) * mask
    return weights @ values, weights


@wrong(
    "masked_attention",
    "Your mask falls on the queries, not the keys: rows are emptied while the padding still moves the real outputs.",
)
def masks_queries(queries, keys, values, mask):
    scores = queries @ keys.swapaxes(-1, -2) / queries.shape[-1] ** 0.5
    weights = masked_softmax(scores.swapaxes(-1, -2), mask).swapaxes(-1, -2)
    return weights @ values, weights


@wrong(
    "masked_attention",
    "You hand the mask on the wrong way round: padding is attended to, words are not. True means may attend.",
)
def mask_negated(queries, keys, values, mask):
    weights = masked_softmax(queries @ keys.swapaxes(-1, -2) / queries.shape[-1] ** 0.5, ~mask)
    return weights @ values, weights


@wrong(
    "masked_attention",
    "A mask with two axes gets a third one in your function, as if it were (B, m). It may be (n, m), and where the sizes agree nobody notices. Whoever calls knows which it is; leave the mask alone.",
)
def missing_axis_guessed(queries, keys, values, mask):
    if mask.ndim == 2:
        mask = mask[:, None, :]
    weights = masked_softmax(queries @ keys.swapaxes(-1, -2) / queries.shape[-1] ** 0.5, mask)
    return weights @ values, weights


@wrong(
    "masked_attention",
    "You zero the masked keys instead of their scores. A key of zeros has the score 0, and takes its share like any other.",
)
def keys_set_to_zero(queries, keys, values, mask):
    scores = queries @ keys.swapaxes(-1, -2) / queries.shape[-1] ** 0.5
    weights = masked_softmax(scores * mask, np.array(True))
    return weights @ values, weights


@wrong("masked_attention", "The mask has no say in your result: the padding is attended to like any word.")
def mask_left_out(queries, keys, values, mask):
    weights = masked_softmax(queries @ keys.swapaxes(-1, -2) / queries.shape[-1] ** 0.5, np.array(True))
    return weights @ values, weights


@wrong(
    "masked_attention",
    "The two results are right and in the other order: the output comes first, then the weights.",
)
def attention_weights_first(queries, keys, values, mask):
    weights = masked_softmax(queries @ keys.swapaxes(-1, -2) / queries.shape[-1] ** 0.5, mask)
    return weights, weights @ values


@wrong(
    "masked_attention",
    "Your output is right; the weights are expected back as well, in a tuple of two: output, weights.",
)
def attention_output_only(queries, keys, values, mask):
    return masked_softmax(queries @ keys.swapaxes(-1, -2) / queries.shape[-1] ** 0.5, mask) @ values


@wrong(
    "masked_attention",
    "float32 goes in and float64 comes out: np.sqrt of a plain integer is a float64, and lifts the scores that it divides.",
)
def attention_in_float64(queries, keys, values, mask):
    weights = masked_softmax(queries @ keys.swapaxes(-1, -2) / np.sqrt(queries.shape[-1]), mask)
    return weights @ values, weights


@wrong("masked_attention", None, also=("unscaled", "mask_negated"))
def unscaled_and_negated(queries, keys, values, mask):
    weights = masked_softmax(queries @ keys.swapaxes(-1, -2), ~mask)
    return weights @ values, weights


@wrong("masked_attention", None, also=("unscaled", "mask_on_the_weights"))
def unscaled_mask_on_the_weights(queries, keys, values, mask):
    weights = masked_softmax(queries @ keys.swapaxes(-1, -2), np.array(True)) * mask
    return weights @ values, weights


@right("masked_attention")
def attention_with_einsum(queries, keys, values, mask):
    scores = np.einsum("bnd,bmd->bnm", queries, keys) * queries.shape[-1] ** -0.5
    weights = masked_softmax(scores, mask)
    return np.einsum("bnm,bmv->bnv", weights, values), weights


@right("masked_attention")
def attention_from_scratch(queries, keys, values, mask):
    scores = queries @ np.transpose(keys, (0, 2, 1)) / float(np.sqrt(keys.shape[-1]))
    raw = np.exp(scores - scores.max(-1, keepdims=True)) * mask
    total = raw.sum(-1, keepdims=True)
    weights = np.divide(raw, total, out=np.zeros_like(raw), where=total > 0)
    return weights @ values, weights


# ---------------------------------------------------------------- to_additive


@probes("to_additive")
def additive_probes(rng):
    mask = np.array([[True, False, True], [False, False, True]])
    return [Call(mask, "float64"), Call(mask[0], "float32"), Call(mask, "float16"), Call(mask, "int64")]


@wrong(
    "to_additive",
    "(1 − mask)·(−∞) computes 0·∞ where a query may attend, and that is NaN. Select; do not multiply.",
)
def additive_nan(mask, dtype):
    if np.dtype(dtype).kind != "f":
        raise TypeError
    with np.errstate(invalid="ignore"):
        return ((1 - mask.astype(float)) * -np.inf).astype(dtype)


@wrong(
    "to_additive",
    "You add −∞ where a query may attend, and 0 where it may not: the wrong way round.",
)
def additive_inverted(mask, dtype):
    if np.dtype(dtype).kind != "f":
        raise TypeError
    return np.where(mask, -np.inf, 0).astype(dtype)


@wrong(
    "to_additive",
    "You turn True into 1 and False into 0. Added to the scores that forbids nothing; what must be added so that the exponential becomes 0?",
)
def ones_and_zeros(mask, dtype):
    if np.dtype(dtype).kind != "f":
        raise TypeError
    return mask.astype(dtype)


@wrong(
    "to_additive",
    "You write −1e9. In half precision it is beyond what fits, with scores as low it is not low at all, and a row of nothing becomes uniform. −∞ was asked for.",
)
def a_billion_for_infinity(mask, dtype):
    if np.dtype(dtype).kind != "f":
        raise TypeError
    with np.errstate(over="ignore"):
        return np.where(mask, 0, -1e9).astype(dtype)


@wrong(
    "to_additive",
    "You leave 1 where a query may attend. Added to every allowed score it changes little, but an additive mask leaves what is allowed as it is: which number does?",
)
def one_where_allowed(mask, dtype):
    if np.dtype(dtype).kind != "f":
        raise TypeError
    return np.where(mask, 1, -np.inf).astype(dtype)


@wrong(
    "to_additive",
    "The dtype has no say in your result: it is float64 always, and lifts half-precision scores with it.",
)
def always_float64(mask, dtype):
    if np.dtype(dtype).kind != "f":
        raise TypeError
    return np.where(mask, 0, -np.inf)


@wrong(
    "to_additive",
    "An integer type passes without an error, and −∞ becomes some integer in it. The statement asks for a TypeError there.",
)
def integers_unnoticed(mask, dtype):
    with np.errstate(invalid="ignore"):
        return np.where(mask, 0, -np.inf).astype(dtype)


@wrong(
    "to_additive",
    "You add +∞ where a query may not attend. Then exactly the forbidden key wins; the sign is the wrong one.",
)
def plus_infinity(mask, dtype):
    if np.dtype(dtype).kind != "f":
        raise TypeError
    return np.where(mask, 0, np.inf).astype(dtype)


@wrong("to_additive", None, also=("additive_inverted", "always_float64"))
def inverted_in_float64(mask, dtype):
    if np.dtype(dtype).kind != "f":
        raise TypeError
    return np.where(mask, -np.inf, 0.0)


@wrong("to_additive", None, also=("additive_inverted", "integers_unnoticed"))
def inverted_integers(mask, dtype):
    with np.errstate(invalid="ignore"):
        return np.where(mask, -np.inf, 0).astype(dtype)


@right("to_additive")
def zeros_then_filled(mask, dtype):
    if np.dtype(dtype).kind != "f":
        raise TypeError("floating types only")
    added = np.zeros(mask.shape, dtype=dtype)
    added[~mask] = -np.inf
    return added


@right("to_additive")
def logarithm_of_the_mask(mask, dtype):
    if not np.issubdtype(np.dtype(dtype), np.floating):
        raise TypeError("floating types only")
    with np.errstate(divide="ignore"):
        return np.log(mask.astype(dtype))


# ---------------------------------------------------------------- to_ignore_mask


@probes("to_ignore_mask")
def ignoring_probes(rng):
    mask = np.array([[True, True, False], [False, False, False]])
    return [Call(mask), Call(mask[:, :1]), Call(np.array([1, 0])), Call([True, False])]


@wrong(
    "to_ignore_mask",
    "You return the mask as it came. The two conventions say the opposite: True, may attend, becomes False, do not ignore.",
)
def unchanged(mask):
    if not isinstance(mask, np.ndarray) or mask.dtype != bool:
        raise TypeError
    return mask.copy()


@wrong(
    "to_ignore_mask",
    "1 − mask turns yes and no round, but makes integers of them. A library that takes booleans for *ignore* may take numbers for something to add.",
)
def one_minus_mask(mask):
    if not isinstance(mask, np.ndarray) or mask.dtype != bool:
        raise TypeError
    return 1 - mask


@wrong(
    "to_ignore_mask",
    "You return an additive mask, 0 and −∞. That is the other convention; this one is boolean.",
)
def additive_for_ignore(mask):
    if not isinstance(mask, np.ndarray) or mask.dtype != bool:
        raise TypeError
    return np.where(mask, 0.0, -np.inf)


@wrong(
    "to_ignore_mask",
    "You take whatever comes. On integers ~ is no negation: ~1 is −2, and −2 counts as True. The statement asks for a TypeError there.",
)
def any_type_taken(mask):
    return ~np.asarray(mask)


@wrong(
    "to_ignore_mask",
    "Numbers pass as a mask in your function. Nobody can tell whether their 0 means no, or means add nothing; the statement asks for a TypeError.",
)
def compared_with_zero(mask):
    return np.asarray(mask) == 0


@wrong(
    "to_ignore_mask",
    "You turn the order of the places round. Each cell is to be negated where it stands.",
)
def order_reversed(mask):
    if not isinstance(mask, np.ndarray) or mask.dtype != bool:
        raise TypeError
    return mask[..., ::-1].copy()


@wrong(
    "to_ignore_mask",
    "Your function turns the caller's mask round in place. The next one who uses it gets the opposite of what was meant.",
)
def negated_in_place(mask):
    if not isinstance(mask, np.ndarray) or mask.dtype != bool:
        raise TypeError
    mask ^= True
    return mask


@wrong("to_ignore_mask", None, also=("unchanged", "any_type_taken"))
def unchanged_of_any_type(mask):
    return np.array(mask)


@wrong("to_ignore_mask", None, also=("one_minus_mask", "any_type_taken"))
def one_minus_anything(mask):
    return 1 - np.asarray(mask).astype(int)


@right("to_ignore_mask")
def negated(mask):
    if not isinstance(mask, np.ndarray) or mask.dtype != bool:
        raise TypeError("boolean arrays only")
    return ~mask


@right("to_ignore_mask")
def logically_not(mask):
    if getattr(mask, "dtype", None) != np.dtype(bool):
        raise TypeError("boolean arrays only")
    return np.logical_not(mask)


# ---------------------------------------------------------------- influence


@probes("influence")
def influence_probes(rng):
    x = rng.normal(size=(4, 3))
    return [
        Call(Given("next_row"), x, 0.5),
        Call(Given("mean_so_far"), 1000 * x, 1e-6),
        Call(Given("mean_of_all"), x, 0.5),
        Call(Given("doubled_in_place"), x, 0.5),
        Call(Given("mean_so_far"), rng.normal(size=(3, 3)), -0.5),
    ]


@wrong(
    "influence",
    "Rows and columns are exchanged: [t, s] belongs to output t and input s, outputs are the rows.",
)
def inputs_as_rows(f, x, eps):
    rest = f(x.copy())
    found = np.zeros((len(x), len(x)), dtype=bool)
    for s in range(len(x)):
        moved = x.copy()
        moved[s] += eps
        found[s] = (f(moved) != rest).any(axis=1)
    return found


@wrong(
    "influence",
    "The inputs that you have moved stay moved. The second trial then moves two of them, and shows what either does. Start each trial from a fresh copy.",
)
def never_moved_back(f, x, eps):
    rest = f(x.copy())
    found = np.zeros((len(x), len(x)), dtype=bool)
    moved = x.copy()
    for s in range(len(x)):
        moved[s] += eps
        found[:, s] = (f(moved.copy()) != rest).any(axis=1)
    return found


@wrong(
    "influence",
    "You compare up to a tolerance, as np.allclose does, and small changes count as none. A leak through a small weight is a leak.",
)
def up_to_a_tolerance(f, x, eps):
    rest = f(x.copy())
    found = np.zeros((len(x), len(x)), dtype=bool)
    for s in range(len(x)):
        moved = x.copy()
        moved[s] += eps
        found[:, s] = ~np.isclose(f(moved), rest).all(axis=1)
    return found


@wrong(
    "influence",
    "You hand f your own x, and a function that writes into its argument changes it for all that follows. Hand it a copy.",
)
def f_gets_the_original(f, x, eps):
    rest = f(x)
    found = np.zeros((len(x), len(x)), dtype=bool)
    for s in range(len(x)):
        moved = x.copy()
        moved[s] += eps
        found[:, s] = (f(moved) != rest).any(axis=1)
    return found


@wrong(
    "influence",
    "You compare the output with the input instead of with the output before. Then every function that does something seems to depend on everything.",
)
def compared_with_the_input(f, x, eps):
    found = np.zeros((len(x), len(x)), dtype=bool)
    for s in range(len(x)):
        moved = x.copy()
        moved[s] += eps
        found[:, s] = (f(moved.copy()) != moved).any(axis=1)
    return found


@wrong(
    "influence",
    "Your mask says where nothing changes. True means that the output depends on the input.",
)
def unmoved_is_true(f, x, eps):
    rest = f(x.copy())
    found = np.zeros((len(x), len(x)), dtype=bool)
    for s in range(len(x)):
        moved = x.copy()
        moved[s] += eps
        found[:, s] = (f(moved) == rest).all(axis=1)
    return found


@wrong(
    "influence",
    "You move a feature, a column of x, in all rows at once. A place is a row.",
)
def features_moved(f, x, eps):
    rest = f(x.copy())
    found = np.zeros((len(x), len(x)), dtype=bool)
    for s in range(x.shape[1]):
        moved = x.copy()
        moved[:, s] += eps
        found[:, s] = (f(moved) != rest).any(axis=1)
    return found


@wrong(
    "influence",
    "You return how much the outputs change. The question is only whether they do: yes or no.",
)
def amount_of_change(f, x, eps):
    rest = f(x.copy())
    found = np.zeros((len(x), len(x)))
    for s in range(len(x)):
        moved = x.copy()
        moved[s] += eps
        found[:, s] = np.abs(f(moved) - rest).max(axis=1)
    return found


@wrong(
    "influence",
    "You look only for outputs that grow. A change downwards is a change, too.",
)
def growth_only(f, x, eps):
    rest = f(x.copy())
    found = np.zeros((len(x), len(x)), dtype=bool)
    for s in range(len(x)):
        moved = x.copy()
        moved[s] += eps
        found[:, s] = (f(moved) > rest).any(axis=1)
    return found


@wrong("influence", None, also=("inputs_as_rows", "never_moved_back"))
def rows_never_moved_back(f, x, eps):
    rest = f(x.copy())
    found = np.zeros((len(x), len(x)), dtype=bool)
    moved = x.copy()
    for s in range(len(x)):
        moved[s] += eps
        found[s] = (f(moved.copy()) != rest).any(axis=1)
    return found


@wrong("influence", None, also=("inputs_as_rows", "up_to_a_tolerance"))
def rows_up_to_a_tolerance(f, x, eps):
    rest = f(x.copy())
    found = np.zeros((len(x), len(x)), dtype=bool)
    for s in range(len(x)):
        moved = x.copy()
        moved[s] += eps
        found[s] = ~np.isclose(f(moved), rest).all(axis=1)
    return found


@right("influence")
def columns_stacked(f, x, eps):
    rest = f(np.array(x))
    columns = []
    for s in range(x.shape[0]):
        step = np.zeros_like(x)
        step[s] = eps
        columns.append(np.abs(f(x + step) - rest).sum(axis=1) > 0)
    return np.stack(columns, axis=1)


@right("influence")
def cell_after_cell(f, x, eps):
    n = len(x)
    found = np.zeros((n, n), dtype=bool)
    for s in range(n):
        moved = np.where(np.arange(n)[:, None] == s, x + eps, x)
        before, after = f(x.copy()), f(moved)
        for t in range(n):
            found[t, s] = not np.array_equal(before[t], after[t])
    return found
