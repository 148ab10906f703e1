"""What people write for 03-query-key-value.  See ``autograder.answers.bank`` for how an entry works.

Most are seen in published code or in every class; each is named for what is wrong with it.
The hint says what was misunderstood and what to think about, not what to type.
"""

import math

import numpy as np
import torch
from torch import nn

from attention_course.mechanisms.attention import softmax
from autograder.answers.bank import Call, Module, probes, right, wrong

# ---------------------------------------------------------------- kernel_pooling


@probes("kernel_pooling")
def pooling_probes(rng):
    queries, keys, values = rng.normal(size=3), rng.normal(size=5), rng.normal(size=5)
    return [
        Call(queries, keys, values, 0.6),
        Call(queries, keys, values, 1.9),
        Call(rng.normal(size=4), rng.normal(size=4), rng.normal(size=4), 0.8),
        Call(np.array([90.0, -70.0]), keys, values, 0.7),
        Call(*(part.astype(np.float32) for part in (queries, keys, values)), 0.6),
    ]


@wrong(
    "kernel_pooling",
    "In your function the farthest key weighs most: the exponent is plus the squared distance. Closer must weigh "
    "more, so the exponent is negative.",
)
def plus_distance(queries, keys, values, bandwidth):
    return softmax((queries[:, None] - keys[None, :]) ** 2 / (2 * bandwidth**2)) @ values


@wrong(
    "kernel_pooling",
    "Your result is the same for every query: the plain mean of the values. The weights must see the query; "
    "what would you expect right on top of a key?",
)
def mean(queries, keys, values, bandwidth):
    return np.full_like(queries, values.mean())


@wrong(
    "kernel_pooling",
    "You subtract keys from queries one by one, q₁ − k₁, q₂ − k₂, … Every query needs its distance to every key: "
    "make a column of the queries and a row of the keys, queries[:, None] − keys[None, :].",
)
def not_broadcast(queries, keys, values, bandwidth):
    weights = softmax(-((queries - keys) ** 2) / (2 * bandwidth**2))
    return weights * values


@wrong(
    "kernel_pooling",
    "You take the distance itself, not its square. That is another kernel (Laplace's), with a sharper tip and heavier tails.",
)
def distance_not_squared(queries, keys, values, bandwidth):
    return softmax(-np.abs(queries[:, None] - keys[None, :]) / (2 * bandwidth**2)) @ values


@wrong(
    "kernel_pooling",
    "The bandwidth is squared in the formula, as the distance is: only then does doubling all lengths, bandwidth "
    "included, change nothing.",
)
def bandwidth_not_squared(queries, keys, values, bandwidth):
    return softmax(-((queries[:, None] - keys[None, :]) ** 2) / (2 * bandwidth)) @ values


@wrong(
    "kernel_pooling",
    "A factor 2 is missing in the exponent, −(q − k)²/(2σ²): your kernel is narrower than the bandwidth says, by √2.",
)
def without_the_two(queries, keys, values, bandwidth):
    return softmax(-((queries[:, None] - keys[None, :]) ** 2) / bandwidth**2) @ values


@wrong(
    "kernel_pooling",
    "Your weights do not sum to one, so the result grows with the number of keys nearby. Divide by the sum of the kernel.",
)
def not_normalised(queries, keys, values, bandwidth):
    return np.exp(-((queries[:, None] - keys[None, :]) ** 2) / (2 * bandwidth**2)) @ values


@wrong(
    "kernel_pooling",
    "You normalise over the queries, so that the queries compete for a key. Each query has its own distribution "
    "over the keys: normalise along the keys' axis.",
)
def normalised_over_queries(queries, keys, values, bandwidth):
    return softmax(-((queries[:, None] - keys[None, :]) ** 2) / (2 * bandwidth**2), axis=0) @ values


@wrong(
    "kernel_pooling",
    "Far from all keys every exponential rounds to 0 and you divide 0 by 0. The given softmax subtracts each row's largest "
    "exponent first, which changes nothing else.",
)
def underflow(queries, keys, values, bandwidth):
    with np.errstate(invalid="ignore"):
        kernel = np.exp(-((queries[:, None] - keys[None, :]) ** 2) / (2 * bandwidth**2))
        return (kernel @ values) / kernel.sum(1)


@wrong(
    "kernel_pooling",
    "You multiply by σ² where the formula divides: in your function a wide bandwidth is a narrow one.",
)
def bandwidth_multiplies(queries, keys, values, bandwidth):
    return softmax(-((queries[:, None] - keys[None, :]) ** 2) * bandwidth**2 / 2) @ values


@wrong(
    "kernel_pooling",
    "You return the value of the nearest key. That is the limit of a narrow bandwidth; at any other, all keys have a say.",
)
def nearest_only(queries, keys, values, bandwidth):
    return values[np.abs(queries[:, None] - keys[None, :]).argmin(1)]


@wrong(
    "kernel_pooling",
    "Your exponent is −((q − k)/(2σ))²: the 2 has got inside the square and became a 4, so that your kernel is wider "
    "than the bandwidth says. Only the distance and σ are squared.",
)
def two_inside_the_square(queries, keys, values, bandwidth):
    return softmax(-(((queries[:, None] - keys[None, :]) / (2 * bandwidth)) ** 2)) @ values


@wrong(
    "kernel_pooling",
    "You divide by the sum of the whole table, over queries and keys. The denominator belongs to one query: the weights "
    "of each row sum to one.",
)
def normalised_over_everything(queries, keys, values, bandwidth):
    with np.errstate(invalid="ignore"):
        kernel = np.exp(-((queries[:, None] - keys[None, :]) ** 2) / (2 * bandwidth**2))
        return (kernel / kernel.sum()) @ values


@wrong(
    "kernel_pooling",
    "Your weights sum to one, and then you take a mean over the keys: that divides by their number once more. A "
    "weighted mean is the plain sum of weight times value.",
)
def divided_once_more(queries, keys, values, bandwidth):
    weights = softmax(-((queries[:, None] - keys[None, :]) ** 2) / (2 * bandwidth**2))
    return (weights * values).mean(1)


@wrong(
    "kernel_pooling",
    "The sum of each row has lost its axis: shape (n,) lines up with the keys, not with the queries. Either you get an "
    "error, or, where n = m, each weight is divided by the sum of another query. What does keepdims=True do?",
)
def keepdims_forgotten(queries, keys, values, bandwidth):
    with np.errstate(invalid="ignore"):
        kernel = np.exp(-((queries[:, None] - keys[None, :]) ** 2) / (2 * bandwidth**2))
        return (kernel / kernel.sum(1)) @ values


@wrong(
    "kernel_pooling",
    "Far from every key you return 0. A small number in the denominator, or nan_to_num, hides the 0/0 without answering "
    "it: 0 is no mean of the values. Subtract the largest exponent first and the division is harmless.",
)
def zero_far_away(queries, keys, values, bandwidth):
    kernel = np.exp(-((queries[:, None] - keys[None, :]) ** 2) / (2 * bandwidth**2))
    return (kernel @ values) / (kernel.sum(1) + np.finfo(keys.dtype).tiny)


@wrong(
    "kernel_pooling",
    "float32 goes in and float64 comes out. NumPy keeps the wider type, and np.sqrt(2) and a "
    "new np.zeros(…) are float64; plain Python numbers leave the dtype alone, and a buffer takes a dtype=.",
)
def pooled_in_float64(queries, keys, values, bandwidth):
    pooled = np.zeros(len(queries))
    for i, query in enumerate(queries):
        pooled[i] = softmax(-((query - keys) ** 2) / (2 * bandwidth**2)) @ values
    return pooled


@wrong(
    "kernel_pooling",
    "You return the weights as well. This exercise asks for the result alone; from the next one on, it is the pair (output, weights).",
)
def weights_as_well(queries, keys, values, bandwidth):
    weights = softmax(-((queries[:, None] - keys[None, :]) ** 2) / (2 * bandwidth**2))
    return weights @ values, weights


