"""What people write for 02-context-vectors.  See ``autograder.answers.bank`` for how an entry works.

The hint says what was misunderstood and what to think about, not what to type.
"""

import math

import numpy as np
import torch
from torch import nn

from attention_course.mechanisms.attention import softmax
from autograder.answers.bank import Call, Given, Module, probes, right, wrong

# ---------------------------------------------------------------- additive_scores


@probes("additive_scores")
def additive_probes(rng):
    def arrays(b, m, d_q, d_k, a):
        shapes = (b, d_q), (b, m, d_k), (d_q, a), (d_k, a), (a,)
        return [rng.normal(size=shape) for shape in shapes]

    general = arrays(2, 5, 3, 4, 6)
    return [
        Call(*general),
        Call(*arrays(4, 4, 4, 4, 4)),
        Call(*arrays(3, 2, 4, 4, 5)),
        Call(*(part.astype(np.float32) for part in general)),
    ]


@wrong(
    "additive_scores",
    "There is no tanh in your scores. The query then adds the same number to the scores of all keys, the softmax takes it away again, and the weights are the same whatever is asked. "
    "It is the nonlinearity that lets query and key meet.",
)
def no_tanh(query, keys, W_q, W_k, v):
    return ((query @ W_q)[:, None] + keys @ W_k) @ v


@wrong(
    "additive_scores",
    "The projected query, (B, a), is added to the projected keys, (B, m, a), as it is. NumPy lines up the last axes: an error, or, where B = m, every batch element gets the "
    "queries of all. Give the query an axis of length 1 in the keys' place.",
)
def query_not_broadcast(query, keys, W_q, W_k, v):
    return np.tanh(query @ W_q + keys @ W_k) @ v


@wrong(
    "additive_scores",
    "You take the tanh of each projection and add afterwards. Then the query once more adds the same to every score; the tanh belongs around the sum.",
)
def tanh_of_each(query, keys, W_q, W_k, v):
    return (np.tanh(query @ W_q)[:, None] + np.tanh(keys @ W_k)) @ v


@wrong(
    "additive_scores",
    "The tanh comes last in your function. It stands before v, on the a features; the score itself is not confined to ±1.",
)
def tanh_last(query, keys, W_q, W_k, v):
    return np.tanh(((query @ W_q)[:, None] + keys @ W_k) @ v)


@wrong(
    "additive_scores",
    "You return weights: there is a softmax at the end. The exercise stops at the scores; the next one makes weights of them.",
)
def weights_for_scores(query, keys, W_q, W_k, v):
    return softmax(np.tanh((query @ W_q)[:, None] + keys @ W_k) @ v)


@wrong(
    "additive_scores",
    "You multiply the two projections. Additive attention adds them; the product is the other family's way.",
)
def projections_multiplied(query, keys, W_q, W_k, v):
    return np.tanh((query @ W_q)[:, None] * (keys @ W_k)) @ v


@wrong(
    "additive_scores",
    "You add up the a features with equal weight, and v takes no part. v is learned and says which feature counts how much.",
)
def v_left_out(query, keys, W_q, W_k, v):
    return np.tanh((query @ W_q)[:, None] + keys @ W_k).sum(-1)


@wrong(
    "additive_scores",
    "You weigh the features with v but do not add them up, so a score is still a vector. The product with v is a dot product.",
)
def features_not_added(query, keys, W_q, W_k, v):
    return np.tanh((query @ W_q)[:, None] + keys @ W_k) * v


@wrong(
    "additive_scores",
    "You divide by √a. That belongs to scaled dot products; here tanh and v keep the scores in bounds.",
)
def divided_by_root_a(query, keys, W_q, W_k, v):
    return np.tanh((query @ W_q)[:, None] + keys @ W_k) @ v / math.sqrt(len(v))


@wrong(
    "additive_scores",
    "You squash with a sigmoid. The formula has the tanh, which is symmetric around 0.",
)
def sigmoid_for_tanh(query, keys, W_q, W_k, v):
    return 1 / (1 + np.exp(-((query @ W_q)[:, None] + keys @ W_k))) @ v


@wrong(
    "additive_scores",
    "You cut negative features off (ReLU). The formula has the tanh.",
)
def relu_for_tanh(query, keys, W_q, W_k, v):
    return np.maximum((query @ W_q)[:, None] + keys @ W_k, 0) @ v


@wrong(
    "additive_scores",
    "The query takes no part in your scores: every query then looks at the same places.",
)
def query_left_out(query, keys, W_q, W_k, v):
    return np.tanh(keys @ W_k) @ v


@wrong(
    "additive_scores",
    "Your matrices stand the other way round, W_qᵀ and W_kᵀ: that is an error, or silent where they are square. Vectors are rows here, and a row meets its matrix from the left, query @ W_q.",
)
def matrices_transposed(query, keys, W_q, W_k, v):
    return np.tanh((query @ W_q.T)[:, None] + keys @ W_k.T) @ v


@wrong(
    "additive_scores",
    "You keep an axis of length 1 at the end: (B, m, 1). A score is one number for each key, (B, m).",
)
def axis_kept(query, keys, W_q, W_k, v):
    return np.tanh((query @ W_q)[:, None] + keys @ W_k) @ v[:, None]


@wrong(
    "additive_scores",
    "You take the mean over the a features after you have weighed them. The product with v is a sum.",
)
def mean_over_features(query, keys, W_q, W_k, v):
    return (np.tanh((query @ W_q)[:, None] + keys @ W_k) * v).mean(-1)


@wrong(
    "additive_scores",
    "float32 goes in and float64 comes out: a new np.zeros(…) is float64, and lifts all that is computed with it. A buffer takes a dtype=.",
)
def scores_in_float64(query, keys, W_q, W_k, v):
    scores = np.zeros(keys.shape[:2])
    for j in range(keys.shape[1]):
        scores[:, j] = np.tanh(query @ W_q + keys[:, j] @ W_k) @ v
    return scores


@wrong(
    "additive_scores",
    "You add query and key before you project them: an error, or silent where their widths agree. Each is brought to the common width by a matrix of its own, and then they are added.",
)
def added_before_projected(query, keys, W_q, W_k, v):
    return np.tanh((query[:, None] + keys) @ W_q) @ v


@wrong("additive_scores", None, also=("no_tanh", "query_not_broadcast"))
def neither_tanh_nor_broadcast(query, keys, W_q, W_k, v):
    return (query @ W_q + keys @ W_k) @ v


@wrong("additive_scores", None, also=("no_tanh", "weights_for_scores"))
def weights_without_tanh(query, keys, W_q, W_k, v):
    return softmax(((query @ W_q)[:, None] + keys @ W_k) @ v)


@wrong("additive_scores", None, also=("tanh_last", "query_not_broadcast"))
def tanh_last_not_broadcast(query, keys, W_q, W_k, v):
    return np.tanh((query @ W_q + keys @ W_k) @ v)


@right("additive_scores")
def pairs_with_stacked_matrices(query, keys, W_q, W_k, v):
    pairs = np.concatenate([np.repeat(query[:, None], keys.shape[1], 1), keys], -1)
    return np.tanh(pairs @ np.vstack([W_q, W_k])).dot(v)


@right("additive_scores")
def scores_with_einsum(query, keys, W_q, W_k, v):
    hidden = np.einsum("bq,qa->ba", query, W_q)[:, np.newaxis, :] + np.einsum("bmk,ka->bma", keys, W_k)
    return np.einsum("bma,a->bm", np.tanh(hidden), v)


@right("additive_scores")
def key_by_key(query, keys, W_q, W_k, v):
    columns = [np.tanh(query @ W_q + keys[:, j] @ W_k) @ v for j in range(keys.shape[1])]
    return np.stack(columns, axis=1)


# ---------------------------------------------------------------- context_vector


@probes("context_vector")
def context_probes(rng):
    scores, values = 1.5 * rng.normal(size=(2, 5)), 2 * rng.normal(size=(2, 5, 3))
    return [
        Call(scores, values),
        Call(rng.normal(size=(4, 4)), rng.normal(size=(4, 4, 4))),
        Call(rng.normal(size=(1, 3)), rng.normal(size=(1, 3, 2))),
        Call(1000 + scores, values),
        Call(scores.astype(np.float32), values.astype(np.float32)),
    ]


