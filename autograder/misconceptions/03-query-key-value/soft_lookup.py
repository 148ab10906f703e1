"""What people write for ``soft_lookup``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    query, keys, values = rng.normal(size=3), rng.normal(size=(5, 3)), rng.normal(size=(5, 4))
    return [
        Call(query, keys, values, 0.7),
        Call(query, keys, values, 2.5),
        Call(rng.normal(size=4), rng.normal(size=(4, 4)), rng.normal(size=(4, 4)), 1.3),
        Call(query + 90, keys, values, 0.5),
        Call(*(part.astype(np.float32) for part in (query, keys, values)), 0.7),
    ]


dot_product_score = wrong(
    "Your score is the dot product. It grows with the length of a key, so that a long key can win over the nearest "
    "one. The score here is minus half the squared distance, divided by the temperature.",
    change("-distances / (2 * temperature)", "keys @ query / (temperature)"),
)

scaled_dot_product_score = wrong(
    "Your score is the scaled dot product of the exercise before. Here it is the distance that counts: minus the "
    "squared distance, over twice the temperature, and no √d.",
    change("-distances / (2 * temperature)", "keys @ query / (math.sqrt(len(query)) * temperature)"),
)

temperature_multiplies = wrong(
    "You multiply by the temperature. Dividing is what makes a low one strict: the scores then lie far apart.",
    change(" / (2 * temperature)", " * temperature / (2)"),
)

farthest_wins = wrong(
    "In your function the farthest key weighs most. The score is minus the squared distance.",
    change("-distances", "distances"),
)

distance_unsquared = wrong(
    "You take the distance, not its square: far keys keep more weight than they should.",
    change("-distances", "-np.sqrt(((keys - query) ** 2).sum(-1))"),
)

half_the_temperature = wrong(
    "A factor 2 is missing: the score is −‖q − k‖²/(2τ). Yours is what half the temperature gives.",
    change("2 * temperature", "temperature"),
)

temperature_squared = wrong(
    "The temperature is squared in your function. It stands where the bandwidth's square stood: τ = σ².",
    change("2 * temperature", "2 * temperature**2"),
)

no_temperature = wrong(
    "Your function ignores the temperature: at any τ it answers as at τ = 1.", change("2 * temperature", "2")
)


@wrong(
    "You look the nearest key up and ignore the others. That is the limit τ → 0; at any other temperature all keys have a say."
)
def hard_lookup(query, keys, values, temperature):
    weights = np.zeros(len(keys))
    weights[((keys - query) ** 2).sum(-1).argmin()] = 1
    return weights @ values, weights


lookup_weights_first = wrong(
    "The two results are right and in the other order: the output comes first, then the weights.",
    change(" @ values, weights", ", weights @ values"),
)

lookup_underflow = wrong(
    "Far from every key all your exponentials round to 0 and you divide 0 by 0. The given softmax subtracts the "
    "largest score first, which changes nothing else.",
    change("((keys - query) ** 2).sum(-1)", "np.exp(-((keys - query) ** 2).sum(-1) / (2 * temperature))"),
    change("softmax(-distances / (2 * temperature))", "distances / distances.sum()"),
)

mean_of_squares = wrong(
    "You average the squared differences over the coordinates. The squared distance is their sum; with the mean, the "
    "lookup gets softer the wider the vectors are.",
    change("sum(-1)", "mean(-1)"),
)

temperature_inside_the_square = wrong(
    "The 2τ has got inside the square. Square and add up the differences first, then divide by 2τ once.",
    change("-distances / (2 * temperature)", "-(((keys - query) / (2 * temperature)) ** 2).sum(-1)"),
)

divided_by_root_d_as_well = wrong(
    "You divide by √d as well. Here the temperature alone sets the scale; √d belongs to the dot product of the exercise before.",
    change("2 * temperature", "2 * temperature * math.sqrt(len(query))"),
)

city_block = wrong(
    "You add up the absolute differences (the city-block distance). ‖q − k‖² is the sum of the squared ones.",
    change("(keys - query) ** 2", "np.abs(keys - query)"),
)

sum_then_square = wrong(
    "You add up the differences and square the sum, so that differences of opposite sign cancel. Square first, then add up.",
    change("-distances", "-(keys - query).sum(-1) ** 2"),
)


@wrong("Your output is right; the weights are expected back as well: return output, weights.")
def lookup_output_only(query, keys, values, temperature):
    return softmax(-((keys - query) ** 2).sum(-1) / (2 * temperature)) @ values


lookup_zero_far_away = wrong(
    "Far from every key your weights are all 0. A small number in the denominator, or nan_to_num, hides the 0/0 without "
    "answering it. Subtract the largest score before you exponentiate, as the given softmax does.",
    change("((keys - query) ** 2).sum(-1)", "np.exp(-((keys - query) ** 2).sum(-1) / (2 * temperature))"),
    change(
        "softmax(-distances / (2 * temperature))", "distances / (distances.sum() + np.finfo(keys.dtype).tiny)"
    ),
)


@wrong(
    "float32 goes in and float64 comes out. NumPy keeps the wider type, and np.sqrt(2) and a "
    "new np.zeros(…) are float64; plain Python numbers leave the dtype alone, and a buffer takes a dtype=."
)
def lookup_in_float64(query, keys, values, temperature):
    scores = np.zeros(len(keys))
    for i, key in enumerate(keys):
        scores[i] = -((key - query) ** 2).sum() / (2 * temperature)
    weights = softmax(scores)
    return weights @ values, weights


lookup_changes_its_input = wrong(
    "Your function changes an array of the caller's in place (-=, /= and *= write into the array itself). Make a new one instead.",
    change("distances = ((keys - query) ** 2).sum(-1)", "keys -= query"),
    change("-distances", "-(keys**2).sum(-1)"),
)

farthest_wins_half_the_temperature = both(farthest_wins, half_the_temperature)

unsquared_half_the_temperature = both(distance_unsquared, half_the_temperature)


@right()
def with_norm(query, keys, values, temperature):
    scores = -0.5 * np.linalg.norm(keys - query[None, :], axis=1) ** 2 / temperature
    exponentials = np.exp(scores - np.max(scores))
    weights = exponentials / exponentials.sum()
    return (weights[:, None] * values).sum(axis=0), weights


@right()
def expanded_square(query, keys, values, temperature):
    # ‖q − k‖²/2 = ‖q‖²/2 + ‖k‖²/2 − q·k, and what all scores share drops out of the softmax
    weights = softmax((keys @ query - 0.5 * np.einsum("md,md->m", keys, keys)) / temperature)
    return np.dot(weights, values), weights