@wrong("kernel_pooling", None, also=("without_the_two", "bandwidth_not_squared"))
def neither_two_nor_square(queries, keys, values, bandwidth):
    return softmax(-((queries[:, None] - keys[None, :]) ** 2) / bandwidth) @ values


@wrong("kernel_pooling", None, also=("plus_distance", "without_the_two"))
def plus_distance_without_the_two(queries, keys, values, bandwidth):
    return softmax((queries[:, None] - keys[None, :]) ** 2 / bandwidth**2) @ values


@right("kernel_pooling")
def query_by_query(queries, keys, values, bandwidth):
    answers = []
    for query in queries:
        exponents = -((keys - query) ** 2) / (2 * bandwidth**2)
        kernel = np.exp(exponents - exponents.max())
        answers.append((kernel * values).sum() / kernel.sum())
    return np.array(answers, dtype=queries.dtype)


@right("kernel_pooling")
def subtract_outer(queries, keys, values, bandwidth):
    exponents = -0.5 * (np.subtract.outer(queries, keys) / bandwidth) ** 2
    weights = np.exp(exponents - np.max(exponents, axis=1)[:, np.newaxis])
    weights = weights / np.sum(weights, axis=1)[:, np.newaxis]
    return np.einsum("nm,m->n", weights, values)


@right("kernel_pooling")
def nearest_where_nothing_is_near(queries, keys, values, bandwidth):
    distances = np.abs(queries[:, None] - keys)
    kernel = np.exp(-(distances**2) / (2 * bandwidth**2))
    total = kernel.sum(1)
    with np.errstate(invalid="ignore"):
        return np.where(total > 0, kernel @ values / total, values[distances.argmin(1)])


# ---------------------------------------------------------------- dot_product_attention


@probes("dot_product_attention")
def attention_probes(rng):
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


@wrong(
    "dot_product_attention",
    "Your scores are not divided by √d. They are right otherwise, and grow with the width: at d = 64 they spread "
    "over ±8 and more, the softmax saturates and hardly any gradient is left. Divide the scores by √d before the softmax.",
)
def unscaled(queries, keys, values):
    weights = softmax(queries @ keys.swapaxes(-1, -2))
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    "You divide by d, or twice by √d. The dot product of d independent terms has the variance d, hence the standard deviation √d: "
    "dividing by d makes the scores shrink as the width grows, and the weights all alike.",
)
def divided_by_d(queries, keys, values):
    weights = softmax(queries @ keys.swapaxes(-1, -2) / queries.shape[-1])
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    "You divide by the root of the values' width. The sum that grows is the one over the width of queries and keys; "
    "the values do not enter the score.",
)
def scaled_by_value_width(queries, keys, values):
    weights = softmax(queries @ keys.swapaxes(-1, -2) / math.sqrt(values.shape[-1]))
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    "You divide by the root of the number of keys. The score is a sum over the width d, and that is what makes it grow.",
)
def scaled_by_number_of_keys(queries, keys, values):
    weights = softmax(queries @ keys.swapaxes(-1, -2) / math.sqrt(keys.shape[1]))
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    "You scale after the softmax: each row of weights sums to 1/√d. Scale the scores, so that the softmax sees "
    "the smaller ones; the weights then sum to one.",
)
def scaled_after_softmax(queries, keys, values):
    weights = softmax(queries @ keys.swapaxes(-1, -2)) / math.sqrt(queries.shape[-1])
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    ".T reverses all axes of the array, the batch too: elements of the batch get mixed, or the shapes do not "
    "fit. Swap the last two axes only.",
)
def transposed_batch(queries, keys, values):
    weights = softmax(queries @ keys.T / math.sqrt(queries.shape[-1]))
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    "Your softmax runs over the queries: for each key the weights of all queries sum to one. Each query "
    "distributes its own weight over the keys, which is the last axis.",
)
def softmax_over_queries(queries, keys, values):
    weights = softmax(queries @ keys.swapaxes(-1, -2) / math.sqrt(queries.shape[-1]), axis=-2)
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    "Your softmax runs over the batch, so that elements of the batch compete. They have nothing to do with one "
    "another; normalise over the keys, the last axis.",
)
def softmax_over_batch(queries, keys, values):
    weights = softmax(queries @ keys.swapaxes(-1, -2) / math.sqrt(queries.shape[-1]), axis=0)
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    "All your weights together sum to one. There is one distribution per query: the softmax runs along the keys only.",
)
def softmax_over_everything(queries, keys, values):
    scores = queries @ keys.swapaxes(-1, -2) / math.sqrt(queries.shape[-1])
    weights = np.exp(scores - scores.max())
    weights = weights / weights.sum()
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    "The two results are right and in the other order: the output comes first, then the weights.",
)
def weights_first(queries, keys, values):
    weights = softmax(queries @ keys.swapaxes(-1, -2) / math.sqrt(queries.shape[-1]))
    return weights, weights @ values


@wrong(
    "dot_product_attention",
    "Your output is right; the weights are expected back as well: return output, weights.",
)
def output_only(queries, keys, values):
    return softmax(queries @ keys.swapaxes(-1, -2) / math.sqrt(queries.shape[-1])) @ values


@wrong(
    "dot_product_attention",
    "You multiply the values by the scores, without the softmax: the weights can be negative and do not sum to one.",
)
def no_softmax(queries, keys, values):
    scores = queries @ keys.swapaxes(-1, -2) / math.sqrt(queries.shape[-1])
    return scores @ values, scores


@wrong(
    "dot_product_attention",
    "float32 goes in and float64 comes out. NumPy keeps the wider type, and np.sqrt(d) and a "
    "new np.zeros(…) are float64. math.sqrt(d) or d**0.5 is a plain number and leaves the dtype alone; a buffer takes a dtype=.",
)
def becomes_float64(queries, keys, values):
    weights = softmax(queries @ keys.swapaxes(-1, -2) / np.sqrt(queries.shape[-1]))
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    "Your function changes an array of the caller's in place (/=, *= and -= write into the array "
    "itself). Make a new one instead: whoever calls your function twice gets another result the second time.",
)
def changes_its_input(queries, keys, values):
    queries /= math.sqrt(queries.shape[-1])
    weights = softmax(queries @ keys.swapaxes(-1, -2))
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    "For large scores your exponentials overflow and the result is NaN. Subtract the row's maximum first; the given softmax does.",
)
def overflow(queries, keys, values):
    with np.errstate(over="ignore", invalid="ignore"):
        exponentials = np.exp(queries @ keys.swapaxes(-1, -2) / math.sqrt(queries.shape[-1]))
        weights = exponentials / exponentials.sum(-1, keepdims=True)
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    "You multiply by √d where the formula divides: your scores spread more the wider the vectors are, and soon one key takes all.",
)
def multiplied_by_root_d(queries, keys, values):
    weights = softmax(queries @ keys.swapaxes(-1, -2) * math.sqrt(queries.shape[-1]))
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    "You divide by the root of the number of queries (shape[1]). The score is a sum over the width d, the last axis, and "
    "that is what makes it grow.",
)
def scaled_by_number_of_queries(queries, keys, values):
    weights = softmax(queries @ keys.swapaxes(-1, -2) / math.sqrt(queries.shape[1]))
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    "You divide by the root of len(queries), which is the size of the batch. The score is a sum over the width d, the last axis.",
)
def scaled_by_batch_size(queries, keys, values):
    weights = softmax(queries @ keys.swapaxes(-1, -2) / math.sqrt(len(queries)))
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    "Operator precedence: d**1/2 is half of d, not its root. The root is d**0.5, d**(1/2) or math.sqrt(d).",
)
def half_of_d(queries, keys, values):
    weights = softmax(queries @ keys.swapaxes(-1, -2) / (queries.shape[-1] / 2))
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    "Operator precedence again: scores / d**1/2 divides by d and then by 2. The root is d**0.5, d**(1/2) or math.sqrt(d).",
)
def divided_by_d_and_two(queries, keys, values):
    weights = softmax(queries @ keys.swapaxes(-1, -2) / queries.shape[-1] ** 1 / 2)
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    "reshape gives the keys the transposed shape, but not the transposed content: it reads the same numbers in the same "
    "order, so that a column is no key any more. Swap the axes instead.",
)
def reshaped_keys(queries, keys, values):
    batch, m, d = keys.shape
    weights = softmax(queries @ keys.reshape(batch, d, m) / math.sqrt(d))
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    "Your output is right, but what you return as weights are the scores before the softmax.",
)
def scores_for_weights(queries, keys, values):
    scores = queries @ keys.swapaxes(-1, -2) / math.sqrt(queries.shape[-1])
    return softmax(scores) @ values, scores


