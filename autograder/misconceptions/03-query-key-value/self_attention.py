"""What people write for ``self_attention``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
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


scores_from_x = wrong(
    "Your scores come from x itself: W_q and W_k change nothing. Project first; a token asks with x W_q and is found by x W_k.",
    change("queries @ keys", "(x) @ (x)"),
)

values_from_x = wrong(
    "Your values are x itself: W_v changes nothing. What a token hands over is x W_v.",
    change("weights @ values", "weights @ (x)"),
)

keys_with_W_q = wrong(
    "You use W_q for the keys, too: W_k changes nothing. With one matrix for both, what a token looks for and what it is "
    "found by would be the same.",
    change("queries @ keys", "(x @ W_q) @ (x @ W_q)"),
)

keys_ask = wrong(
    "Queries and keys have changed places: in your weights row t belongs to the token that is asked. Rows belong to the one that asks.",
    change("queries @ keys", "(x @ W_k) @ (x @ W_q)"),
)


@wrong("Your scores are not divided by √d, the root of the width of queries and keys.")
def self_unscaled(x, W_q, W_k, W_v):
    weights = softmax((x @ W_q) @ (x @ W_k).swapaxes(-1, -2))
    return weights @ (x @ W_v), weights


scaled_by_input_width = wrong(
    "You divide by the root of x's width. The dot product is taken after the projection, so it is the width of queries and keys that counts.",
    change("queries.shape", "(x).shape"),
)

self_divided_by_d = wrong(
    "You divide by d; the scores' standard deviation grows as √d, and that is the divisor.",
    change("math.sqrt(queries.shape[-1])", "(W_q.shape[1])"),
)

self_softmax_over_queries = wrong(
    "Your softmax runs over the tokens that ask. Each asking token distributes its own weight over all tokens: the last axis.",
    change("queries.shape[-1])", "(W_q).shape[(1)]), axis=-2"),
)

self_transposed_batch = wrong(
    ".T reverses all axes, the batch too. Swap the last two axes of the keys only.",
    change("queries @ keys.swapaxes(-1, -2)", "(x @ W_q) @ ((x @ W_k).T)"),
)

matrices_transposed = wrong(
    "You multiply by the transposed matrices. Here W_q has the shape (d_x, d), and x W_q is x @ W_q; it is torch's nn.Linear that keeps its weight the other way round.",
    change("queries @ keys", "(x @ W_q.T) @ (x @ W_k.T)"),
    change("weights @ values", "weights @ (x @ W_v.T)"),
)

self_scaled_by_value_width = wrong(
    "You divide by the root of the values' width. The sum that grows is the one over the width d of queries and keys.",
    change("queries.shape[-1]", "(W_v).shape[(1)]"),
)

self_scaled_by_length = wrong(
    "You divide by the root of the number of tokens. The score is a sum over the width d, the last axis of queries and keys.",
    change("queries.shape[-1]", "(x).shape[(1)]"),
)

self_weights_first = wrong(
    "The two results are right and in the other order: the output comes first, then the weights.",
    change("weights @ values, weights", "(weights), (weights @ (x @ W_v))"),
)

self_output_only = wrong(
    "Your output is right; the weights are expected back as well: return output, weights.",
    change("weights @ values, weights", "(weights @ (x @ W_v))"),
)

weights_transposed = wrong(
    "Your weights are right, but the output uses them transposed: each token would collect what it was asked for. Row t of "
    "the weights mixes the values for token t, weights @ values.",
    change("weights @ values", "(weights.swapaxes(-1, -2)) @ (x @ W_v)"),
)


@wrong(
    "A token sees only itself and those before it. That is a causal mask, right for a decoder that generates text; here every token sees the whole sequence."
)
def self_causal(x, W_q, W_k, W_v):
    scores = (x @ W_q) @ (x @ W_k).swapaxes(-1, -2) / math.sqrt(W_q.shape[1])
    weights = softmax(np.where(np.tri(*scores.shape[1:], dtype=bool), scores, scores.dtype.type(-1e9)))
    return weights @ (x @ W_v), weights


@wrong(
    "For large scores your exponentials overflow and the result is NaN. Subtract the row's maximum first; the given softmax does."
)
def self_overflow(x, W_q, W_k, W_v):
    exponentials = np.exp((x @ W_q) @ (x @ W_k).swapaxes(-1, -2) / math.sqrt(W_q.shape[1]))
    weights = exponentials / exponentials.sum(-1, keepdims=True)
    return weights @ (x @ W_v), weights


self_becomes_float64 = wrong(
    "float32 goes in and float64 comes out. NumPy keeps the wider type, and np.sqrt(d) and a "
    "new np.zeros(…) are float64. math.sqrt(d) or d**0.5 is a plain number and leaves the dtype alone.",
    change("math.sqrt(queries.shape[-1])", "(np).sqrt((W_q).shape[(1)])"),
)


@both(self_unscaled, keys_ask)
def unscaled_keys_ask(x, W_q, W_k, W_v):
    weights = softmax((x @ W_k) @ (x @ W_q).swapaxes(-1, -2))
    return weights @ (x @ W_v), weights


@both(scores_from_x, values_from_x)
def nothing_projected(x, W_q, W_k, W_v):
    weights = softmax(x @ x.swapaxes(-1, -2) / math.sqrt(x.shape[-1]))
    return weights @ x, weights


@right()
def matrices_joined(x, W_q, W_k, W_v):
    scores = x @ (W_q @ W_k.T) @ x.swapaxes(-1, -2) / math.sqrt(W_k.shape[1])
    weights = softmax(scores)
    return (weights @ x) @ W_v, weights


@right()
def self_with_einsum(x, W_q, W_k, W_v):
    q, k, v = (np.einsum("bnx,xd->bnd", x, W) for W in (W_q, W_k, W_v))
    scores = np.einsum("bid,bjd->bij", q, k) / W_q.shape[1] ** 0.5
    exponentials = np.exp(scores - scores.max(-1, keepdims=True))
    weights = exponentials / exponentials.sum(-1, keepdims=True)
    return np.einsum("bij,bjv->biv", weights, v), weights
