"""What people write for ``soft_attention``."""

from autograder.answers.bank import Call, again, both, change, right, wrong


def probes(rng):
    values, scores = 2 * rng.normal(size=(5, 3)), 1.5 * rng.normal(size=5)
    return [
        Call(values, scores),
        Call(rng.normal(size=(4, 4)), rng.normal(size=4)),
        Call(rng.normal(size=(2, 6)), rng.normal(size=2)),
        Call(values, 1000 + scores),
        Call(values.astype(np.float32), scores.astype(np.float32)),
    ]


plain_mean = wrong(
    "Your z is the plain mean of the values, whatever the scores are. The weights must see the scores: a higher score, a larger share.",
    change("weights @ values, weights", "values.mean(0), np.full_like(scores, 1 / len(scores))"),
)

unnormalised = wrong(
    "Your weights do not sum to one, so z grows with the number of values and with the scores' offset. Divide the exponentials by their sum.",
    change("softmax", "np.exp"),
)

unnormalised_but_shifted = again(unnormalised, change("softmax(scores)", "np.exp(scores - scores.max())"))


scores_for_weights = wrong(
    "You multiply the values by the scores themselves. Scores can be negative and have no fixed sum; the softmax makes weights of them.",
    change("weights @ values, weights", "scores @ values, scores"),
)

scores_over_their_sum = wrong(
    "You divide the scores by their sum, without exponentials: some weights come out negative. The softmax exponentiates first.",
    change("softmax(scores)", "scores / scores.sum()"),
)

hard_attention = wrong(
    "You pick the value with the highest score. That is hard attention, which gives the scores no gradient; the soft kind reads all values, each with its weight.",
    change("softmax(scores)", "(scores == scores.max()).astype(scores.dtype)"),
)

scaled_by_a_root = wrong(
    "You divide the scores by a root before the softmax. Scaling belongs to dot products, whose spread grows with the width of the vectors; here the scores are given, and the softmax takes them as they are.",
    change("softmax(scores)", "softmax(scores / len(scores) ** 0.5)"),
)

scaled_by_the_values_width = again(
    scaled_by_a_root, change("softmax(scores)", "softmax(scores / values.shape[1] ** 0.5)")
)


weights_first = wrong(
    "The two results are right and in the other order: z comes first, then the weights.",
    change(" @ values, weights", ", weights @ values"),
)


@wrong("Your z is right; the weights are expected back as well: return z, weights.")
def z_only(values, scores):
    return softmax(scores) @ values


divided_once_more = wrong(
    "Your weights are right, but z is the mean of the weighted values: it is divided by n once more. The weights sum to one already, so the values are added up.",
    change("weights @ values", "(weights[:, None] * values).mean(0)"),
)

not_added_up = wrong(
    "You weigh the values but do not add them up: z is still an array of n rows. The sum runs over the things.",
    change("weights @", "weights[:, None] *"),
)

along_the_features = wrong(
    "You let the weights run along the features: values @ weights fits only where n = d, and then it mixes the features of one thing. A thing is a row, so the weights come from the left.",
    change("weights @ values", "values @ weights"),
)

summed_over_the_features = wrong(
    "You add over the features: z has one number per thing. Features stay apart; the sum runs over the things, axis 0.",
    change("weights @ values", "(weights[:, None] * values).sum(1)"),
)


@wrong("Your z is right, but what you return as weights are the scores before the softmax.")
def scores_returned(values, scores):
    return softmax(scores) @ values, scores


@wrong(
    "Exponentials of large scores overflow and z is NaN. Subtract the largest score first, or call a softmax that does."
)
def reading_overflow(values, scores):
    exponentials = np.exp(scores)
    weights = exponentials / exponentials.sum()
    return weights @ values, weights


@wrong(
    "float32 goes in and float64 comes out: a new np.zeros(…) or a conversion to float on the way lifts all that follows. A buffer takes a dtype=."
)
def z_in_float64(values, scores):
    weights = softmax(scores)
    z = np.zeros(values.shape[1])
    for weight, value in zip(weights, values, strict=True):
        z += weight * value
    return z, weights


reading_changes_the_scores = wrong(
    "Your function changes the caller's scores in place (-= and /= write into the array itself). Make a new array instead.",
    change("weights =", "scores -= scores.max()\nweights ="),
)

unnormalised_weights_first = both(weights_first, unnormalised)

scores_first = both(
    weights_first, scores_for_weights, change("weights @ values, weights", "scores, scores @ values")
)

unnormalised_z_only = both(
    z_only, unnormalised, change("weights @ values, weights", "np.exp(scores) @ values")
)


@right()
def reading_with_einsum(values, scores):
    exponentials = np.exp(scores - np.max(scores))
    weights = exponentials / np.einsum("n->", exponentials)
    return np.einsum("n,nd->d", weights, values), weights


@right()
def value_by_value(values, scores):
    weights = np.array([math.exp(s - max(scores)) for s in scores], dtype=scores.dtype)
    weights /= weights.sum()
    return sum(w * y for w, y in zip(weights, values, strict=True)), weights


with_average = right(
    change("softmax(scores)", "softmax(scores[None])[0]"),
    change("weights @ values", "np.average(values, axis=0, weights=weights)"),
)