@wrong(
    "dot_product_attention",
    "The sum of each row has lost its axis: shape (B, n) does not line up with (B, n, m). Either you get an error, or, "
    "where the sizes agree, weights are divided by another row's sum. What does keepdims=True do?",
)
def row_sums_without_keepdims(queries, keys, values):
    with np.errstate(over="ignore", invalid="ignore"):
        exponentials = np.exp(queries @ keys.swapaxes(-1, -2) / math.sqrt(queries.shape[-1]))
        weights = exponentials / exponentials.sum(-1)
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    "You subtract one maximum, that of all scores. A row whose own scores lie far below it has only exponentials that "
    "round to 0, and 0/0 is NaN. Subtract each row's own maximum.",
)
def one_maximum_for_all(queries, keys, values):
    scores = queries @ keys.swapaxes(-1, -2) / math.sqrt(queries.shape[-1])
    with np.errstate(invalid="ignore"):
        exponentials = np.exp(scores - scores.max())
        weights = exponentials / exponentials.sum(-1, keepdims=True)
    return weights @ values, weights


@wrong(
    "dot_product_attention",
    "Every query sees only the keys up to its own place. That is a causal mask, right for a decoder that generates text; "
    "here each query may attend to all keys.",
)
def causal(queries, keys, values):
    scores = queries @ keys.swapaxes(-1, -2) / math.sqrt(queries.shape[-1])
    weights = softmax(np.where(np.tri(*scores.shape[1:], dtype=bool), scores, scores.dtype.type(-1e9)))
    return weights @ values, weights


@wrong("dot_product_attention", None, also=("unscaled", "softmax_over_queries"))
def unscaled_over_queries(queries, keys, values):
    weights = softmax(queries @ keys.swapaxes(-1, -2), axis=-2)
    return weights @ values, weights


@wrong("dot_product_attention", None, also=("unscaled", "weights_first"))
def unscaled_weights_first(queries, keys, values):
    weights = softmax(queries @ keys.swapaxes(-1, -2))
    return weights, weights @ values


@wrong("dot_product_attention", None, also=("divided_by_d", "softmax_over_queries"))
def divided_by_d_over_queries(queries, keys, values):
    weights = softmax(queries @ keys.swapaxes(-1, -2) / queries.shape[-1], axis=-2)
    return weights @ values, weights


@right("dot_product_attention")
def with_einsum(queries, keys, values):
    d = queries.shape[2]
    scores = np.einsum("bnd,bmd->bnm", queries, keys) * d**-0.5
    exponentials = np.exp(scores - np.amax(scores, axis=2, keepdims=True))
    weights = exponentials / np.sum(exponentials, axis=2, keepdims=True)
    return np.einsum("bnm,bmv->bnv", weights, values), weights


@right("dot_product_attention")
def one_batch_element_at_a_time(queries, keys, values):
    outputs, weights = [], []
    for q, k, v in zip(queries, keys, values, strict=True):
        weights.append(softmax(q @ k.T / math.sqrt(k.shape[1])))
        outputs.append(weights[-1] @ v)
    return np.stack(outputs), np.stack(weights)


@right("dot_product_attention")
def scaled_queries(queries, keys, values):
    scaled = queries / math.sqrt(keys.shape[-1])
    weights = softmax(np.matmul(scaled, np.transpose(keys, (0, 2, 1))))
    return np.matmul(weights, values), weights


@right("dot_product_attention")
def computed_by_torch(queries, keys, values):
    q, k, v = (torch.from_numpy(part) for part in (queries, keys, values))
    weights = torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, dim=-1)
    return (weights @ v).numpy(), weights.numpy()


@right("dot_product_attention")
def returns_a_named_tuple(queries, keys, values):
    from collections import namedtuple

    scaled = (part / part.shape[-1] ** 0.25 for part in (queries, keys))
    weights = softmax(np.einsum("bnd,bmd->bnm", *scaled))
    return namedtuple("Attention", "output weights")(weights @ values, weights)


# ---------------------------------------------------------------- soft_lookup


@probes("soft_lookup")
def lookup_probes(rng):
    query, keys, values = rng.normal(size=3), rng.normal(size=(5, 3)), rng.normal(size=(5, 4))
    return [
        Call(query, keys, values, 0.7),
        Call(query, keys, values, 2.5),
        Call(rng.normal(size=4), rng.normal(size=(4, 4)), rng.normal(size=(4, 4)), 1.3),
        Call(query + 90, keys, values, 0.5),
        Call(*(part.astype(np.float32) for part in (query, keys, values)), 0.7),
    ]


@wrong(
    "soft_lookup",
    "Your score is the dot product. It grows with the length of a key, so that a long key can win over the nearest "
    "one. The score here is minus half the squared distance, divided by the temperature.",
)
def dot_product_score(query, keys, values, temperature):
    weights = softmax(keys @ query / temperature)
    return weights @ values, weights


@wrong(
    "soft_lookup",
    "Your score is the scaled dot product of the exercise before. Here it is the distance that counts: minus the "
    "squared distance, over twice the temperature, and no √d.",
)
def scaled_dot_product_score(query, keys, values, temperature):
    weights = softmax(keys @ query / (math.sqrt(len(query)) * temperature))
    return weights @ values, weights


@wrong(
    "soft_lookup",
    "You multiply by the temperature. Dividing is what makes a low one strict: the scores then lie far apart.",
)
def temperature_multiplies(query, keys, values, temperature):
    weights = softmax(-((keys - query) ** 2).sum(-1) * temperature / 2)
    return weights @ values, weights


@wrong(
    "soft_lookup", "In your function the farthest key weighs most. The score is minus the squared distance."
)
def farthest_wins(query, keys, values, temperature):
    weights = softmax(((keys - query) ** 2).sum(-1) / (2 * temperature))
    return weights @ values, weights


@wrong("soft_lookup", "You take the distance, not its square: far keys keep more weight than they should.")
def distance_unsquared(query, keys, values, temperature):
    weights = softmax(-np.sqrt(((keys - query) ** 2).sum(-1)) / (2 * temperature))
    return weights @ values, weights


@wrong(
    "soft_lookup",
    "A factor 2 is missing: the score is −‖q − k‖²/(2τ). Yours is what half the temperature gives.",
)
def half_the_temperature(query, keys, values, temperature):
    weights = softmax(-((keys - query) ** 2).sum(-1) / temperature)
    return weights @ values, weights


@wrong(
    "soft_lookup",
    "The temperature is squared in your function. It stands where the bandwidth's square stood: τ = σ².",
)
def temperature_squared(query, keys, values, temperature):
    weights = softmax(-((keys - query) ** 2).sum(-1) / (2 * temperature**2))
    return weights @ values, weights


@wrong("soft_lookup", "Your function ignores the temperature: at any τ it answers as at τ = 1.")
def no_temperature(query, keys, values, temperature):
    weights = softmax(-((keys - query) ** 2).sum(-1) / 2)
    return weights @ values, weights


