"""What people write for ``dot_product_attention``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    def unit(*shape):
        return rng.normal(size=shape)

    equal = unit(4, 4, 4), unit(4, 4, 4), unit(4, 4, 4)
    general = unit(2, 3, 8), unit(2, 5, 8), unit(2, 5, 6)
    return [
        Call(*general),
        Call(*equal),
        Call(30 * general[0], 30 * general[1], general[2]),
        Call(*(part.astype(np.float32) for part in general)),
    ]


unscaled = wrong(
    "Your scores are not divided by √d. They are right otherwise, and grow with the width: at d = 64 they spread "
    "over ±8 and more, the softmax saturates and hardly any gradient is left. Divide the scores by √d before the softmax.",
    change(" / math.sqrt(queries.shape[-1])", ""),
)

divided_by_d = wrong(
    "You divide by d, or twice by √d. The dot product of d independent terms has the variance d, hence the standard deviation √d: "
    "dividing by d makes the scores shrink as the width grows, and the weights all alike.",
    change("math.sqrt(queries.shape[-1])", "queries.shape[-1]"),
)

scaled_by_value_width = wrong(
    "You divide by the root of the values' width. The sum that grows is the one over the width of queries and keys; "
    "the values do not enter the score.",
    change("queries.shape", "values.shape"),
)

scaled_by_number_of_keys = wrong(
    "You divide by the root of the number of keys. The score is a sum over the width d, and that is what makes it grow.",
    change("queries.shape[-1]", "keys.shape[1]"),
)

scaled_after_softmax = wrong(
    "You scale after the softmax: each row of weights sums to 1/√d. Scale the scores, so that the softmax sees "
    "the smaller ones; the weights then sum to one.",
    change("softmax(scores)", "softmax(queries @ keys.swapaxes(-1, -2)) / math.sqrt(queries.shape[-1])"),
)

transposed_batch = wrong(
    ".T reverses all axes of the array, the batch too: elements of the batch get mixed, or the shapes do not "
    "fit. Swap the last two axes only.",
    change("keys.swapaxes(-1, -2)", "keys.T"),
)

softmax_over_queries = wrong(
    "Your softmax runs over the queries: for each key the weights of all queries sum to one. Each query "
    "distributes its own weight over the keys, which is the last axis.",
    change("softmax(scores)", "softmax(scores, axis=-2)"),
)

softmax_over_batch = wrong(
    "Your softmax runs over the batch, so that elements of the batch compete. They have nothing to do with one "
    "another; normalise over the keys, the last axis.",
    change("softmax(scores)", "softmax(scores, axis=0)"),
)

softmax_over_everything = wrong(
    "All your weights together sum to one. There is one distribution per query: the softmax runs along the keys only.",
    change("weights =", "weights = np.exp(scores - scores.max())\nweights ="),
    change("softmax(scores)", "weights / weights.sum()"),
)

weights_first = wrong(
    "The two results are right and in the other order: the output comes first, then the weights.",
    change(" @ values, weights", ", weights @ values"),
)


@wrong("Your output is right; the weights are expected back as well: return output, weights.")
def output_only(queries, keys, values):
    return softmax(queries @ keys.swapaxes(-1, -2) / math.sqrt(queries.shape[-1])) @ values


no_softmax = wrong(
    "You multiply the values by the scores, without the softmax: the weights can be negative and do not sum to one.",
    change("weights @ values, weights", "scores @ values, scores"),
)

becomes_float64 = wrong(
    "float32 goes in and float64 comes out. NumPy keeps the wider type, and np.sqrt(d) and a "
    "new np.zeros(…) are float64. math.sqrt(d) or d**0.5 is a plain number and leaves the dtype alone; a buffer takes a dtype=.",
    change("math", "np"),
)

changes_its_input = wrong(
    "Your function changes an array of the caller's in place (/=, *= and -= write into the array "
    "itself). Make a new one instead: whoever calls your function twice gets another result the second time.",
    change("scores = queries @ keys.swapaxes(-1, -2) / math", "queries /= math"),
    change("softmax(scores)", "softmax(queries @ keys.swapaxes(-1, -2))"),
)


@wrong(
    "For large scores your exponentials overflow and the result is NaN. Subtract the row's maximum first; the given softmax does."
)
def overflow(queries, keys, values):
    exponentials = np.exp(queries @ keys.swapaxes(-1, -2) / math.sqrt(queries.shape[-1]))
    weights = exponentials / exponentials.sum(-1, keepdims=True)
    return weights @ values, weights


multiplied_by_root_d = wrong(
    "You multiply by √d where the formula divides: your scores spread more the wider the vectors are, and soon one key takes all.",
    change("/ math.sqrt", "* math.sqrt"),
)

scaled_by_number_of_queries = wrong(
    "You divide by the root of the number of queries (shape[1]). The score is a sum over the width d, the last axis, and "
    "that is what makes it grow.",
    change("queries.shape[-1]", "queries.shape[1]"),
)

scaled_by_batch_size = wrong(
    "You divide by the root of len(queries), which is the size of the batch. The score is a sum over the width d, the last axis.",
    change("queries.shape[-1]", "len(queries)"),
)

half_of_d = wrong(
    "Operator precedence: d**1/2 is half of d, not its root. The root is d**0.5, d**(1/2) or math.sqrt(d).",
    change("math.sqrt(queries.shape[-1])", "(queries.shape[-1] / 2)"),
)

divided_by_d_and_two = wrong(
    "Operator precedence again: scores / d**1/2 divides by d and then by 2. The root is d**0.5, d**(1/2) or math.sqrt(d).",
    change(" / math.sqrt(queries.shape[-1])", " / queries.shape[-1] ** 1 / 2"),
)


@wrong(
    "reshape gives the keys the transposed shape, but not the transposed content: it reads the same numbers in the same "
    "order, so that a column is no key any more. Swap the axes instead."
)
def reshaped_keys(queries, keys, values):
    batch, m, d = keys.shape
    weights = softmax(queries @ keys.reshape(batch, d, m) / math.sqrt(d))
    return weights @ values, weights


scores_for_weights = wrong(
    "Your output is right, but what you return as weights are the scores before the softmax.",
    change("weights @ values, weights", "softmax(scores) @ values, scores"),
)


@wrong(
    "The sum of each row has lost its axis: shape (B, n) does not line up with (B, n, m). Either you get an error, or, "
    "where the sizes agree, weights are divided by another row's sum. What does keepdims=True do?"
)
def row_sums_without_keepdims(queries, keys, values):
    exponentials = np.exp(queries @ keys.swapaxes(-1, -2) / math.sqrt(queries.shape[-1]))
    weights = exponentials / exponentials.sum(-1)
    return weights @ values, weights


one_maximum_for_all = wrong(
    "You subtract one maximum, that of all scores. A row whose own scores lie far below it has only exponentials that "
    "round to 0, and 0/0 is NaN. Subtract each row's own maximum.",
    change("weights =", "exponentials = np.exp(scores - scores.max())\nweights ="),
    change("softmax(scores)", "exponentials / exponentials.sum(-1, keepdims=True)"),
)

causal = wrong(
    "Every query sees only the keys up to its own place. That is a causal mask, right for a decoder that generates text; "
    "here each query may attend to all keys.",
    change(
        "softmax(scores)",
        "softmax(np.where(np.tri(*scores.shape[1:], dtype=bool), scores, scores.dtype.type(-1e9)))",
    ),
)

unscaled_over_queries = both(unscaled, softmax_over_queries)

unscaled_weights_first = both(unscaled, weights_first)

divided_by_d_over_queries = both(divided_by_d, softmax_over_queries)


@right()
def with_einsum(queries, keys, values):
    d = queries.shape[2]
    scores = np.einsum("bnd,bmd->bnm", queries, keys) * d**-0.5
    exponentials = np.exp(scores - np.amax(scores, axis=2, keepdims=True))
    weights = exponentials / np.sum(exponentials, axis=2, keepdims=True)
    return np.einsum("bnm,bmv->bnv", weights, values), weights


@right()
def one_batch_element_at_a_time(queries, keys, values):
    outputs, weights = [], []
    for q, k, v in zip(queries, keys, values, strict=True):
        weights.append(softmax(q @ k.T / math.sqrt(k.shape[1])))
        outputs.append(weights[-1] @ v)
    return np.stack(outputs), np.stack(weights)


@right()
def scaled_queries(queries, keys, values):
    scaled = queries / math.sqrt(keys.shape[-1])
    weights = softmax(np.matmul(scaled, np.transpose(keys, (0, 2, 1))))
    return np.matmul(weights, values), weights


@right()
def computed_by_torch(queries, keys, values):
    q, k, v = (torch.from_numpy(part) for part in (queries, keys, values))
    weights = torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, dim=-1)
    return (weights @ v).numpy(), weights.numpy()


@right()
def returns_a_named_tuple(queries, keys, values):
    from collections import namedtuple

    scaled = (part / part.shape[-1] ** 0.25 for part in (queries, keys))
    weights = softmax(np.einsum("bnd,bmd->bnm", *scaled))
    return namedtuple("Attention", "output weights")(weights @ values, weights)
