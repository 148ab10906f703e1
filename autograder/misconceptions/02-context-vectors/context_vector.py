"""What people write for ``context_vector``."""

from autograder.answers.bank import Call, again, both, change, right, wrong


def probes(rng):
    scores, values = 1.5 * rng.normal(size=(2, 5)), 2 * rng.normal(size=(2, 5, 3))
    return [
        Call(scores, values),
        Call(rng.normal(size=(4, 4)), rng.normal(size=(4, 4, 4))),
        Call(rng.normal(size=(1, 3)), rng.normal(size=(1, 3, 2))),
        Call(1000 + scores, values),
        Call(scores.astype(np.float32), values.astype(np.float32)),
    ]


@wrong(
    "Your context is the plain mean of the values, whatever the scores are. That is the one fixed vector that attention was invented to replace: let the scores decide the shares."
)
def plain_mean(scores, values):
    return values.mean(1), np.full_like(scores, 1 / scores.shape[1])


unnormalised = wrong(
    "Your weights do not sum to one, so the context grows with the length of the sentence. Divide each row of exponentials by its sum.",
    change("softmax", "np.exp"),
)

unnormalised_but_shifted = again(
    unnormalised, change("softmax(scores)", "np.exp(scores - scores.max(-1, keepdims=True))")
)


scores_as_weights = wrong(
    "You weigh the values by the scores themselves, without a softmax: some weights are negative, and their sum is anything.",
    change("weights[:, :, None]", "scores[:, :, None]"),
    change(", weights", ", scores"),
)

softmax_over_the_batch = wrong(
    "Your softmax runs over the batch, so that sentences compete. Each sentence shares out its own weight over its positions, the last axis of the scores.",
    change("softmax(scores)", "softmax(scores, axis=0)"),
)


@wrong("All weights of the batch together sum to one. There is one distribution for each sentence.")
def softmax_over_everything(scores, values):
    weights = np.exp(scores - scores.max())
    weights = weights / weights.sum()
    return (weights[:, :, None] * values).sum(1), weights


@wrong("The two results are right and in the other order: the context comes first, then the weights.")
def weights_first(scores, values):
    weights = softmax(scores)
    return weights, (weights[:, :, None] * values).sum(1)


@wrong("Your context is right; the weights are expected back as well: return context, weights.")
def context_only(scores, values):
    return (softmax(scores)[:, :, None] * values).sum(1)


every_row_meets_every_sentence = wrong(
    "You multiply the weights, (B, m), with the values, (B, m, d_v), as if the weights were one matrix: every row meets every sentence, and the context gets the shape (B, B, d_v). "
    "Each sentence has weights of its own.",
    change("(weights[:, :, None] * values).sum(axis=1)", "weights @ values"),
)

positions_not_added = wrong(
    "You weigh the values but do not add them up over the positions: the context still has an axis of length m.",
    change("(weights[:, :, None] * values).sum(axis=1)", "weights[:, :, None] * values"),
)

divided_once_more = wrong(
    "You take the mean over the positions after you have weighed the values, which divides by m once more. The weights sum to one already.",
    change("sum(axis=1)", "mean(axis=1)"),
)

axis_of_the_query_kept = wrong(
    "You keep an axis of length 1: the context has the shape (B, 1, d_v). There is one query a sentence, so the axis goes.",
    change("(weights[:, :, None] * values).sum(axis=1)", "weights[:, None] @ values"),
)

highest_score_only = wrong(
    "You take the value with the highest score alone. That is hard attention; the context averages all of them.",
    change("softmax(scores)", "(scores == scores.max(-1, keepdims=True)).astype(scores.dtype)"),
)

scores_scaled = wrong(
    "You divide the scores by a root before the softmax. Scaling belongs to dot products, whose spread grows with the width of the vectors; here the scores are given, and the softmax takes them as they are.",
    change("softmax(scores)", "softmax(scores / scores.shape[1] ** 0.5)"),
)

scaled_by_the_values_width = again(
    scores_scaled, change("softmax(scores)", "softmax(scores / values.shape[-1] ** 0.5)")
)


@wrong("Your context is right, but what you return as weights are the scores before the softmax.")
def scores_returned(scores, values):
    return (softmax(scores)[:, :, None] * values).sum(1), scores


@wrong(
    "Exponentials of large scores overflow, and the context is NaN. The given softmax subtracts each row's largest score first."
)
def context_overflow(scores, values):
    exponentials = np.exp(scores)
    weights = exponentials / exponentials.sum(-1, keepdims=True)
    return (weights[:, :, None] * values).sum(1), weights


features_added = wrong(
    "You add up over the features instead of the positions: the context has m numbers, not d_v.",
    change("axis=1", "axis=2"),
)


@wrong(
    "float32 goes in and float64 comes out: a new np.zeros(…) is float64, and lifts all that is computed with it. A buffer takes a dtype=."
)
def context_in_float64(scores, values):
    weights = softmax(scores)
    context = np.zeros((len(values), values.shape[2]))
    for b in range(len(values)):
        context[b] = weights[b] @ values[b]
    return context, weights


context_changes_the_scores = wrong(
    "Your function changes the caller's scores in place (-= and /= write into the array itself). Make a new array instead.",
    change("weights =", "scores -= scores.max(-1, keepdims=True)\nweights ="),
)


@both(weights_first, softmax_over_the_batch)
def batch_weights_first(scores, values):
    weights = softmax(scores, axis=0)
    return weights, (weights[:, :, None] * values).sum(1)


batch_meets_batch = both(softmax_over_the_batch, every_row_meets_every_sentence)

batch_axis_kept = both(axis_of_the_query_kept, softmax_over_the_batch)


@both(unnormalised, context_only)
def unnormalised_context_only(scores, values):
    return (np.exp(scores)[:, :, None] * values).sum(1)


@right()
def context_with_einsum(scores, values):
    exponentials = np.exp(scores - scores.max(1)[:, None])
    weights = exponentials / exponentials.sum(1)[:, None]
    return np.einsum("bm,bmd->bd", weights, values), weights


@right()
def as_a_matrix_of_one_row(scores, values):
    weights = softmax(scores)
    return np.squeeze(np.matmul(weights[:, None, :], values), axis=1), weights


@right()
def sentence_by_sentence(scores, values):
    weights = np.stack([softmax(row) for row in scores])
    return np.array([row @ rows for row, rows in zip(weights, values, strict=True)]), weights