@wrong(
    "soft_lookup",
    "You look the nearest key up and ignore the others. That is the limit τ → 0; at any other temperature all keys have a say.",
)
def hard_lookup(query, keys, values, temperature):
    weights = np.zeros(len(keys))
    weights[((keys - query) ** 2).sum(-1).argmin()] = 1
    return weights @ values, weights


@wrong(
    "soft_lookup",
    "The two results are right and in the other order: the output comes first, then the weights.",
)
def lookup_weights_first(query, keys, values, temperature):
    weights = softmax(-((keys - query) ** 2).sum(-1) / (2 * temperature))
    return weights, weights @ values


@wrong(
    "soft_lookup",
    "Far from every key all your exponentials round to 0 and you divide 0 by 0. The given softmax subtracts the "
    "largest score first, which changes nothing else.",
)
def lookup_underflow(query, keys, values, temperature):
    with np.errstate(invalid="ignore"):
        kernel = np.exp(-((keys - query) ** 2).sum(-1) / (2 * temperature))
        weights = kernel / kernel.sum()
    return weights @ values, weights


@wrong(
    "soft_lookup",
    "You average the squared differences over the coordinates. The squared distance is their sum; with the mean, the "
    "lookup gets softer the wider the vectors are.",
)
def mean_of_squares(query, keys, values, temperature):
    weights = softmax(-((keys - query) ** 2).mean(-1) / (2 * temperature))
    return weights @ values, weights


@wrong(
    "soft_lookup",
    "The 2τ has got inside the square. Square and add up the differences first, then divide by 2τ once.",
)
def temperature_inside_the_square(query, keys, values, temperature):
    weights = softmax(-(((keys - query) / (2 * temperature)) ** 2).sum(-1))
    return weights @ values, weights


@wrong(
    "soft_lookup",
    "You divide by √d as well. Here the temperature alone sets the scale; √d belongs to the dot product of the exercise before.",
)
def divided_by_root_d_as_well(query, keys, values, temperature):
    weights = softmax(-((keys - query) ** 2).sum(-1) / (2 * temperature * math.sqrt(len(query))))
    return weights @ values, weights


@wrong(
    "soft_lookup",
    "You add up the absolute differences (the city-block distance). ‖q − k‖² is the sum of the squared ones.",
)
def city_block(query, keys, values, temperature):
    weights = softmax(-np.abs(keys - query).sum(-1) / (2 * temperature))
    return weights @ values, weights


@wrong(
    "soft_lookup",
    "You add up the differences and square the sum, so that differences of opposite sign cancel. Square first, then add up.",
)
def sum_then_square(query, keys, values, temperature):
    weights = softmax(-((keys - query).sum(-1) ** 2) / (2 * temperature))
    return weights @ values, weights


@wrong(
    "soft_lookup",
    "Your output is right; the weights are expected back as well: return output, weights.",
)
def lookup_output_only(query, keys, values, temperature):
    return softmax(-((keys - query) ** 2).sum(-1) / (2 * temperature)) @ values


@wrong(
    "soft_lookup",
    "Far from every key your weights are all 0. A small number in the denominator, or nan_to_num, hides the 0/0 without "
    "answering it. Subtract the largest score before you exponentiate, as the given softmax does.",
)
def lookup_zero_far_away(query, keys, values, temperature):
    kernel = np.exp(-((keys - query) ** 2).sum(-1) / (2 * temperature))
    weights = kernel / (kernel.sum() + np.finfo(keys.dtype).tiny)
    return weights @ values, weights


@wrong(
    "soft_lookup",
    "float32 goes in and float64 comes out. NumPy keeps the wider type, and np.sqrt(2) and a "
    "new np.zeros(…) are float64; plain Python numbers leave the dtype alone, and a buffer takes a dtype=.",
)
def lookup_in_float64(query, keys, values, temperature):
    scores = np.zeros(len(keys))
    for i, key in enumerate(keys):
        scores[i] = -((key - query) ** 2).sum() / (2 * temperature)
    weights = softmax(scores)
    return weights @ values, weights


@wrong(
    "soft_lookup",
    "Your function changes an array of the caller's in place (-=, /= and *= write into the array itself). Make a new one instead.",
)
def lookup_changes_its_input(query, keys, values, temperature):
    keys -= query
    weights = softmax(-(keys**2).sum(-1) / (2 * temperature))
    return weights @ values, weights


@wrong("soft_lookup", None, also=("farthest_wins", "half_the_temperature"))
def farthest_wins_half_the_temperature(query, keys, values, temperature):
    weights = softmax(((keys - query) ** 2).sum(-1) / temperature)
    return weights @ values, weights


@wrong("soft_lookup", None, also=("distance_unsquared", "half_the_temperature"))
def unsquared_half_the_temperature(query, keys, values, temperature):
    weights = softmax(-np.sqrt(((keys - query) ** 2).sum(-1)) / temperature)
    return weights @ values, weights


@right("soft_lookup")
def with_norm(query, keys, values, temperature):
    scores = -0.5 * np.linalg.norm(keys - query[None, :], axis=1) ** 2 / temperature
    exponentials = np.exp(scores - np.max(scores))
    weights = exponentials / exponentials.sum()
    return (weights[:, None] * values).sum(axis=0), weights


@right("soft_lookup")
def expanded_square(query, keys, values, temperature):
    # ‖q − k‖²/2 = ‖q‖²/2 + ‖k‖²/2 − q·k, and what all scores share drops out of the softmax
    weights = softmax((keys @ query - 0.5 * np.einsum("md,md->m", keys, keys)) / temperature)
    return np.dot(weights, values), weights


# ---------------------------------------------------------------- self_attention


@probes("self_attention")
def self_attention_probes(rng):
    def matrices(width, d, d_v):
        return tuple(
            rng.normal(size=shape) / math.sqrt(width) for shape in ((width, d), (width, d), (width, d_v))
        )

    general = rng.normal(size=(2, 3, 7)), *matrices(7, 5, 4)
    return [
        Call(*general),
        Call(rng.normal(size=(2, 5, 4)), *matrices(4, 4, 4)),
        Call(rng.normal(size=(4, 4, 4)), *matrices(4, 4, 4)),
        Call(60 * general[0], *general[1:]),
        Call(*(part.astype(np.float32) for part in general)),
    ]


@wrong(
    "self_attention",
    "Your scores come from x itself: W_q and W_k change nothing. Project first; a token asks with x W_q and is found by x W_k.",
)
def scores_from_x(x, W_q, W_k, W_v):
    weights = softmax(x @ x.swapaxes(-1, -2) / math.sqrt(W_q.shape[1]))
    return weights @ (x @ W_v), weights


@wrong("self_attention", "Your values are x itself: W_v changes nothing. What a token hands over is x W_v.")
def values_from_x(x, W_q, W_k, W_v):
    weights = softmax((x @ W_q) @ (x @ W_k).swapaxes(-1, -2) / math.sqrt(W_q.shape[1]))
    return weights @ x, weights


@wrong(
    "self_attention",
    "You use W_q for the keys, too: W_k changes nothing. With one matrix for both, what a token looks for and what it is "
    "found by would be the same.",
)
def keys_with_W_q(x, W_q, W_k, W_v):
    weights = softmax((x @ W_q) @ (x @ W_q).swapaxes(-1, -2) / math.sqrt(W_q.shape[1]))
    return weights @ (x @ W_v), weights


@wrong(
    "self_attention",
    "Queries and keys have changed places: in your weights row t belongs to the token that is asked. Rows belong to the one that asks.",
)
def keys_ask(x, W_q, W_k, W_v):
    weights = softmax((x @ W_k) @ (x @ W_q).swapaxes(-1, -2) / math.sqrt(W_q.shape[1]))
    return weights @ (x @ W_v), weights