@wrong(
    "context_vector",
    "Your context is the plain mean of the values, whatever the scores are. That is the one fixed vector that attention was invented to replace: let the scores decide the shares.",
)
def plain_mean(scores, values):
    return values.mean(1), np.full_like(scores, 1 / scores.shape[1])


@wrong(
    "context_vector",
    "Your weights do not sum to one, so the context grows with the length of the sentence. Divide each row of exponentials by its sum.",
)
def unnormalised(scores, values):
    with np.errstate(over="ignore", invalid="ignore"):
        weights = np.exp(scores)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "context_vector",
    "You weigh the values by the scores themselves, without a softmax: some weights are negative, and their sum is anything.",
)
def scores_as_weights(scores, values):
    return (scores[:, :, None] * values).sum(1), scores


@wrong(
    "context_vector",
    "Your softmax runs over the batch, so that sentences compete. Each sentence shares out its own weight over its positions, the last axis of the scores.",
)
def softmax_over_the_batch(scores, values):
    weights = softmax(scores, axis=0)
    return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "context_vector",
    "All weights of the batch together sum to one. There is one distribution for each sentence.",
)
def softmax_over_everything(scores, values):
    weights = np.exp(scores - scores.max())
    weights = weights / weights.sum()
    return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "context_vector",
    "The two results are right and in the other order: the context comes first, then the weights.",
)
def weights_first(scores, values):
    weights = softmax(scores)
    return weights, (weights[:, :, None] * values).sum(1)


@wrong(
    "context_vector", "Your context is right; the weights are expected back as well: return context, weights."
)
def context_only(scores, values):
    return (softmax(scores)[:, :, None] * values).sum(1)


@wrong(
    "context_vector",
    "You multiply the weights, (B, m), with the values, (B, m, d_v), as if the weights were one matrix: every row meets every sentence, and the context gets the shape (B, B, d_v). "
    "Each sentence has weights of its own.",
)
def every_row_meets_every_sentence(scores, values):
    weights = softmax(scores)
    return weights @ values, weights


@wrong(
    "context_vector",
    "You weigh the values but do not add them up over the positions: the context still has an axis of length m.",
)
def positions_not_added(scores, values):
    weights = softmax(scores)
    return weights[:, :, None] * values, weights


@wrong(
    "context_vector",
    "You take the mean over the positions after you have weighed the values, which divides by m once more. The weights sum to one already.",
)
def divided_once_more(scores, values):
    weights = softmax(scores)
    return (weights[:, :, None] * values).mean(1), weights


@wrong(
    "context_vector",
    "You keep an axis of length 1: the context has the shape (B, 1, d_v). There is one query a sentence, so the axis goes.",
)
def axis_of_the_query_kept(scores, values):
    weights = softmax(scores)
    return weights[:, None] @ values, weights


@wrong(
    "context_vector",
    "You take the value with the highest score alone. That is hard attention; the context averages all of them.",
)
def highest_score_only(scores, values):
    weights = (scores == scores.max(-1, keepdims=True)).astype(scores.dtype)
    return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "context_vector",
    "Your context is right, but what you return as weights are the scores before the softmax.",
)
def scores_returned(scores, values):
    return (softmax(scores)[:, :, None] * values).sum(1), scores


@wrong(
    "context_vector",
    "Exponentials of large scores overflow, and the context is NaN. The given softmax subtracts each row's largest score first.",
)
def context_overflow(scores, values):
    with np.errstate(over="ignore", invalid="ignore"):
        exponentials = np.exp(scores)
        weights = exponentials / exponentials.sum(-1, keepdims=True)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "context_vector",
    "You add up over the features instead of the positions: the context has m numbers, not d_v.",
)
def features_added(scores, values):
    weights = softmax(scores)
    return (weights[:, :, None] * values).sum(2), weights


@wrong(
    "context_vector",
    "float32 goes in and float64 comes out: a new np.zeros(…) is float64, and lifts all that is computed with it. A buffer takes a dtype=.",
)
def context_in_float64(scores, values):
    weights = softmax(scores)
    context = np.zeros((len(values), values.shape[2]))
    for b in range(len(values)):
        context[b] = weights[b] @ values[b]
    return context, weights


@wrong(
    "context_vector",
    "Your function changes the caller's scores in place (-= and /= write into the array itself). Make a new array instead.",
)
def context_changes_the_scores(scores, values):
    scores -= scores.max(-1, keepdims=True)
    weights = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    return (weights[:, :, None] * values).sum(1), weights


@wrong("context_vector", None, also=("weights_first", "softmax_over_the_batch"))
def batch_weights_first(scores, values):
    weights = softmax(scores, axis=0)
    return weights, (weights[:, :, None] * values).sum(1)


@wrong("context_vector", None, also=("softmax_over_the_batch", "every_row_meets_every_sentence"))
def batch_meets_batch(scores, values):
    weights = softmax(scores, axis=0)
    return weights @ values, weights


@wrong("context_vector", None, also=("axis_of_the_query_kept", "softmax_over_the_batch"))
def batch_axis_kept(scores, values):
    weights = softmax(scores, axis=0)
    return weights[:, None] @ values, weights


@wrong("context_vector", None, also=("unnormalised", "context_only"))
def unnormalised_context_only(scores, values):
    with np.errstate(over="ignore", invalid="ignore"):
        return (np.exp(scores)[:, :, None] * values).sum(1)


@right("context_vector")
def context_with_einsum(scores, values):
    exponentials = np.exp(scores - scores.max(1)[:, None])
    weights = exponentials / exponentials.sum(1)[:, None]
    return np.einsum("bm,bmd->bd", weights, values), weights


@right("context_vector")
def as_a_matrix_of_one_row(scores, values):
    weights = softmax(scores)
    return np.squeeze(np.matmul(weights[:, None, :], values), axis=1), weights


@right("context_vector")
def sentence_by_sentence(scores, values):
    weights = np.stack([softmax(row) for row in scores])
    return np.array([row @ rows for row, rows in zip(weights, values, strict=True)]), weights


# ---------------------------------------------------------------- luong_scores


@probes("luong_scores")
def luong_probes(rng):
    def arrays(*shapes):
        return [rng.normal(size=shape) for shape in shapes]

    query, keys, W, v = arrays((2, 3), (2, 5, 4), (7, 6), (6,))
    dot, general = arrays((2, 4), (2, 5, 4)), arrays((2, 3), (2, 5, 4), (3, 4))
    square = arrays((4, 4), (4, 4, 4), (4, 4))
    return [
        Call(*dot, "dot"),
        Call(*square[:2], "dot"),
        Call(*general[:2], "general", general[2]),
        Call(*square[:2], "general", square[2]),
        Call(query, keys, "concat", W, v),
        Call(*arrays((4, 4), (4, 4, 4)), "concat", *arrays((8, 4), (4,))),
        Call(query, keys, "additive", W, v),
        Call(*dot, "Dot", W, v),
        Call(*(part.astype(np.float32) for part in dot), "dot"),
        Call(*(part.astype(np.float32) for part in general[:2]), "general", general[2].astype(np.float32)),
    ]


@wrong(
    "luong_scores",
    "Your general score ignores W: it is the dot product. The matrix is what can be learned there, and what lets query and key have different widths.",
)
def general_without_W(query, keys, kind, W=None, v=None):
    if kind in ("dot", "general"):
        return (keys @ query[:, :, None])[:, :, 0]
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v
    raise ValueError(kind)


@wrong(
    "luong_scores",
    "In your general score the query stands on the right of W, kᵀ W q: an error, or silent where W is square. W has d_q rows, and the query meets the rows.",
)
def W_transposed(query, keys, kind, W=None, v=None):
    if kind == "dot":
        return (keys @ query[:, :, None])[:, :, 0]
    if kind == "general":
        return (keys @ W @ query[:, :, None])[:, :, 0]
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v
    raise ValueError(kind)


