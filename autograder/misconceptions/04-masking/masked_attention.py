"""What people write for ``masked_attention``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    def arrays(b, n, m, d, d_v):
        return [rng.normal(size=shape) for shape in ((b, n, d), (b, m, d), (b, m, d_v))]

    general, square = arrays(2, 3, 5, 8, 6), arrays(4, 4, 4, 4, 4)
    mask = np.arange(5) < np.array([[[3]], [[4]]])
    return [
        Call(*general, mask),
        Call(*general, np.arange(5) < np.array([[1], [0], [4]])),
        Call(*square, np.tri(4, dtype=bool)),
        Call(*(part.astype(np.float32) for part in general), mask),
        Call(*general, np.ones((2, 5), dtype=bool), raises=ValueError),
        Call(*square, np.array([[[True, False, True, True]]])),
    ]


unscaled = wrong(
    "The scores are not scaled. Divide by the root of the width that queries and keys share, as without a mask.",
    change(" / queries.shape[-1] ** 0.5", ""),
)

divided_by_d = wrong(
    "You divide the scores by d. The dot product of d independent terms grows with the root of d.",
    change("[-1] ** 0.5", "[-1]"),
)

mask_on_the_weights = wrong(
    "You strike weights out after a softmax over all keys: they sum to less than one, and the output shrinks with the padding. The mask belongs on the scores.",
    change("scores, mask)", "scores, np.array(True)) * mask"),
)

masks_queries = wrong(
    "Your mask falls on the queries, not the keys: rows are emptied while the padding still moves the real outputs.",
    change("masked_softmax(scores, mask)", "masked_softmax(scores.swapaxes(-1, -2), mask).swapaxes(-1, -2)"),
)

mask_negated = wrong(
    "You hand the mask on the wrong way round: padding is attended to, words are not. True means may attend.",
    change("scores, mask", "scores, ~mask"),
)


@wrong(
    "A mask with two axes gets a third one in your function, as if it were (B, m). It may be (n, m), and where the sizes agree nobody notices. Whoever calls knows which it is; leave the mask alone."
)
def missing_axis_guessed(queries, keys, values, mask):
    if mask.ndim == 2:
        mask = mask[:, None, :]
    weights = masked_softmax(queries @ keys.swapaxes(-1, -2) / queries.shape[-1] ** 0.5, mask)
    return weights @ values, weights


keys_set_to_zero = wrong(
    "You zero the masked keys instead of their scores. A key of zeros has the score 0, and takes its share like any other.",
    change("scores, mask", "scores * mask, np.array(True)"),
)

mask_left_out = wrong(
    "The mask has no say in your result: the padding is attended to like any word.",
    change("scores, mask", "scores, np.array(True)"),
)

attention_weights_first = wrong(
    "The two results are right and in the other order: the output comes first, then the weights.",
    change(" @ values, weights", ", weights @ values"),
)


@wrong("Your output is right; the weights are expected back as well, in a tuple of two: output, weights.")
def attention_output_only(queries, keys, values, mask):
    return masked_softmax(queries @ keys.swapaxes(-1, -2) / queries.shape[-1] ** 0.5, mask) @ values


attention_in_float64 = wrong(
    "float32 goes in and float64 comes out: np.sqrt of a plain integer is a float64, and lifts the scores that it divides.",
    change("queries.shape[-1] ** 0.5", "np.sqrt(queries.shape[-1])"),
)

unscaled_and_negated = both(unscaled, mask_negated)

unscaled_mask_on_the_weights = both(unscaled, mask_on_the_weights)

attention_with_einsum = right(
    change("queries @ keys.swapaxes(-1, -2) /", 'np.einsum("bnd,bmd->bnm", queries, keys) *'),
    change("0.5", "-0.5"),
    change("weights @ values", 'np.einsum("bnm,bmv->bnv", weights, values)'),
)


@right()
def attention_from_scratch(queries, keys, values, mask):
    scores = queries @ np.transpose(keys, (0, 2, 1)) / float(np.sqrt(keys.shape[-1]))
    raw = np.exp(scores - scores.max(-1, keepdims=True)) * mask
    total = raw.sum(-1, keepdims=True)
    weights = np.divide(raw, total, out=np.zeros_like(raw), where=total > 0)
    return weights @ values, weights