@wrong("self_attention", "Your scores are not divided by √d, the root of the width of queries and keys.")
def self_unscaled(x, W_q, W_k, W_v):
    weights = softmax((x @ W_q) @ (x @ W_k).swapaxes(-1, -2))
    return weights @ (x @ W_v), weights


@wrong(
    "self_attention",
    "You divide by the root of x's width. The dot product is taken after the projection, so it is the width of queries and keys that counts.",
)
def scaled_by_input_width(x, W_q, W_k, W_v):
    weights = softmax((x @ W_q) @ (x @ W_k).swapaxes(-1, -2) / math.sqrt(x.shape[-1]))
    return weights @ (x @ W_v), weights


@wrong(
    "self_attention", "You divide by d; the scores' standard deviation grows as √d, and that is the divisor."
)
def self_divided_by_d(x, W_q, W_k, W_v):
    weights = softmax((x @ W_q) @ (x @ W_k).swapaxes(-1, -2) / W_q.shape[1])
    return weights @ (x @ W_v), weights


@wrong(
    "self_attention",
    "Your softmax runs over the tokens that ask. Each asking token distributes its own weight over all tokens: the last axis.",
)
def self_softmax_over_queries(x, W_q, W_k, W_v):
    weights = softmax((x @ W_q) @ (x @ W_k).swapaxes(-1, -2) / math.sqrt(W_q.shape[1]), axis=-2)
    return weights @ (x @ W_v), weights


@wrong("self_attention", ".T reverses all axes, the batch too. Swap the last two axes of the keys only.")
def self_transposed_batch(x, W_q, W_k, W_v):
    weights = softmax((x @ W_q) @ (x @ W_k).T / math.sqrt(W_q.shape[1]))
    return weights @ (x @ W_v), weights


@wrong(
    "self_attention",
    "You multiply by the transposed matrices. Here W_q has the shape (d_x, d), and x W_q is x @ W_q; it is torch's nn.Linear that keeps its weight the other way round.",
)
def matrices_transposed(x, W_q, W_k, W_v):
    weights = softmax((x @ W_q.T) @ (x @ W_k.T).swapaxes(-1, -2) / math.sqrt(W_q.shape[1]))
    return weights @ (x @ W_v.T), weights


@wrong(
    "self_attention",
    "You divide by the root of the values' width. The sum that grows is the one over the width d of queries and keys.",
)
def self_scaled_by_value_width(x, W_q, W_k, W_v):
    weights = softmax((x @ W_q) @ (x @ W_k).swapaxes(-1, -2) / math.sqrt(W_v.shape[1]))
    return weights @ (x @ W_v), weights


@wrong(
    "self_attention",
    "You divide by the root of the number of tokens. The score is a sum over the width d, the last axis of queries and keys.",
)
def self_scaled_by_length(x, W_q, W_k, W_v):
    weights = softmax((x @ W_q) @ (x @ W_k).swapaxes(-1, -2) / math.sqrt(x.shape[1]))
    return weights @ (x @ W_v), weights


@wrong(
    "self_attention",
    "The two results are right and in the other order: the output comes first, then the weights.",
)
def self_weights_first(x, W_q, W_k, W_v):
    weights = softmax((x @ W_q) @ (x @ W_k).swapaxes(-1, -2) / math.sqrt(W_q.shape[1]))
    return weights, weights @ (x @ W_v)


@wrong(
    "self_attention",
    "Your output is right; the weights are expected back as well: return output, weights.",
)
def self_output_only(x, W_q, W_k, W_v):
    weights = softmax((x @ W_q) @ (x @ W_k).swapaxes(-1, -2) / math.sqrt(W_q.shape[1]))
    return weights @ (x @ W_v)


@wrong(
    "self_attention",
    "Your weights are right, but the output uses them transposed: each token would collect what it was asked for. Row t of "
    "the weights mixes the values for token t, weights @ values.",
)
def weights_transposed(x, W_q, W_k, W_v):
    weights = softmax((x @ W_q) @ (x @ W_k).swapaxes(-1, -2) / math.sqrt(W_q.shape[1]))
    return weights.swapaxes(-1, -2) @ (x @ W_v), weights


@wrong(
    "self_attention",
    "A token sees only itself and those before it. That is a causal mask, right for a decoder that generates text; here every token sees the whole sequence.",
)
def self_causal(x, W_q, W_k, W_v):
    scores = (x @ W_q) @ (x @ W_k).swapaxes(-1, -2) / math.sqrt(W_q.shape[1])
    weights = softmax(np.where(np.tri(*scores.shape[1:], dtype=bool), scores, scores.dtype.type(-1e9)))
    return weights @ (x @ W_v), weights


@wrong(
    "self_attention",
    "For large scores your exponentials overflow and the result is NaN. Subtract the row's maximum first; the given softmax does.",
)
def self_overflow(x, W_q, W_k, W_v):
    with np.errstate(over="ignore", invalid="ignore"):
        exponentials = np.exp((x @ W_q) @ (x @ W_k).swapaxes(-1, -2) / math.sqrt(W_q.shape[1]))
        weights = exponentials / exponentials.sum(-1, keepdims=True)
    return weights @ (x @ W_v), weights


@wrong(
    "self_attention",
    "float32 goes in and float64 comes out. NumPy keeps the wider type, and np.sqrt(d) and a "
    "new np.zeros(…) are float64. math.sqrt(d) or d**0.5 is a plain number and leaves the dtype alone.",
)
def self_becomes_float64(x, W_q, W_k, W_v):
    weights = softmax((x @ W_q) @ (x @ W_k).swapaxes(-1, -2) / np.sqrt(W_q.shape[1]))
    return weights @ (x @ W_v), weights


@wrong("self_attention", None, also=("self_unscaled", "keys_ask"))
def unscaled_keys_ask(x, W_q, W_k, W_v):
    weights = softmax((x @ W_k) @ (x @ W_q).swapaxes(-1, -2))
    return weights @ (x @ W_v), weights


@wrong("self_attention", None, also=("scores_from_x", "values_from_x"))
def nothing_projected(x, W_q, W_k, W_v):
    weights = softmax(x @ x.swapaxes(-1, -2) / math.sqrt(x.shape[-1]))
    return weights @ x, weights


@right("self_attention")
def matrices_joined(x, W_q, W_k, W_v):
    scores = x @ (W_q @ W_k.T) @ x.swapaxes(-1, -2) / math.sqrt(W_k.shape[1])
    weights = softmax(scores)
    return (weights @ x) @ W_v, weights


@right("self_attention")
def self_with_einsum(x, W_q, W_k, W_v):
    q, k, v = (np.einsum("bnx,xd->bnd", x, W) for W in (W_q, W_k, W_v))
    scores = np.einsum("bid,bjd->bij", q, k) / W_q.shape[1] ** 0.5
    exponentials = np.exp(scores - scores.max(-1, keepdims=True))
    weights = exponentials / exponentials.sum(-1, keepdims=True)
    return np.einsum("bij,bjv->biv", weights, v), weights


# ---------------------------------------------------------------- structured_self_attention


@probes("structured_self_attention")
def structured_probes(rng):
    general = rng.normal(size=(2, 5, 6)), rng.normal(size=(4, 6)), rng.normal(size=(3, 4))
    return [
        Call(*general),
        Call(rng.normal(size=(4, 4, 4)), rng.normal(size=(4, 4)), rng.normal(size=(4, 4))),
        Call(general[0], general[1], 2000 * general[2]),
        Call(*(part.astype(np.float32) for part in general)),
    ]


@wrong(
    "structured_self_attention",
    "Your softmax runs over the hops: at each position the hops share the weight 1. Each hop is a distribution over the positions.",
)
def softmax_over_hops(H, W_1, W_2):
    A = softmax(W_2 @ np.tanh(W_1 @ H.swapaxes(-1, -2)), axis=-2)
    return A @ H, A