@wrong(
    "luong_scores",
    "In your concat score the key stands before the query. W has its first d_q rows for the query: the query comes first, the key behind it.",
)
def key_first(query, keys, kind, W=None, v=None):
    if kind == "dot":
        return (keys @ query[:, :, None])[:, :, 0]
    if kind == "general":
        return (keys @ (query @ W)[:, :, None])[:, :, 0]
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([keys, repeated], axis=-1) @ W) @ v
    raise ValueError(kind)


@wrong(
    "luong_scores",
    "There is no tanh in your concat score. Query and key then contribute separately, and the query adds the same to every score.",
)
def concat_without_tanh(query, keys, kind, W=None, v=None):
    if kind == "dot":
        return (keys @ query[:, :, None])[:, :, 0]
    if kind == "general":
        return (keys @ (query @ W)[:, :, None])[:, :, 0]
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.concatenate([repeated, keys], axis=-1) @ W @ v
    raise ValueError(kind)


@wrong(
    "luong_scores",
    "In your concat score the tanh comes last, around the score. It belongs before v, on the a features.",
)
def concat_tanh_last(query, keys, kind, W=None, v=None):
    if kind == "dot":
        return (keys @ query[:, :, None])[:, :, 0]
    if kind == "general":
        return (keys @ (query @ W)[:, :, None])[:, :, 0]
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W @ v)
    raise ValueError(kind)


@wrong(
    "luong_scores",
    "Your concat score leaves v out and adds the features up. v says which of them counts how much.",
)
def concat_without_v(query, keys, kind, W=None, v=None):
    if kind == "dot":
        return (keys @ query[:, :, None])[:, :, 0]
    if kind == "general":
        return (keys @ (query @ W)[:, :, None])[:, :, 0]
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W).sum(-1)
    raise ValueError(kind)


@wrong(
    "luong_scores",
    "Your dot score is divided by √d. That is the scaled dot product of a later chapter; Luong's is the plain one.",
)
def scaled_dot(query, keys, kind, W=None, v=None):
    if kind == "dot":
        return (keys @ query[:, :, None])[:, :, 0] / math.sqrt(query.shape[1])
    if kind == "general":
        return (keys @ (query @ W)[:, :, None])[:, :, 0]
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v
    raise ValueError(kind)


@wrong(
    "luong_scores",
    "Dot and general scores are divided by √d in your function. That is the scaled dot product of a later chapter; Luong's are the plain ones.",
)
def both_products_scaled(query, keys, kind, W=None, v=None):
    if kind == "dot":
        return (keys @ query[:, :, None])[:, :, 0] / math.sqrt(query.shape[1])
    if kind == "general":
        return (keys @ (query @ W)[:, :, None])[:, :, 0] / math.sqrt(query.shape[1])
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v
    raise ValueError(kind)


@wrong(
    "luong_scores",
    "A kind that you do not know gives None. Whoever misspells it learns so much later, in another place; say it at once, with a ValueError.",
)
def unknown_gives_none(query, keys, kind, W=None, v=None):
    if kind == "dot":
        return (keys @ query[:, :, None])[:, :, 0]
    if kind == "general":
        return (keys @ (query @ W)[:, :, None])[:, :, 0]
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v


@wrong(
    "luong_scores",
    "Any kind that you do not know is taken for concat, by the last else. A misspelt name should not run; raise a ValueError.",
)
def unknown_taken_for_concat(query, keys, kind, W=None, v=None):
    if kind == "dot":
        return (keys @ query[:, :, None])[:, :, 0]
    elif kind == "general":
        return (keys @ (query @ W)[:, :, None])[:, :, 0]
    else:
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v


@wrong(
    "luong_scores",
    "An unknown kind raises a KeyError, by the look-up in a dictionary. The exercise asks for a ValueError, which says that an argument has a value that it may not have.",
)
def unknown_gives_key_error(query, keys, kind, W=None, v=None):
    def concat():
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v

    kinds = {
        "dot": lambda: (keys @ query[:, :, None])[:, :, 0],
        "general": lambda: (keys @ (query @ W)[:, :, None])[:, :, 0],
        "concat": concat,
    }
    return kinds[kind]()


@wrong(
    "luong_scores",
    "An unknown kind meets an assert. Asserts are for what can never happen, and Python can be told to skip them; a caller's mistake raises a ValueError.",
)
def unknown_meets_an_assert(query, keys, kind, W=None, v=None):
    assert kind in ("dot", "general", "concat")
    if kind == "dot":
        return (keys @ query[:, :, None])[:, :, 0]
    if kind == "general":
        return (keys @ (query @ W)[:, :, None])[:, :, 0]
    repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
    return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v


@wrong(
    "luong_scores",
    "An unknown kind raises a plain Exception. Whoever wants to catch it would have to catch everything else as well; a ValueError says what is wrong.",
)
def unknown_gives_plain_exception(query, keys, kind, W=None, v=None):
    if kind == "dot":
        return (keys @ query[:, :, None])[:, :, 0]
    if kind == "general":
        return (keys @ (query @ W)[:, :, None])[:, :, 0]
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v
    raise Exception(f"unknown kind {kind}")


@wrong(
    "luong_scores",
    "You accept the kind in capitals as well. Only the three names, spelt as they are, are known; anything else raises a ValueError.",
)
def any_spelling(query, keys, kind, W=None, v=None):
    kind = str(kind).lower()
    if kind == "dot":
        return (keys @ query[:, :, None])[:, :, 0]
    if kind == "general":
        return (keys @ (query @ W)[:, :, None])[:, :, 0]
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v
    raise ValueError(kind)


@wrong(
    "luong_scores",
    "Your products let every query meet the keys of every sentence: the scores get a third axis. Each batch element has its own query and its own keys.",
)
def every_query_meets_every_sentence(query, keys, kind, W=None, v=None):
    if kind == "dot":
        return keys @ query.T
    if kind == "general":
        return keys @ (query @ W).T
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v
    raise ValueError(kind)


@wrong(
    "luong_scores",
    "You return weights: there is a softmax at the end. The exercise stops at the scores.",
)
def weights_returned(query, keys, kind, W=None, v=None):
    if kind == "dot":
        return softmax((keys @ query[:, :, None])[:, :, 0])
    if kind == "general":
        return softmax((keys @ (query @ W)[:, :, None])[:, :, 0])
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return softmax(np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v)
    raise ValueError(kind)


@wrong(
    "luong_scores",
    "Your dot and general scores keep an axis of length 1: (B, m, 1). A score is one number for each key.",
)
def last_axis_kept(query, keys, kind, W=None, v=None):
    if kind == "dot":
        return keys @ query[:, :, None]
    if kind == "general":
        return keys @ (query @ W)[:, :, None]
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v
    raise ValueError(kind)


@wrong(
    "luong_scores",
    "There is a tanh around your general score. Only concat has one; a product meets its two vectors without it.",
)
def general_with_tanh(query, keys, kind, W=None, v=None):
    if kind == "dot":
        return (keys @ query[:, :, None])[:, :, 0]
    if kind == "general":
        return np.tanh((keys @ (query @ W)[:, :, None])[:, :, 0])
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v
    raise ValueError(kind)


@wrong(
    "luong_scores",
    "Your dot score is the cosine: both vectors are brought to length one. Luong's dot product keeps their lengths, so a longer key scores higher.",
)
def cosine(query, keys, kind, W=None, v=None):
    if kind == "dot":
        lengths = np.linalg.norm(query, axis=-1)[:, None] * np.linalg.norm(keys, axis=-1)
        return (keys @ query[:, :, None])[:, :, 0] / lengths
    if kind == "general":
        return (keys @ (query @ W)[:, :, None])[:, :, 0]
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v
    raise ValueError(kind)


