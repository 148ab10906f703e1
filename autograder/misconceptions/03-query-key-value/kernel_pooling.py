"""What people write for ``kernel_pooling``."""

from autograder.answers.bank import Call, again, both, change, right, wrong


def probes(rng):
    queries, keys, values = rng.normal(size=3), rng.normal(size=5), rng.normal(size=5)
    return [
        Call(queries, keys, values, 0.6),
        Call(queries, keys, values, 1.9),
        Call(rng.normal(size=4), rng.normal(size=4), rng.normal(size=4), 0.8),
        Call(np.array([90.0, -70.0]), keys, values, 0.7),
        Call(*(part.astype(np.float32) for part in (queries, keys, values)), 0.6),
    ]


plus_distance = wrong(
    "In your function the farthest key weighs most: the exponent is plus the squared distance. Closer must weigh "
    "more, so the exponent is negative.",
    change("-(distances**2)", "distances**2"),
)

mean = wrong(
    "Your result is the same for every query: the plain mean of the values. The weights must see the query; "
    "what would you expect right on top of a key?",
    change("softmax(-(distances**2) / (2 * bandwidth**2)) @ values", "np.full_like(queries, values.mean())"),
)

not_broadcast = wrong(
    "You subtract keys from queries one by one, q₁ − k₁, q₂ − k₂, … Every query needs its distance to every key: "
    "make a column of the queries and a row of the keys, queries[:, None] − keys[None, :].",
    change("queries[:, None] - keys[None, :]", "queries - keys"),
    change("@ values", "* values"),
)

distance_not_squared = wrong(
    "You take the distance itself, not its square. That is another kernel (Laplace's), with a sharper tip and heavier tails.",
    change("distances**2", "np.abs(distances)"),
)

distance_over_bandwidth = again(
    distance_not_squared, change("-(distances**2) / (2 * bandwidth**2)", "-np.abs(distances) / bandwidth")
)


bandwidth_not_squared = wrong(
    "The bandwidth is squared in the formula, as the distance is: only then does doubling all lengths, bandwidth "
    "included, change nothing.",
    change("bandwidth**2", "bandwidth"),
)

without_the_two = wrong(
    "A factor 2 is missing in the exponent, −(q − k)²/(2σ²): your kernel is narrower than the bandwidth says, by √2.",
    change("2 * bandwidth**2", "bandwidth**2"),
)

not_normalised = wrong(
    "Your weights do not sum to one, so the result grows with the number of keys nearby. Divide by the sum of the kernel.",
    change("softmax", "np.exp"),
)

normalised_over_queries = wrong(
    "You normalise over the queries, so that the queries compete for a key. Each query has its own distribution "
    "over the keys: normalise along the keys' axis.",
    change("bandwidth**2)", "bandwidth**2), axis=0"),
)


@wrong(
    "Far from all keys every exponential rounds to 0 and you divide 0 by 0. The given softmax subtracts each row's largest "
    "exponent first, which changes nothing else."
)
def underflow(queries, keys, values, bandwidth):
    kernel = np.exp(-((queries[:, None] - keys[None, :]) ** 2) / (2 * bandwidth**2))
    return (kernel @ values) / kernel.sum(1)


@wrong("You multiply by σ² where the formula divides: in your function a wide bandwidth is a narrow one.")
def bandwidth_multiplies(queries, keys, values, bandwidth):
    return softmax(-((queries[:, None] - keys[None, :]) ** 2) * bandwidth**2 / 2) @ values


nearest_only = wrong(
    "You return the value of the nearest key. That is the limit of a narrow bandwidth; at any other, all keys have a say.",
    change("softmax(-(distances**2) / (2 * bandwidth**2)) @ values", "values[np.abs(distances).argmin(1)]"),
)

two_inside_the_square = wrong(
    "Your exponent is −((q − k)/(2σ))²: the 2 has got inside the square and became a 4, so that your kernel is wider "
    "than the bandwidth says. Only the distance and σ are squared.",
    change("-(distances**2) / (2 * bandwidth**2)", "-((distances / (2 * bandwidth)) ** 2)"),
)