@wrong(
    "structured_self_attention",
    "The tanh is missing. Without it W_2 W_1 is a single matrix, and the layer in between could as well not be there.",
)
def no_tanh(H, W_1, W_2):
    A = softmax(W_2 @ (W_1 @ H.swapaxes(-1, -2)))
    return A @ H, A


@wrong("structured_self_attention", "You use a ReLU where the formula has tanh: negative evidence is lost.")
def relu_for_tanh(H, W_1, W_2):
    A = softmax(W_2 @ np.maximum(W_1 @ H.swapaxes(-1, -2), 0))
    return A @ H, A


@wrong(
    "structured_self_attention",
    "You apply tanh after W_2. It belongs between the two matrices; after W_2 it would hold every score within ±1 and no hop could focus.",
)
def tanh_last(H, W_1, W_2):
    A = softmax(np.tanh(W_2 @ (W_1 @ H.swapaxes(-1, -2))))
    return A @ H, A


@wrong("structured_self_attention", "Both results are right and in the other order: M comes first, then A.")
def A_first(H, W_1, W_2):
    A = softmax(W_2 @ np.tanh(W_1 @ H.swapaxes(-1, -2)))
    return A, A @ H


@wrong(
    "structured_self_attention",
    "Your A is transposed: one row per hop and one column per position is expected, (B, r, n).",
)
def A_transposed(H, W_1, W_2):
    A = softmax(W_2 @ np.tanh(W_1 @ H.swapaxes(-1, -2)))
    return A @ H, A.swapaxes(-1, -2)


@wrong("structured_self_attention", "You flatten M into one long vector. Keep one row per hop, (B, r, 2u).")
def M_flattened(H, W_1, W_2):
    A = softmax(W_2 @ np.tanh(W_1 @ H.swapaxes(-1, -2)))
    return (A @ H).reshape(len(H), -1), A


@wrong(
    "structured_self_attention",
    "You average the hops into one vector, and what each of them found is mixed again. Keep one row per hop, (B, r, 2u).",
)
def hops_averaged(H, W_1, W_2):
    A = softmax(W_2 @ np.tanh(W_1 @ H.swapaxes(-1, -2)))
    return (A @ H).mean(1), A


@wrong(
    "structured_self_attention",
    "Your hops are not normalised: without the softmax they are scores, which can be negative.",
)
def hops_without_softmax(H, W_1, W_2):
    A = W_2 @ np.tanh(W_1 @ H.swapaxes(-1, -2))
    return A @ H, A


@wrong("structured_self_attention", "You average tanh(H), not the hidden states themselves: M = A H.")
def values_squashed(H, W_1, W_2):
    A = softmax(W_2 @ np.tanh(W_1 @ H.swapaxes(-1, -2)))
    return A @ np.tanh(H), A


@wrong(
    "structured_self_attention",
    "You divide the scores by a root of the width, as in dot-product attention. Here tanh keeps the scores in check; the paper has no divisor.",
)
def hops_scaled(H, W_1, W_2):
    A = softmax(W_2 @ np.tanh(W_1 @ H.swapaxes(-1, -2)) / math.sqrt(W_1.shape[0]))
    return A @ H, A


@wrong(
    "structured_self_attention",
    "There is a second tanh, after W_2. It holds every score within ±1, so that no hop can focus; the formula has one, between the matrices.",
)
def tanh_twice(H, W_1, W_2):
    A = softmax(np.tanh(W_2 @ np.tanh(W_1 @ H.swapaxes(-1, -2))))
    return A @ H, A


@wrong(
    "structured_self_attention",
    "You apply the softmax before W_2, and W_2 then mixes the distributions: what comes out does not sum to one. The softmax comes last.",
)
def softmax_before_W_2(H, W_1, W_2):
    A = W_2 @ softmax(np.tanh(W_1 @ H.swapaxes(-1, -2)))
    return A @ H, A


@wrong(
    "structured_self_attention",
    "reshape gives H the transposed shape, but not the transposed content: it reads the same numbers in the same order, "
    "so that a column is no hidden state any more. Swap the axes instead.",
)
def reshaped_H(H, W_1, W_2):
    batch, n, width = H.shape
    A = softmax(W_2 @ np.tanh(W_1 @ H.reshape(batch, width, n)))
    return A @ H, A


@wrong(
    "structured_self_attention",
    "You average the layer in between, tanh(W_1 Hᵀ). It only serves to score; what the hops average are the hidden states, M = A H.",
)
def values_projected(H, W_1, W_2):
    between = np.tanh(W_1 @ H.swapaxes(-1, -2))
    A = softmax(W_2 @ between)
    return A @ between.swapaxes(-1, -2), A


@wrong("structured_self_attention", "Your M is right; A is expected back as well: return M, A.")
def M_only(H, W_1, W_2):
    return softmax(W_2 @ np.tanh(W_1 @ H.swapaxes(-1, -2))) @ H


@wrong(
    "structured_self_attention",
    "For large scores your result is NaN: exponentials overflow, or all those of a hop round to 0. Subtract each hop's own "
    "maximum first; the given softmax does.",
)
def structured_overflow(H, W_1, W_2):
    with np.errstate(over="ignore", invalid="ignore"):
        exponentials = np.exp(W_2 @ np.tanh(W_1 @ H.swapaxes(-1, -2)))
        A = exponentials / exponentials.sum(-1, keepdims=True)
    return A @ H, A


@wrong("structured_self_attention", None, also=("no_tanh", "softmax_over_hops"))
def no_tanh_over_hops(H, W_1, W_2):
    A = softmax(W_2 @ (W_1 @ H.swapaxes(-1, -2)), axis=-2)
    return A @ H, A


@right("structured_self_attention")
def rows_for_positions(H, W_1, W_2):
    scores = np.tanh(H @ W_1.T) @ W_2.T
    A = softmax(scores, axis=1).swapaxes(1, 2)
    return np.matmul(A, H), A


@right("structured_self_attention")
def structured_with_einsum(H, W_1, W_2):
    scores = np.einsum("ra,ban->brn", W_2, np.tanh(np.einsum("au,bnu->ban", W_1, H)))
    exponentials = np.exp(scores - scores.max(2, keepdims=True))
    A = exponentials / exponentials.sum(2, keepdims=True)
    return np.einsum("brn,bnu->bru", A, H), A


# ---------------------------------------------------------------- hop_penalty


@probes("hop_penalty")
def penalty_probes(rng):
    return [
        Call(rng.dirichlet(np.ones(5), size=(2, 3))),
        Call(rng.dirichlet(np.ones(2), size=(5, 4))),
        Call(rng.dirichlet(np.ones(4), size=(3, 4))),
        Call(np.eye(5)[None, :3]),
    ]


@wrong(
    "hop_penalty",
    "You compare positions, AᵀA − I of size n, not hops. Disjoint hops on single words should cost nothing; the overlap of hops is A Aᵀ, of size r.",
)
def compares_positions(A):
    excess = A.swapaxes(-1, -2) @ A - np.eye(A.shape[2])
    return (excess**2).sum((-1, -2)).mean()


@wrong(
    "hop_penalty",
    "The identity is missing: you punish every hop for existing. Its overlap with itself may be 1.",
)
def no_identity(A):
    return ((A @ A.swapaxes(-1, -2)) ** 2).sum((-1, -2)).mean()


@wrong("hop_penalty", "You return the Frobenius norm; the penalty is its square, so no root.")
def norm_not_squared(A):
    excess = A @ A.swapaxes(-1, -2) - np.eye(A.shape[1])
    return np.sqrt((excess**2).sum((-1, -2))).mean()


@wrong(
    "hop_penalty",
    "You add up the batch. It is the mean over the batch, so that the penalty does not depend on how many sentences there are.",
)
def summed_over_batch(A):
    excess = A @ A.swapaxes(-1, -2) - np.eye(A.shape[1])
    return (excess**2).sum()


