"""What people write for ``masked_softmax``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
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
    "You multiply the scores by the mask, so that forbidden scores become 0. But 0 is a score like any other, and e⁰ is 1. Which score has the exponential 0?"
)
def scores_times_mask(scores, mask):
    raw = np.exp(scores * mask - (scores * mask).max(-1, keepdims=True))
    return raw / raw.sum(-1, keepdims=True)


@wrong(
    "You strike weights out after the softmax. The forbidden keys have taken their share by then, and what is left sums to less than one. Mask first."
)
def mask_after_softmax(scores, mask):
    raw = np.exp(scores - scores.max(-1, keepdims=True))
    return mask * (raw / raw.sum(-1, keepdims=True))


zero_times_infinity = wrong(
    "(1 − mask)·(−∞) computes 0·∞ where a key is allowed, and that is NaN. Select between score and −∞; do not multiply.",
    change("np.where(mask, scores, -np.inf)", "scores + (1 - mask.astype(scores.dtype)) * -np.inf"),
    change("np.where(total > 0, total, 1)", "raw.sum(-1, keepdims=True)"),
)

tiny_for_hugely_negative = wrong(
    "You fill in 1e-9, a number that is almost 0, and the score 0 still gets weight. Are a minus sign and a power missing?",
    change("-np.inf", "1e-9"),
)

polarity_inverted = wrong(
    "You have the mask the wrong way round: the keys that are allowed get nothing, the others everything. True means may attend.",
    change("scores, -np.inf", "-np.inf, scores"),
)

nan_for_nothing = wrong(
    "A query that may attend to nothing gives NaN: its maximum is −∞ and its sum 0. The statement asks for zeros there.",
    change("np.where(total > 0, total, 1)", "raw.sum(-1, keepdims=True)"),
)

uniform_for_nothing = wrong(
    "A query that may attend to nothing spreads its weight evenly over keys that are all forbidden. A large negative number in place of −∞ hides it: equal scores, equal shares. Zeros were asked for.",
    change("np.inf", "1e30"),
)

boolean_added = wrong(
    "You add the boolean to the scores. An allowed key gains 1, its odds grow by the factor e, and nothing is forbidden.",
    change("np.where(mask, scores, -np.inf)", "scores + mask"),
    change("np.where(total > 0, total, 1)", "raw.sum(-1, keepdims=True)"),
)

over_the_queries = wrong(
    "Your weights sum to one over the queries. Each query shares out its own weight over the keys, the last axis.",
    change("scores.max(axis=-1, keepdims=True)", "scores.max(axis=-2, keepdims=True)"),
    change("raw.sum(axis=-1, keepdims=True)", "raw.sum(axis=-2, keepdims=True)"),
)

masked_overflow = wrong(
    "Exponentials of large scores overflow, and the weights are NaN. The softmax stays the same when a row's largest score is subtracted first.",
    change(
        "np.exp(scores - np.where(np.isfinite(highest), highest, 0))", "np.where(mask, np.exp(scores), 0)"
    ),
)


@wrong(
    "You subtract the largest of all scores, forbidden ones included. Where that one is far above the others, every allowed exponential is 0, and so is every weight. Which scores does this softmax compare?"
)
def largest_of_the_forbidden(scores, mask):
    raw = np.exp(scores - scores.max(-1, keepdims=True)) * mask
    total = raw.sum(-1, keepdims=True)
    return raw / np.where(total > 0, total, 1)


@wrong(
    "float32 goes in and float64 comes out: a new np.zeros(…) is float64, and lifts all that is computed with it. A buffer takes a dtype=."
)
def weights_in_float64(scores, mask):
    hidden = np.full(scores.shape, -np.inf)
    hidden = np.where(mask, scores, hidden)
    top = hidden.max(-1, keepdims=True)
    raw = np.exp(hidden - np.where(np.isfinite(top), top, 0))
    total = raw.sum(-1, keepdims=True)
    return raw / np.where(total > 0, total, 1)


scores_changed = wrong(
    "Your function writes −∞ into the caller's scores. Make a new array instead.",
    change(
        "scores = np.where(mask, scores, -np.inf)", "scores[~np.broadcast_to(mask, scores.shape)] = -np.inf"
    ),
)

inverted_with_nan = both(polarity_inverted, nan_for_nothing)


@both(over_the_queries, nan_for_nothing)
def queries_with_nan(scores, mask):
    scores = np.where(mask, scores, -np.inf)
    raw = np.exp(scores - scores.max(-2, keepdims=True))
    return raw / raw.sum(-2, keepdims=True)


@right()
def filled_then_struck_out(scores, mask):
    low = np.finfo(scores.dtype).min
    hidden = np.where(mask, scores, low)
    raw = np.where(mask, np.exp(hidden - hidden.max(-1, keepdims=True)), 0)
    return raw / np.maximum(raw.sum(-1, keepdims=True), np.finfo(scores.dtype).tiny)


@right()
def allowed_rows_by_hand(scores, mask):
    weights, mask = np.zeros_like(scores), np.broadcast_to(mask, scores.shape)
    for place in np.ndindex(scores.shape[:-1]):
        allowed = scores[place][mask[place]]
        if allowed.size:
            raw = np.exp(allowed - allowed.max())
            weights[place][mask[place]] = raw / raw.sum()
    return weights