@wrong(
    "luong_scores",
    "float32 goes in and float64 comes out: a new np.zeros(…) is float64, and so are scores written into it. A buffer takes a dtype=.",
)
def luong_in_float64(query, keys, kind, W=None, v=None):
    if kind not in ("dot", "general", "concat"):
        raise ValueError(kind)
    scores = np.zeros(keys.shape[:2])
    for b in range(len(query)):
        for j in range(keys.shape[1]):
            if kind == "dot":
                scores[b, j] = query[b] @ keys[b, j]
            elif kind == "general":
                scores[b, j] = query[b] @ W @ keys[b, j]
            else:
                scores[b, j] = np.tanh(np.concatenate([query[b], keys[b, j]]) @ W) @ v
    return scores


@wrong(
    "luong_scores",
    ".T reverses all axes of the keys, the batch too: an error, or silent where the sizes agree, and then sentences are mixed. Each query meets its own keys only.",
)
def whole_array_transposed(query, keys, kind, W=None, v=None):
    if kind == "dot":
        return query @ keys.T
    if kind == "general":
        return query @ W @ keys.T
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v
    raise ValueError(kind)


@wrong("luong_scores", None, also=("W_transposed", "unknown_gives_none"))
def W_transposed_or_none(query, keys, kind, W=None, v=None):
    if kind == "dot":
        return (keys @ query[:, :, None])[:, :, 0]
    if kind == "general":
        return (keys @ W @ query[:, :, None])[:, :, 0]
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([repeated, keys], axis=-1) @ W) @ v


@wrong("luong_scores", None, also=("key_first", "unknown_gives_none"))
def key_first_or_none(query, keys, kind, W=None, v=None):
    if kind == "dot":
        return (keys @ query[:, :, None])[:, :, 0]
    if kind == "general":
        return (keys @ (query @ W)[:, :, None])[:, :, 0]
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.tanh(np.concatenate([keys, repeated], axis=-1) @ W) @ v


@wrong("luong_scores", None, also=("key_first", "concat_without_tanh"))
def key_first_without_tanh(query, keys, kind, W=None, v=None):
    if kind == "dot":
        return (keys @ query[:, :, None])[:, :, 0]
    if kind == "general":
        return (keys @ (query @ W)[:, :, None])[:, :, 0]
    if kind == "concat":
        repeated = np.repeat(query[:, None], keys.shape[1], axis=1)
        return np.concatenate([keys, repeated], axis=-1) @ W @ v
    raise ValueError(kind)


@right("luong_scores")
def luong_with_einsum(query, keys, kind, W=None, v=None):
    match kind:
        case "dot":
            return np.einsum("bd,bmd->bm", query, keys)
        case "general":
            return np.einsum("bq,qk,bmk->bm", query, W, keys)
        case "concat":
            d = query.shape[1]
            return np.einsum("bma,a->bm", np.tanh((query @ W[:d])[:, None] + keys @ W[d:]), v)
        case _:
            raise ValueError("unknown kind")


@right("luong_scores")
def pair_by_pair(query, keys, kind, W=None, v=None):
    score = {
        "dot": lambda q, k: q @ k,
        "general": lambda q, k: q @ W @ k,
        "concat": lambda q, k: v @ np.tanh(W.T @ np.concatenate([q, k])),
    }
    if kind not in score:
        raise ValueError(f"no such kind: {kind}")
    rows = [[score[kind](q, k) for k in ks] for q, ks in zip(query, keys, strict=True)]
    return np.array(rows, dtype=query.dtype)


@right("luong_scores")
def products_summed(query, keys, kind, W=None, v=None):
    if kind == "general":
        query, kind = query @ W, "dot"
    if kind == "dot":
        return np.sum(query[:, None, :] * keys, axis=2)
    if kind != "concat":
        raise ValueError
    tiled = np.broadcast_to(query[:, None], (*keys.shape[:2], query.shape[1]))
    return np.dot(np.tanh(np.dot(np.dstack([tiled, keys]), W)), v)


# ---------------------------------------------------------------- attentional_hidden


@probes("attentional_hidden")
def hidden_probes(rng):
    def arrays(b, d_v, d_h, out):
        return [rng.normal(size=shape) for shape in ((b, d_v), (b, d_h), (d_v + d_h, out))]

    general = arrays(2, 3, 5, 4)
    return [
        Call(*general),
        Call(*arrays(3, 4, 4, 6)),
        Call(*arrays(2, 2, 2, 4)),
        Call(*(part.astype(np.float32) for part in general)),
    ]


@wrong(
    "attentional_hidden",
    "Your result goes beyond ±1: the tanh is missing. Without it two linear layers in a row would be one.",
)
def no_squash(context, hidden, W_c):
    return np.concatenate([context, hidden], axis=-1) @ W_c


@wrong(
    "attentional_hidden",
    "You join the hidden state before the context. The first d_v rows of W_c are made for the context: it comes first.",
)
def hidden_first(context, hidden, W_c):
    return np.tanh(np.concatenate([hidden, context], axis=-1) @ W_c)


@wrong(
    "attentional_hidden",
    "You squash the parts before W_c. The tanh comes last, around the product.",
)
def squashed_first(context, hidden, W_c):
    return np.tanh(np.concatenate([context, hidden], axis=-1)) @ W_c


@wrong(
    "attentional_hidden",
    "You squash with a sigmoid. The formula has the tanh, whose values lie between −1 and 1.",
)
def sigmoid_for_the_tanh(context, hidden, W_c):
    return 1 / (1 + np.exp(-np.concatenate([context, hidden], axis=-1) @ W_c))


@wrong(
    "attentional_hidden",
    "Only the context enters your result. The decoder's own state belongs in it, too: it knows what has been written so far.",
)
def context_alone(context, hidden, W_c):
    return np.tanh(context @ W_c[: context.shape[1]])


@wrong(
    "attentional_hidden",
    "Only the hidden state enters your result; what attention has found takes no part.",
)
def hidden_alone(context, hidden, W_c):
    return np.tanh(hidden @ W_c[context.shape[1] :])


@wrong(
    "attentional_hidden",
    "You take the tanh of each part's product and add afterwards. The tanh stands around the whole sum.",
)
def tanh_of_each_part(context, hidden, W_c):
    width = context.shape[1]
    return np.tanh(context @ W_c[:width]) + np.tanh(hidden @ W_c[width:])


@wrong(
    "attentional_hidden",
    "W_c stands the other way round in your product: an error, or silent where it is square. In a batch the joined vectors are rows, and the product is joined @ W_c.",
)
def W_c_transposed(context, hidden, W_c):
    return np.tanh(np.concatenate([context, hidden], axis=-1) @ W_c.T)


@wrong(
    "attentional_hidden",
    "You make a distribution of the result, with a softmax. That comes later, over the vocabulary; here a tanh squashes each entry by itself.",
)
def softmax_for_the_tanh(context, hidden, W_c):
    return softmax(np.concatenate([context, hidden], axis=-1) @ W_c)


@wrong(
    "attentional_hidden",
    "You add context and hidden state instead of joining them: an error, or silent where their widths agree. Joined, each part keeps rows of W_c of its own.",
)
def added_not_joined(context, hidden, W_c):
    return np.tanh((context + hidden) @ W_c[: context.shape[1]])


@wrong(
    "attentional_hidden",
    "float32 goes in and float64 comes out: a new np.zeros(…) is float64, and lifts all that is computed with it. A buffer takes a dtype=.",
)
def joined_in_float64(context, hidden, W_c):
    joined = np.zeros((len(context), len(W_c)))
    joined[:, : context.shape[1]] = context
    joined[:, context.shape[1] :] = hidden
    return np.tanh(joined @ W_c)


@wrong(
    "attentional_hidden",
    "Your result lies on its side, (d_out, B). In a batch every sentence is a row: joined @ W_c, without transposing.",
)
def result_on_its_side(context, hidden, W_c):
    return np.tanh(W_c.T @ np.concatenate([context, hidden], axis=-1).T)


@wrong("attentional_hidden", None, also=("result_on_its_side", "hidden_first"))
def hidden_first_on_its_side(context, hidden, W_c):
    return np.tanh(W_c.T @ np.concatenate([hidden, context], axis=-1).T)