@wrong(
    "hop_penalty",
    "You average over the entries of the matrix as well. The Frobenius norm adds them up; only the batch is averaged.",
)
def mean_of_everything(A):
    excess = A @ A.swapaxes(-1, -2) - np.eye(A.shape[1])
    return (excess**2).mean()


@wrong("hop_penalty", "You return one number per sentence. One for the batch is expected: their mean.")
def one_per_sentence(A):
    excess = A @ A.swapaxes(-1, -2) - np.eye(A.shape[1])
    return (excess**2).sum((-1, -2))


@wrong(
    "hop_penalty",
    "You leave the diagonal out. It counts: a hop that spreads over many words has a small overlap with itself, and the penalty asks it to focus.",
)
def diagonal_left_out(A):
    overlap = A @ A.swapaxes(-1, -2) * (1 - np.eye(A.shape[1]))
    return (overlap**2).sum((-1, -2)).mean()


@wrong(
    "hop_penalty",
    "You add up absolute values. The Frobenius norm squares the entries, which forgives small overlaps and punishes large ones.",
)
def absolute_values(A):
    excess = A @ A.swapaxes(-1, -2) - np.eye(A.shape[1])
    return np.abs(excess).sum((-1, -2)).mean()


@wrong(
    "hop_penalty",
    "You divide by the number of hops too (a mean over rows somewhere). The Frobenius norm adds all entries up; only the batch is averaged.",
)
def mean_over_hops(A):
    excess = A @ A.swapaxes(-1, -2) - np.eye(A.shape[1])
    return (excess**2).sum(-1).mean()


@wrong(
    "hop_penalty",
    "You subtract 1 from every entry, and so ask all hops to be the same. I is the identity matrix: 1 on the diagonal, 0 elsewhere.",
)
def ones_for_the_identity(A):
    return ((A @ A.swapaxes(-1, -2) - 1) ** 2).sum((-1, -2)).mean()


@wrong(
    "hop_penalty",
    "Your identity has the size of the sentence, n × n. It is subtracted from A Aᵀ, which is r × r, and so must it be.",
)
def identity_of_size_n(A):
    excess = A @ A.swapaxes(-1, -2) - np.eye(A.shape[2])
    return (excess**2).sum((-1, -2)).mean()


@wrong(
    "hop_penalty",
    "You subtract r after the squares are summed. The identity is subtracted inside the norm, entry by entry, before "
    "anything is squared; a penalty is never negative.",
)
def identity_outside_the_norm(A):
    return ((A @ A.swapaxes(-1, -2)) ** 2).sum((-1, -2)).mean() - A.shape[1]


@wrong(
    "hop_penalty",
    "You average the norms over the batch and square the average. Each sentence has its own squared norm; these are averaged.",
)
def squared_after_the_mean(A):
    excess = A @ A.swapaxes(-1, -2) - np.eye(A.shape[1])
    return np.sqrt((excess**2).sum((-1, -2))).mean() ** 2


@wrong(
    "hop_penalty",
    "Your function changes the caller's A in place (-=, /= and *= write into the array itself). Make a new array instead.",
)
def penalty_changes_A(A):
    A /= A.sum(-1, keepdims=True) + 1e-9
    excess = A @ A.swapaxes(-1, -2) - np.eye(A.shape[1])
    return (excess**2).sum((-1, -2)).mean()


@wrong("hop_penalty", None, also=("compares_positions", "norm_not_squared"))
def positions_not_squared(A):
    excess = A.swapaxes(-1, -2) @ A - np.eye(A.shape[2])
    return np.sqrt((excess**2).sum((-1, -2))).mean()


@wrong("hop_penalty", None, also=("norm_not_squared", "summed_over_batch"))
def summed_not_squared(A):
    excess = A @ A.swapaxes(-1, -2) - np.eye(A.shape[1])
    return np.sqrt((excess**2).sum((-1, -2))).sum()


@right("hop_penalty")
def with_linalg_norm(A):
    return np.mean([np.linalg.norm(one @ one.T - np.eye(len(one)), "fro") ** 2 for one in A])


@right("hop_penalty")
def as_a_trace(A):
    # ‖G − I‖² = tr(G²) − 2 tr(G) + r for the symmetric G = A Aᵀ
    overlap = np.einsum("brn,bsn->brs", A, A)
    return float(((overlap**2).sum((1, 2)) - 2 * np.trace(overlap, axis1=1, axis2=2) + A.shape[1]).mean())


# ---------------------------------------------------------------- SelfAttention


@probes("SelfAttention")
def module_probes(rng):
    def probe(batch, n, width, d, d_v):
        def array(*shape):
            return rng.normal(size=shape).astype(np.float32)

        parameters = {
            "W_q.weight": array(d, width),
            "W_k.weight": array(d, width),
            "W_v.weight": array(d_v, width),
        }
        return Module((width, d, d_v), parameters, (torch.from_numpy(array(batch, n, width)),))

    return [probe(2, 3, 6, 8, 5), probe(1, 4, 3, 2, 7), probe(4, 4, 4, 4, 4)]


@wrong(
    "SelfAttention",
    "Your layers have a bias. nn.Linear brings one unless told bias=False; here the three projections are matrices only.",
)
class WithBias(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d)
        self.W_k = nn.Linear(width, d)
        self.W_v = nn.Linear(width, d_v)

    def forward(self, x):
        q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)
        return weights @ v, weights


@wrong(
    "SelfAttention",
    "Your scores are not divided by √d, so their spread grows with the width of queries and keys and the softmax saturates.",
)
class Unscaled(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d, bias=False)
        self.W_k = nn.Linear(width, d, bias=False)
        self.W_v = nn.Linear(width, d_v, bias=False)

    def forward(self, x):
        q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)
        weights = torch.softmax(q @ k.transpose(-1, -2), dim=-1)
        return weights @ v, weights


@wrong(
    "SelfAttention",
    "You divide by the root of the values' width; it is the width d of queries and keys that makes the score grow.",
)
class ScaledByValueWidth(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d, bias=False)
        self.W_k = nn.Linear(width, d, bias=False)
        self.W_v = nn.Linear(width, d_v, bias=False)

    def forward(self, x):
        q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(v.shape[-1]), dim=-1)
        return weights @ v, weights


@wrong(
    "SelfAttention",
    "You divide by the root of the input's width; the dot product is taken after the projection, at the width d.",
)
class ScaledByInputWidth(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d, bias=False)
        self.W_k = nn.Linear(width, d, bias=False)
        self.W_v = nn.Linear(width, d_v, bias=False)

    def forward(self, x):
        q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(x.shape[-1]), dim=-1)
        return weights @ v, weights


@wrong(
    "SelfAttention",
    "Your softmax runs over the tokens that ask (dim=1). Each asking token distributes its own weight: dim=-1.",
)
class SoftmaxOverQueries(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d, bias=False)
        self.W_k = nn.Linear(width, d, bias=False)
        self.W_v = nn.Linear(width, d_v, bias=False)

    def forward(self, x):
        q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=1)
        return weights @ v, weights


@wrong(
    "SelfAttention",
    "All numbers are right, but the weights are cut off from the gradient (detach, .data or no_grad): W_q and W_k can never learn.",
)
class WeightsDetached(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d, bias=False)
        self.W_k = nn.Linear(width, d, bias=False)
        self.W_v = nn.Linear(width, d_v, bias=False)

    def forward(self, x):
        q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1).detach()
        return weights @ v, weights


@wrong(
    "SelfAttention",
    "The numbers come out right, but no gradient can be computed: the result leaves torch on the way (NumPy, .data, torch.tensor(...), no_grad).",
)
class ResultDetached(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d, bias=False)
        self.W_k = nn.Linear(width, d, bias=False)
        self.W_v = nn.Linear(width, d_v, bias=False)

    def forward(self, x):
        with torch.no_grad():
            q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)
            weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)
        return weights @ v, weights