@wrong(
    "You divide by the sum of the whole table, over queries and keys. The denominator belongs to one query: the weights "
    "of each row sum to one."
)
def normalised_over_everything(queries, keys, values, bandwidth):
    kernel = np.exp(-((queries[:, None] - keys[None, :]) ** 2) / (2 * bandwidth**2))
    return (kernel / kernel.sum()) @ values


@wrong(
    "Your weights sum to one, and then you take a mean over the keys: that divides by their number once more. A "
    "weighted mean is the plain sum of weight times value."
)
def divided_once_more(queries, keys, values, bandwidth):
    weights = softmax(-((queries[:, None] - keys[None, :]) ** 2) / (2 * bandwidth**2))
    return (weights * values).mean(1)


@wrong(
    "The sum of each row has lost its axis: shape (n,) lines up with the keys, not with the queries. Either you get an "
    "error, or, where n = m, each weight is divided by the sum of another query. What does keepdims=True do?"
)
def keepdims_forgotten(queries, keys, values, bandwidth):
    kernel = np.exp(-((queries[:, None] - keys[None, :]) ** 2) / (2 * bandwidth**2))
    return (kernel / kernel.sum(1)) @ values


@wrong(
    "Far from every key you return 0. A small number in the denominator, or nan_to_num, hides the 0/0 without answering "
    "it: 0 is no mean of the values. Subtract the largest exponent first and the division is harmless."
)
def zero_far_away(queries, keys, values, bandwidth):
    kernel = np.exp(-((queries[:, None] - keys[None, :]) ** 2) / (2 * bandwidth**2))
    return (kernel @ values) / (kernel.sum(1) + np.finfo(keys.dtype).tiny)


@wrong(
    "float32 goes in and float64 comes out. NumPy keeps the wider type, and np.sqrt(2) and a "
    "new np.zeros(…) are float64; plain Python numbers leave the dtype alone, and a buffer takes a dtype=."
)
def pooled_in_float64(queries, keys, values, bandwidth):
    pooled = np.zeros(len(queries))
    for i, query in enumerate(queries):
        pooled[i] = softmax(-((query - keys) ** 2) / (2 * bandwidth**2)) @ values
    return pooled


@wrong(
    "You return the weights as well. This exercise asks for the result alone; from the next one on, it is the pair (output, weights)."
)
def weights_as_well(queries, keys, values, bandwidth):
    weights = softmax(-((queries[:, None] - keys[None, :]) ** 2) / (2 * bandwidth**2))
    return weights @ values, weights


neither_two_nor_square = both(without_the_two, bandwidth_not_squared, change("2 * bandwidth**2", "bandwidth"))

plus_distance_without_the_two = both(plus_distance, without_the_two)


@right()
def query_by_query(queries, keys, values, bandwidth):
    answers = []
    for query in queries:
        exponents = -((keys - query) ** 2) / (2 * bandwidth**2)
        kernel = np.exp(exponents - exponents.max())
        answers.append((kernel * values).sum() / kernel.sum())
    return np.array(answers, dtype=queries.dtype)


@right()
def subtract_outer(queries, keys, values, bandwidth):
    exponents = -0.5 * (np.subtract.outer(queries, keys) / bandwidth) ** 2
    weights = np.exp(exponents - np.max(exponents, axis=1)[:, np.newaxis])
    weights = weights / np.sum(weights, axis=1)[:, np.newaxis]
    return np.einsum("nm,m->n", weights, values)


@right()
def nearest_where_nothing_is_near(queries, keys, values, bandwidth):
    distances = np.abs(queries[:, None] - keys)
    kernel = np.exp(-(distances**2) / (2 * bandwidth**2))
    total = kernel.sum(1)
    return np.where(total > 0, kernel @ values / total, values[distances.argmin(1)])