@wrong("attentional_hidden", None, also=("no_squash", "hidden_first"))
def hidden_first_no_squash(context, hidden, W_c):
    return np.concatenate([hidden, context], axis=-1) @ W_c


@wrong("attentional_hidden", None, also=("squashed_first", "hidden_first"))
def hidden_first_squashed_first(context, hidden, W_c):
    return np.tanh(np.concatenate([hidden, context], axis=-1)) @ W_c


@right("attentional_hidden")
def in_two_products(context, hidden, W_c):
    top, bottom = np.split(W_c, [context.shape[1]])
    return np.tanh(context @ top + hidden @ bottom)


@right("attentional_hidden")
def hidden_with_einsum(context, hidden, W_c):
    return np.tanh(np.einsum("bi,io->bo", np.hstack((context, hidden)), W_c))


@right("attentional_hidden")
def columns_on_the_right(context, hidden, W_c):
    return np.tanh(W_c.T @ np.vstack([context.T, hidden.T])).T


# ---------------------------------------------------------------- greedy_decode


@probes("greedy_decode")
def decoding_probes(rng):
    def probe(vocabulary, m, bos, eos, max_len, eos_at=None):
        logits = rng.normal(size=(max_len + 2, vocabulary, vocabulary)) - 4
        logits[:, :, eos] -= 9
        if eos_at is not None:
            logits[eos_at, :, eos] += 20
        weights = rng.dirichlet(np.ones(m), size=(max_len + 2, vocabulary))
        state = {"time": 0, "logits": logits, "weights": weights}
        return Call(Given("step"), state, bos, eos, max_len)

    level = {"time": 0, "logits": np.zeros((6, 3, 3)), "weights": rng.dirichlet(np.ones(2), size=(6, 3))}
    return [
        probe(5, 4, 0, 1, 7, eos_at=4),
        probe(6, 3, 5, 2, 6),
        probe(4, 4, 1, 0, 4, eos_at=3),
        probe(5, 3, 2, 4, 5, eos_at=0),
        Call(Given("step"), level, 1, 2, 3),
    ]


@wrong(
    "greedy_decode",
    "Your list begins with bos. It is what the decoder is started with, not what it says: leave it out, and the tokens line up with the rows of the alignment.",
)
def bos_kept(step, state, bos, eos, max_len):
    tokens, alignment = [bos], []
    for _ in range(max_len):
        logits, state, weights = step(tokens[-1], state)
        tokens.append(int(logits.argmax()))
        alignment.append(weights)
        if tokens[-1] == eos:
            break
    return tokens, np.stack(alignment)