@wrong("SelfAttention", "You use W_q for the keys, too; W_k takes no part and gets no gradient.")
class KeysWithWq(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d, bias=False)
        self.W_k = nn.Linear(width, d, bias=False)
        self.W_v = nn.Linear(width, d_v, bias=False)

    def forward(self, x):
        q, k, v = self.W_q(x), self.W_q(x), self.W_v(x)
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)
        return weights @ v, weights


@wrong(
    "SelfAttention",
    "The matrices are plain tensors, which the module does not know as parameters: an optimiser would never see them. Use nn.Linear(…, bias=False).",
)
class PlainTensors(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q, self.W_k, self.W_v = torch.ones(width, d), torch.ones(width, d), torch.ones(width, d_v)

    def forward(self, x):
        q, k, v = x @ self.W_q, x @ self.W_k, x @ self.W_v
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)
        return weights @ v, weights


@wrong(
    "SelfAttention",
    "Your softmax runs over the batch. dim=0 does that, and so does no dim at all: of three axes torch then takes the first. "
    "Say dim=-1.",
)
class SoftmaxOverBatch(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d, bias=False)
        self.W_k = nn.Linear(width, d, bias=False)
        self.W_v = nn.Linear(width, d_v, bias=False)

    def forward(self, x):
        q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=0)
        return weights @ v, weights


@wrong(
    "SelfAttention",
    "Queries and keys have changed places: in your weights row t belongs to the token that is asked. Rows belong to the one that asks.",
)
class KeysAsk(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d, bias=False)
        self.W_k = nn.Linear(width, d, bias=False)
        self.W_v = nn.Linear(width, d_v, bias=False)

    def forward(self, x):
        q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)
        weights = torch.softmax(k @ q.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)
        return weights @ v, weights


@wrong(
    "SelfAttention",
    "You divide by d. The scores' standard deviation grows as √d, and that is the divisor.",
)
class DividedByD(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d, bias=False)
        self.W_k = nn.Linear(width, d, bias=False)
        self.W_v = nn.Linear(width, d_v, bias=False)

    def forward(self, x):
        q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)
        weights = torch.softmax(q @ k.transpose(-1, -2) / q.shape[-1], dim=-1)
        return weights @ v, weights


@wrong(
    "SelfAttention",
    "You scale after the softmax: each row of weights sums to 1/√d. Scale the scores, so that the softmax sees the smaller ones.",
)
class ScaledAfterSoftmax(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d, bias=False)
        self.W_k = nn.Linear(width, d, bias=False)
        self.W_v = nn.Linear(width, d_v, bias=False)

    def forward(self, x):
        q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)
        weights = torch.softmax(q @ k.transpose(-1, -2), dim=-1) / math.sqrt(q.shape[-1])
        return weights @ v, weights


@wrong(
    "SelfAttention",
    "Your weights are the scores themselves: without a softmax they can be negative and do not sum to one.",
)
class NoSoftmax(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d, bias=False)
        self.W_k = nn.Linear(width, d, bias=False)
        self.W_v = nn.Linear(width, d_v, bias=False)

    def forward(self, x):
        q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)
        weights = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
        return weights @ v, weights


@wrong(
    "SelfAttention",
    "Your values are x itself: W_v takes no part and gets no gradient. What a token hands over is W_v(x).",
)
class ValuesFromX(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d, bias=False)
        self.W_k = nn.Linear(width, d, bias=False)
        self.W_v = nn.Linear(width, d_v, bias=False)

    def forward(self, x):
        q, k = self.W_q(x), self.W_k(x)
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)
        return weights @ x, weights


@wrong(
    "SelfAttention",
    "Your output is right; forward should return the weights as well: return output, weights.",
)
class OutputOnly(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d, bias=False)
        self.W_k = nn.Linear(width, d, bias=False)
        self.W_v = nn.Linear(width, d_v, bias=False)

    def forward(self, x):
        q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)
        return weights @ v


@wrong(
    "SelfAttention",
    "The two results are right and in the other order: the output comes first, then the weights.",
)
class WeightsFirst(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d, bias=False)
        self.W_k = nn.Linear(width, d, bias=False)
        self.W_v = nn.Linear(width, d_v, bias=False)

    def forward(self, x):
        q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)
        return weights, weights @ v


@wrong(
    "SelfAttention",
    "float32 goes in and float64 comes out: a .double() or a float64 tensor on the way lifts all that "
    "follows, and the next layer will refuse it.",
)
class InDouble(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d, bias=False)
        self.W_k = nn.Linear(width, d, bias=False)
        self.W_v = nn.Linear(width, d_v, bias=False)

    def forward(self, x):
        q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)
        weights = torch.softmax(q.double() @ k.double().transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)
        return weights @ v.double(), weights


@wrong(
    "SelfAttention",
    "You keep bare nn.Parameter matrices of shape (width, d). The exercise wants nn.Linear layers, whose parameter is called "
    "W_q.weight and is stored the other way round, (d, width).",
)
class BareParameters(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Parameter(torch.randn(width, d))
        self.W_k = nn.Parameter(torch.randn(width, d))
        self.W_v = nn.Parameter(torch.randn(width, d_v))

    def forward(self, x):
        q, k, v = x @ self.W_q, x @ self.W_k, x @ self.W_v
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)
        return weights @ v, weights


@wrong(
    "SelfAttention",
    "Your divisor is a parameter, so that training would change it. 1/√d is a constant: keep it as a plain number, self.scale = d**-0.5.",
)
class LearnedScale(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d, bias=False)
        self.W_k = nn.Linear(width, d, bias=False)
        self.W_v = nn.Linear(width, d_v, bias=False)
        self.scale = nn.Parameter(torch.tensor(d**-0.5))

    def forward(self, x):
        q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)
        weights = torch.softmax(q @ k.transpose(-1, -2) * self.scale, dim=-1)
        return weights @ v, weights


@wrong("SelfAttention", None, also=("WithBias", "Unscaled"))
class WithBiasUnscaled(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d)
        self.W_k = nn.Linear(width, d)
        self.W_v = nn.Linear(width, d_v)

    def forward(self, x):
        q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)
        weights = torch.softmax(q @ k.transpose(-1, -2), dim=-1)
        return weights @ v, weights


@right("SelfAttention")
class WithTheLibrarysAttention(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d, bias=False)
        self.W_k = nn.Linear(width, d, bias=False)
        self.W_v = nn.Linear(width, d_v, bias=False)
        self.scale = d**-0.5

    def forward(self, x):
        scores = torch.einsum("bid,bjd->bij", self.W_q(x), self.W_k(x)) * self.scale
        weights = nn.functional.softmax(scores, dim=2)
        output = nn.functional.scaled_dot_product_attention(self.W_q(x), self.W_k(x), self.W_v(x))
        return output, weights


@right("SelfAttention")
class WithBareMatrices(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.d = d
        self.W_k = nn.Linear(width, d, False)
        self.W_q = nn.Linear(width, d, False)
        self.W_v = nn.Linear(width, d_v, False)

    def forward(self, x):
        scores = (x @ self.W_q.weight.T).bmm((x @ self.W_k.weight.T).mT) / self.d**0.5
        weights = (scores - scores.amax(-1, keepdim=True)).exp()
        weights = weights / weights.sum(-1, keepdim=True)
        return weights.bmm(x @ self.W_v.weight.T), weights


@right("SelfAttention")
class WithABuffer(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q, self.W_k = (nn.Linear(width, d, bias=False) for _ in range(2))
        self.W_v = nn.Linear(width, d_v, bias=False)
        self.register_buffer("scale", torch.tensor(d**-0.5))

    def forward(self, x):
        scores = self.W_q(x) @ self.W_k(x).mT
        scores *= self.scale
        weights = scores.softmax(-1)
        return weights @ self.W_v(x), weights