@wrong(
    "greedy_decode",
    "You drop eos and its row of weights. The end of a sentence is something the decoder says; it belongs to the tokens where it came in time.",
)
def eos_dropped(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [], []
    for _ in range(max_len):
        logits, state, weights = step(token, state)
        token = int(logits.argmax())
        if token == eos:
            break
        tokens.append(token)
        alignment.append(weights)
    return tokens, np.array(alignment)


@wrong(
    "greedy_decode",
    "You drop eos from the tokens but keep its row of weights, so that the alignment has one row more than there are tokens. Keep both.",
)
def eos_dropped_from_the_tokens(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [], []
    for _ in range(max_len):
        logits, state, weights = step(token, state)
        alignment.append(weights)
        token = int(logits.argmax())
        if token == eos:
            break
        tokens.append(token)
    return tokens, np.stack(alignment)


@wrong(
    "greedy_decode",
    "You keep eos but not its row of weights: there should be one row for each token, eos included.",
)
def row_of_eos_dropped(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [], []
    for _ in range(max_len):
        logits, state, weights = step(token, state)
        token = int(logits.argmax())
        tokens.append(token)
        if token == eos:
            break
        alignment.append(weights)
    return tokens, np.array(alignment)


@wrong(
    "greedy_decode",
    "You go on after eos, up to max_len. What comes after the end of the sentence is noise: stop there.",
)
def goes_on_after_eos(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [], []
    for _ in range(max_len):
        logits, state, weights = step(token, state)
        token = int(logits.argmax())
        tokens.append(token)
        alignment.append(weights)
    return tokens, np.stack(alignment)


@wrong(
    "greedy_decode",
    "You do not hand the new state on: every step starts from the first state, as if nothing had been written yet.",
)
def state_not_handed_on(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [], []
    for _ in range(max_len):
        logits, _, weights = step(token, state)
        token = int(logits.argmax())
        tokens.append(token)
        alignment.append(weights)
        if token == eos:
            break
    return tokens, np.stack(alignment)


@wrong(
    "greedy_decode",
    "Every step gets bos. The decoder should hear what it has just said: hand the chosen token to the next step.",
)
def always_bos(step, state, bos, eos, max_len):
    tokens, alignment = [], []
    for _ in range(max_len):
        logits, state, weights = step(bos, state)
        tokens.append(int(logits.argmax()))
        alignment.append(weights)
        if tokens[-1] == eos:
            break
    return tokens, np.stack(alignment)


@wrong(
    "greedy_decode",
    "Your sentence ends one token too early: at most max_len − 1 come out. bos does not count.",
)
def one_too_few(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [], []
    for _ in range(max_len - 1):
        logits, state, weights = step(token, state)
        token = int(logits.argmax())
        tokens.append(token)
        alignment.append(weights)
        if token == eos:
            break
    return tokens, np.array(alignment)


@wrong(
    "greedy_decode",
    "One token more than max_len comes out. Count before you add, not after.",
)
def one_too_many(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [], []
    while len(tokens) <= max_len and token != eos:
        logits, state, weights = step(token, state)
        token = int(logits.argmax())
        tokens.append(token)
        alignment.append(weights)
    return tokens, np.stack(alignment)


@wrong(
    "greedy_decode",
    "You put eos at the end of a sentence that was cut off at max_len. The decoder has not said it; whoever reads the tokens should see that the sentence is not finished.",
)
def eos_always_added(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [], []
    for _ in range(max_len):
        logits, state, weights = step(token, state)
        token = int(logits.argmax())
        tokens.append(token)
        alignment.append(weights)
        if token == eos:
            break
    return (tokens if tokens[-1] == eos else [*tokens, eos]), np.stack(alignment)


@wrong(
    "greedy_decode",
    "You take the lowest logit. The most likely token has the highest.",
)
def least_likely(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [], []
    for _ in range(max_len):
        logits, state, weights = step(token, state)
        token = int(logits.argmin())
        tokens.append(token)
        alignment.append(weights)
        if token == eos:
            break
    return tokens, np.stack(alignment)


@wrong(
    "greedy_decode",
    "Of equal logits you take the last. The rule is the first, as argmax has it.",
)
def last_of_equals(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [], []
    for _ in range(max_len):
        logits, state, weights = step(token, state)
        token = len(logits) - 1 - int(logits[::-1].argmax())
        tokens.append(token)
        alignment.append(weights)
        if token == eos:
            break
    return tokens, np.stack(alignment)


@wrong(
    "greedy_decode",
    "Your alignment lies on its side, (m, T). A row belongs to a token, a column to a position of the source.",
)
def alignment_transposed(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [], []
    for _ in range(max_len):
        logits, state, weights = step(token, state)
        token = int(logits.argmax())
        tokens.append(token)
        alignment.append(weights)
        if token == eos:
            break
    return tokens, np.stack(alignment, axis=1)


@wrong(
    "greedy_decode",
    "You return the weights of the last step alone. Every token has its own: collect them, one row a token.",
)
def last_weights_only(step, state, bos, eos, max_len):
    token, tokens = bos, []
    for _ in range(max_len):
        logits, state, weights = step(token, state)
        token = int(logits.argmax())
        tokens.append(token)
        if token == eos:
            break
    return tokens, weights


@wrong(
    "greedy_decode",
    "Your alignment is one long array: the rows of the steps are strung together. Stack them, so that each token keeps a row.",
)
def alignment_strung_together(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [], []
    for _ in range(max_len):
        logits, state, weights = step(token, state)
        token = int(logits.argmax())
        tokens.append(token)
        alignment.append(weights)
        if token == eos:
            break
    return tokens, np.concatenate(alignment)


@wrong(
    "greedy_decode",
    "Your alignment is a list of arrays. One array of shape (T, m) is expected: np.stack makes it.",
)
def alignment_as_a_list(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [], []
    for _ in range(max_len):
        logits, state, weights = step(token, state)
        token = int(logits.argmax())
        tokens.append(token)
        alignment.append(weights)
        if token == eos:
            break
    return tokens, alignment


@wrong(
    "greedy_decode",
    "The two results are right and in the other order: the tokens come first, then the alignment.",
)
def alignment_first(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [], []
    for _ in range(max_len):
        logits, state, weights = step(token, state)
        token = int(logits.argmax())
        tokens.append(token)
        alignment.append(weights)
        if token == eos:
            break
    return np.stack(alignment), tokens


@wrong(
    "greedy_decode",
    "Your tokens are right; the alignment is expected back as well: return tokens, alignment.",
)
def tokens_only(step, state, bos, eos, max_len):
    token, tokens = bos, []
    for _ in range(max_len):
        logits, state, _ = step(token, state)
        token = int(logits.argmax())
        tokens.append(token)
        if token == eos:
            break
    return tokens


@wrong(
    "greedy_decode",
    "Your alignment has max_len rows, also where the sentence ended before: rows of zeros are left at its end. There is one row for each token.",
)
def rows_of_zeros_left(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [], None
    for t in range(max_len):
        logits, state, weights = step(token, state)
        token = int(logits.argmax())
        tokens.append(token)
        if alignment is None:
            alignment = np.zeros((max_len, len(weights)))
        alignment[t] = weights
        if token == eos:
            break
    return tokens, alignment


@wrong(
    "greedy_decode",
    "You wait for eos and ignore max_len. A decoder that never says eos would keep your loop going for ever: stop at max_len tokens as well.",
)
def max_len_ignored(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [], []
    while token != eos:
        logits, state, weights = step(token, state)
        token = int(logits.argmax())
        tokens.append(token)
        alignment.append(weights)
    return tokens, np.stack(alignment)


@wrong("greedy_decode", None, also=("bos_kept", "eos_dropped"))
def bos_kept_eos_dropped(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [bos], []
    for _ in range(max_len):
        logits, state, weights = step(token, state)
        token = int(logits.argmax())
        if token == eos:
            break
        tokens.append(token)
        alignment.append(weights)
    return tokens, np.array(alignment)


@wrong("greedy_decode", None, also=("always_bos", "state_not_handed_on"))
def always_the_first_step(step, state, bos, eos, max_len):
    tokens, alignment = [], []
    for _ in range(max_len):
        logits, _, weights = step(bos, state)
        tokens.append(int(logits.argmax()))
        alignment.append(weights)
        if tokens[-1] == eos:
            break
    return tokens, np.stack(alignment)


@wrong("greedy_decode", None, also=("eos_dropped", "state_not_handed_on"))
def eos_dropped_state_lost(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [], []
    for _ in range(max_len):
        logits, _, weights = step(token, state)
        token = int(logits.argmax())
        if token == eos:
            break
        tokens.append(token)
        alignment.append(weights)
    return tokens, np.array(alignment)


@wrong("greedy_decode", None, also=("goes_on_after_eos", "bos_kept"))
def bos_kept_goes_on(step, state, bos, eos, max_len):
    tokens, alignment = [bos], []
    for _ in range(max_len):
        logits, state, weights = step(tokens[-1], state)
        tokens.append(int(logits.argmax()))
        alignment.append(weights)
    return tokens, np.stack(alignment)


@right("greedy_decode")
def with_while(step, state, bos, eos, max_len):
    tokens, alignment = [], []
    token = bos
    while True:
        logits, state, weights = step(token, state)
        token = np.argmax(logits)
        tokens += [token]
        alignment += [weights]
        if token == eos or len(tokens) == max_len:
            return tokens, np.array(alignment)


@right("greedy_decode")
def by_recursion(step, state, bos, eos, max_len):
    logits, later, weights = step(bos, state)
    token = max(range(len(logits)), key=lambda i: logits[i])
    if token == eos or max_len == 1:
        return [token], weights[None]
    tokens, alignment = greedy_decode(step, later, token, eos, max_len - 1)  # noqa: F821
    return [token, *tokens], np.vstack([weights[None], alignment])


@right("greedy_decode")
def on_probabilities(step, state, bos, eos, max_len):
    said = [bos]
    rows = []
    while len(said) <= max_len and (len(said) == 1 or said[-1] != eos):
        logits, state, weights = step(said[-1], state)
        said.append(int(np.argsort(-softmax(logits), kind="stable")[0]))
        rows.append(weights[np.newaxis])
    return said[1:], np.concatenate(rows)


# ---------------------------------------------------------------- AdditiveAttention


@probes("AdditiveAttention")
def module_probes(rng):
    def probe(batch, m, query_size, key_size, hidden_size, d_v, masked):
        def array(*shape):
            return rng.normal(size=shape).astype(np.float32)

        parameters = {
            "W_q.weight": array(hidden_size, query_size),
            "W_k.weight": array(hidden_size, key_size),
            "v.weight": array(1, hidden_size),
        }
        shapes = (batch, query_size), (batch, m, key_size), (batch, m, d_v)
        inputs = tuple(torch.from_numpy(array(*shape)) for shape in shapes)
        if masked:
            mask = torch.from_numpy(rng.random((batch, m)) < 0.5)
            mask[:, 0], mask[:, 1] = True, False
            if masked == "one empty":
                mask[-1] = False
            inputs = (*inputs, mask)
        return Module((query_size, key_size, hidden_size), parameters, inputs)

    return [
        probe(2, 5, 3, 4, 6, 7, False),
        probe(4, 4, 4, 4, 4, 4, False),
        probe(3, 6, 5, 2, 4, 3, "some"),
        probe(4, 4, 4, 4, 4, 4, "some"),
        probe(1, 3, 2, 5, 3, 4, False),
        probe(3, 5, 2, 3, 4, 6, "one empty"),
    ]


@wrong(
    "AdditiveAttention",
    "Your layers have a bias. nn.Linear brings one unless told bias=False; here the three are matrices only.",
)
class WithBias(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size)
        self.W_k = nn.Linear(key_size, hidden_size)
        self.v = nn.Linear(hidden_size, 1)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "There is no tanh in your scores. The query then adds the same number to the scores of all keys, and the softmax takes it away again: the weights are the same whatever is asked, and W_q never learns.",
)
class NoTanh(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(self.W_q(query)[:, None] + self.W_k(keys)).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "The tanh comes last in your scores, around v. It belongs before v, on the hidden features.",
)
class TanhLast(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = torch.tanh(self.v(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "The projected query, (B, hidden), is added to the projected keys, (B, m, hidden), as it is: an error, or silent where B = m, and then every sentence gets the queries of all. Give it an axis of length 1 in the keys' place.",
)
class QueryNotBroadcast(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query) + self.W_k(keys))).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "You divide the scores by a root of the width. That belongs to scaled dot products; additive attention has tanh and v for it.",
)
class ScaledByRoot(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = (
            self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
            / self.v.weight.shape[1] ** 0.5
        )
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "Your mask works the wrong way round: the positions that may be attended to get no weight. True means that a query may attend.",
)
class PolarityInverted(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(mask, 0)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "Your forward ignores the mask: the filling at the end of a sentence gets weight like the words.",
)
class MaskIgnored(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        weights = torch.softmax(scores, dim=-1)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "You mask after the softmax: the filling has taken its share by then, and the weights that are left sum to less than one. Mask the scores before.",
)
class MaskedAfterSoftmax(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "You multiply the scores by the mask. A score of 0 is not low: its exponential is 1, and the filling gets weight. (Filling with 1e-9 comes to the same.) What is left out needs a score far below all others.",
)
class ScoresTimesMask(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        if mask is not None:
            scores = scores * mask
        weights = torch.softmax(scores, dim=-1)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "You add the mask to the scores, where True counts as 1: what may be attended to is favoured a little, and nothing is left out. Select, do not add.",
)
class MaskAdded(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        if mask is not None:
            scores = scores + mask
        weights = torch.softmax(scores, dim=-1)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "A query that may attend to nothing gets NaN: a softmax over nothing but −∞ is 0/0. Fill with a large negative number that is finite, and set the weights of what is masked to 0 after the softmax.",
)
class NaNForNothing(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf)
        weights = torch.softmax(scores, dim=-1)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "You replace the NaN after the softmax. The output is right then, but on its way back the gradient passes through the NaN and becomes one, and after one step of training all parameters are. Do not let it arise: fill the scores with a finite number.",
)
class NaNReplaced(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        if mask is not None:
            scores = scores + torch.zeros_like(scores).masked_fill(~mask, -torch.inf)
        weights = torch.softmax(scores, dim=-1)
        weights = torch.nan_to_num(weights)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "A query that may attend to nothing spreads its weight evenly over the filling: all its scores are equally low. Set the weights to 0 where the mask is False, after the softmax.",
)
class EvenForNothing(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "Your softmax runs over the batch, so that sentences compete. It runs over the positions, the last axis of the scores: dim=-1.",
)
class SoftmaxOverBatch(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=0)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "All numbers are right, but the weights, or the whole result, are cut off from the gradient (NumPy, detach, .data or no_grad): none of the three layers can ever learn.",
)
class WeightsDetached(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1).detach()
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "Your context is right; forward should return the weights as well: return context, weights.",
)
class ContextOnly(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights[:, :, None] * values).sum(1)


@wrong(
    "AdditiveAttention",
    "The two results are right and in the other order: the context comes first, then the weights.",
)
class WeightsFirst(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return weights, (weights[:, :, None] * values).sum(1)


@wrong(
    "AdditiveAttention",
    "You average the projected keys. They are made for being compared; what a query reads are the values.",
)
class AveragesProjectedKeys(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights[:, :, None] * self.W_k(keys)).sum(1), weights


@wrong(
    "AdditiveAttention",
    "You average the keys. They are what a query is compared with; what it reads are the values.",
)
class AveragesKeys(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights[:, :, None] * keys).sum(1), weights


@wrong(
    "AdditiveAttention",
    "A plain .squeeze() takes away every axis of length 1, the batch too when it holds one sentence. Say which: .squeeze(-1).",
)
class SqueezedTooMuch(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze()
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights.unsqueeze(-1) * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "Your weights keep the axis of length 1 that v leaves behind: (B, m, 1). One number for each position is expected, (B, m).",
)
class OneAxisTooMany(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys)))
        if mask is not None:
            scores = scores.masked_fill(~mask[:, :, None], torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=1)
        if mask is not None:
            weights = weights.masked_fill(~mask[:, :, None], 0)
        return (weights * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "v is a bare nn.Parameter in your module, called v. The exercise wants a linear layer to one number, whose parameter is called v.weight and has the shape (1, hidden_size).",
)
class VAsParameter(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Parameter(torch.randn(hidden_size))

    def forward(self, query, keys, values, mask=None):
        scores = torch.tanh(self.W_q(query)[:, None] + self.W_k(keys)) @ self.v
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "You keep bare nn.Parameter matrices. The exercise wants nn.Linear layers, whose parameter is called W_q.weight and is stored the other way round, (hidden_size, query_size).",
)
class BareParameters(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Parameter(torch.randn(query_size, hidden_size))
        self.W_k = nn.Parameter(torch.randn(key_size, hidden_size))
        self.v = nn.Parameter(torch.randn(hidden_size))

    def forward(self, query, keys, values, mask=None):
        scores = torch.tanh((query @ self.W_q)[:, None] + keys @ self.W_k) @ self.v
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "The matrices are plain tensors, which the module does not know as parameters: an optimiser would never see them. Use nn.Linear(…, bias=False).",
)
class PlainTensors(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q, self.W_k = torch.ones(query_size, hidden_size), torch.ones(key_size, hidden_size)
        self.v = torch.ones(hidden_size)

    def forward(self, query, keys, values, mask=None):
        scores = torch.tanh((query @ self.W_q)[:, None] + keys @ self.W_k) @ self.v
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "AdditiveAttention",
    "float32 goes in and float64 comes out: a .double() or a float64 tensor on the way lifts all that follows, and the next layer will refuse it.",
)
class InDouble(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores.double(), dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights[:, :, None] * values).sum(1), weights


@wrong("AdditiveAttention", None, also=("WithBias", "NaNForNothing"))
class WithBiasAndNaN(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size)
        self.W_k = nn.Linear(key_size, hidden_size)
        self.v = nn.Linear(hidden_size, 1)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf)
        weights = torch.softmax(scores, dim=-1)
        return (weights[:, :, None] * values).sum(1), weights


@wrong("AdditiveAttention", None, also=("NoTanh", "MaskIgnored"))
class NoTanhNoMask(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(self.W_q(query)[:, None] + self.W_k(keys)).squeeze(-1)
        weights = torch.softmax(scores, dim=-1)
        return (weights[:, :, None] * values).sum(1), weights


@wrong("AdditiveAttention", None, also=("NoTanh", "NaNForNothing"))
class NoTanhNaN(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(self.W_q(query)[:, None] + self.W_k(keys)).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf)
        weights = torch.softmax(scores, dim=-1)
        return (weights[:, :, None] * values).sum(1), weights


@wrong("AdditiveAttention", None, also=("WeightsFirst", "NaNForNothing"))
class WeightsFirstNaN(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf)
        weights = torch.softmax(scores, dim=-1)
        return weights, (weights[:, :, None] * values).sum(1)


@wrong("AdditiveAttention", None, also=("PolarityInverted", "MaskedAfterSoftmax"))
class PolarityInvertedAfterSoftmax(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(mask, 0)
        return (weights[:, :, None] * values).sum(1), weights


@right("AdditiveAttention")
class NothingReplaced(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys))).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf)  # on the way back it stops the NaN
        weights = torch.softmax(scores, dim=-1).nan_to_num()
        return (weights[:, :, None] * values).sum(1), weights


@right("AdditiveAttention")
class WithExponentials(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.v = nn.Linear(hidden_size, 1, False)
        self.W_k = nn.Linear(key_size, hidden_size, False)
        self.W_q = nn.Linear(query_size, hidden_size, False)

    def forward(self, query, keys, values, mask=None):
        hidden = torch.tanh(self.W_k(keys) + self.W_q(query).unsqueeze(1))
        scores = torch.einsum("bmh,oh->bm", hidden, self.v.weight)
        raw = (scores - scores.amax(-1, keepdim=True).detach()).exp()
        if mask is not None:
            raw = raw * mask
        weights = raw / raw.sum(-1, keepdim=True).clamp(min=1e-20)
        return torch.einsum("bm,bmd->bd", weights, values), weights


@right("AdditiveAttention")
class NothingIsEverythingForAMoment(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        if mask is None:
            mask = torch.ones(keys.shape[:2], dtype=torch.bool)
        asked = (query @ self.W_q.weight.T)[:, None].expand(-1, keys.shape[1], -1)
        scores = self.v((asked + self.W_k(keys)).tanh())[..., 0]
        allowed = mask | ~mask.any(-1, keepdim=True)
        weights = torch.where(allowed, scores, -torch.inf).softmax(-1) * mask
        return (weights.unsqueeze(1) @ values).squeeze(1), weights


@right("AdditiveAttention")
class WithAFixedLowScore(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q, self.W_k = (nn.Linear(size, hidden_size, bias=False) for size in (query_size, key_size))
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query[:, None]) + self.W_k(keys))).flatten(1)
        if mask is not None:
            scores = torch.where(mask, scores, -1e9)
        weights = nn.functional.softmax(scores, 1)
        if mask is not None:
            weights = weights * mask.float()
        return torch.bmm(weights[:, None], values)[:, 0], weights


# ---------------------------------------------------------------- alignment_error_rate


@probes("alignment_error_rate")
def alignment_probes(rng):
    def links(t, m):
        sure = rng.random((t, m)) < 0.3
        possible = sure | (rng.random((t, m)) < 0.4)
        return [rng.random((t, m)) < 0.5, sure, possible]

    none, one = np.zeros((3, 4), dtype=bool), np.zeros((3, 4), dtype=bool)
    one[1, 2] = True
    return [
        Call(*links(5, 7)),
        Call(*links(6, 4)),
        Call(*links(5, 5)),
        Call(none, none, none),
        Call(one, none, one),
    ]


@wrong(
    "alignment_error_rate",
    "You return the share of predicted links that are not possible: one minus the precision. A prediction of one safe link would be perfect; the rate also counts the sure links that are missed.",
)
def one_minus_precision(predicted, sure, possible):
    return 1 - (predicted & possible).sum() / predicted.sum() if predicted.any() else 0.0


@wrong(
    "alignment_error_rate",
    "You return the share of sure links that are missed: one minus the recall. Whoever links everything with everything would be perfect; the rate also counts impossible links.",
)
def one_minus_recall(predicted, sure, possible):
    return 1 - (predicted & sure).sum() / sure.sum() if sure.any() else 0.0


@wrong(
    "alignment_error_rate",
    "You compare with the sure links only, in both terms. A possible link does no harm: the second term intersects with the possible ones.",
)
def sure_links_only(predicted, sure, possible):
    links = predicted.sum() + sure.sum()
    return 1 - 2 * (predicted & sure).sum() / links if links else 0.0


@wrong(
    "alignment_error_rate",
    "You compare with the possible links only, in the numerator. A sure link that is found counts in both terms, so the first intersects with the sure ones.",
)
def possible_links_only(predicted, sure, possible):
    links = predicted.sum() + sure.sum()
    return 1 - 2 * (predicted & possible).sum() / links if links else 0.0


@wrong(
    "alignment_error_rate",
    "Your number is high where the alignment is good. An error rate is one minus that.",
)
def one_minus_forgotten(predicted, sure, possible):
    links = predicted.sum() + sure.sum()
    found = (predicted & sure).sum() + (predicted & possible).sum()
    return found / links if links else 1.0


@wrong(
    "alignment_error_rate",
    "You divide by the number of predicted and possible links. Possible links need not be found, so only the sure ones are counted below.",
)
def divided_by_possible(predicted, sure, possible):
    links = predicted.sum() + possible.sum()
    found = (predicted & sure).sum() + (predicted & possible).sum()
    return 1 - found / links if links else 0.0


@wrong(
    "alignment_error_rate",
    "You take possible to mean “possible, but not sure”, and count a sure link once. The possible links contain the sure ones; a sure link that is found counts twice above, and twice below.",
)
def possible_without_sure(predicted, sure, possible):
    links = predicted.sum() + sure.sum()
    found = (predicted & sure).sum() + (predicted & possible & ~sure).sum()
    return 1 - found / links if links else 0.0


@wrong(
    "alignment_error_rate",
    "Where nothing is predicted and nothing is sure you divide 0 by 0. Nothing was to be found and nothing was wrong: the rate is 0 there.",
)
def nothing_over_nothing(predicted, sure, possible):
    with np.errstate(invalid="ignore"):
        found = (predicted & sure).sum() + (predicted & possible).sum()
        return 1 - found / (predicted.sum() + sure.sum())


@wrong(
    "alignment_error_rate",
    "You return the share of cells in which prediction and sure links differ. Most cells are empty in both, so everything looks good; count links, not cells.",
)
def differing_cells(predicted, sure, possible):
    return (predicted != sure).mean()


@wrong(
    "alignment_error_rate",
    "You average precision and recall. The rate adds what was found, and divides by the sum of both sizes once.",
)
def mean_of_precision_and_recall(predicted, sure, possible):
    precision = (predicted & possible).sum() / max(predicted.sum(), 1)
    recall = (predicted & sure).sum() / max(sure.sum(), 1)
    return 1 - (precision + recall) / 2


@wrong(
    "alignment_error_rate",
    "You divide by the size of the union. The rate counts a link that is both predicted and sure twice, above and below.",
)
def divided_by_the_union(predicted, sure, possible):
    links = (predicted | sure).sum()
    found = (predicted & sure).sum() + (predicted & possible).sum()
    return 1 - found / links if links else 0.0


@wrong(
    "alignment_error_rate",
    "You return one number for each word of the translation. The links of the whole sentence are counted together.",
)
def one_for_each_word(predicted, sure, possible):
    with np.errstate(invalid="ignore"):
        found = (predicted & sure).sum(1) + (predicted & possible).sum(1)
        return 1 - found / (predicted.sum(1) + sure.sum(1))


@wrong(
    "alignment_error_rate",
    "You return a percentage. The rate lies between 0 and 1.",
)
def percentage(predicted, sure, possible):
    links = predicted.sum() + sure.sum()
    found = (predicted & sure).sum() + (predicted & possible).sum()
    return 100 * (1 - found / links) if links else 0.0


@wrong(
    "alignment_error_rate",
    "You unite where the formula intersects: | is the union of two sets, & their intersection.",
)
def unions(predicted, sure, possible):
    links = predicted.sum() + sure.sum()
    found = (predicted | sure).sum() + (predicted | possible).sum()
    return 1 - found / links if links else 0.0


@wrong(
    "alignment_error_rate",
    "len of an array is the number of its rows, whatever stands in them. The number of links is the number of True: .sum() counts them.",
)
def len_counts_rows(predicted, sure, possible):
    found = len(predicted & sure) + len(predicted & possible)
    return 1 - found / (len(predicted) + len(sure))


@wrong(
    "alignment_error_rate",
    "You return one minus the F-measure, the harmonic mean of precision and recall. It is close to the rate where all sure links are the possible ones, and another number otherwise.",
)
def f_measure(predicted, sure, possible):
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = (predicted & possible).sum() / predicted.sum()
        recall = (predicted & sure).sum() / sure.sum()
        return 1 - 2 * precision * recall / (precision + recall)


@wrong("alignment_error_rate", None, also=("sure_links_only", "nothing_over_nothing"))
def sure_links_only_over_nothing(predicted, sure, possible):
    with np.errstate(invalid="ignore"):
        return 1 - 2 * (predicted & sure).sum() / (predicted.sum() + sure.sum())


@wrong("alignment_error_rate", None, also=("one_minus_forgotten", "nothing_over_nothing"))
def accuracy_over_nothing(predicted, sure, possible):
    with np.errstate(invalid="ignore"):
        found = (predicted & sure).sum() + (predicted & possible).sum()
        return found / (predicted.sum() + sure.sum())


@wrong("alignment_error_rate", None, also=("possible_without_sure", "nothing_over_nothing"))
def possible_without_sure_over_nothing(predicted, sure, possible):
    with np.errstate(invalid="ignore"):
        found = (predicted & sure).sum() + (predicted & possible & ~sure).sum()
        return 1 - found / (predicted.sum() + sure.sum())


@right("alignment_error_rate")
def with_sets(predicted, sure, possible):
    A, S, P = ({tuple(link) for link in np.argwhere(part).tolist()} for part in (predicted, sure, possible))
    if not A and not S:
        return 0
    return 1 - (len(A & S) + len(A & P)) / (len(A) + len(S))


@right("alignment_error_rate")
def link_by_link(predicted, sure, possible):
    right = total = 0
    for a, s, p in zip(predicted.ravel(), sure.ravel(), possible.ravel(), strict=True):
        total += int(a) + int(s)
        right += int(a and s) + int(a and p)
    return 0.0 if total == 0 else (total - right) / total


@right("alignment_error_rate")
def from_precision_and_recall(predicted, sure, possible):
    size, wanted = np.count_nonzero(predicted), np.count_nonzero(sure)
    if size + wanted == 0:
        return 0.0
    precision = np.count_nonzero(np.logical_and(predicted, possible)) / max(size, 1)
    recall = np.count_nonzero(np.logical_and(predicted, sure)) / max(wanted, 1)
    return 1 - (precision * size + recall * wanted) / (size + wanted)
