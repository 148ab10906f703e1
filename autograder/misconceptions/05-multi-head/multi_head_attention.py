"""What people write for ``multi_head_attention``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    def arrays(b, n, m, d_q, d_kv, d, d_v, d_o):
        shapes = (b, n, d_q), (b, m, d_kv), (d_q, d), (d_kv, d), (d_kv, d_v), (d_v, d_o)
        return [rng.normal(size=shape) for shape in shapes]

    mask = rng.random((2, 3, 5)) < 0.5
    mask[:, :, 0], mask[:, :, 1], mask[0, 1] = True, False, False
    general, square = arrays(2, 3, 5, 7, 9, 8, 6, 4), arrays(4, 4, 4, 4, 4, 4, 4, 4)
    triangle = np.tri(4, dtype=bool)
    return [
        Call(*general, 2),
        Call(*general, 2, mask),
        Call(*square, 2, np.stack([triangle, ~triangle.T, triangle[::-1], triangle.T])),
        Call(*square, 4, triangle),
        Call(*arrays(4, 3, 5, 9, 9, 9, 9, 9), 3),
        Call(*(part.astype(np.float32) for part in general), 2, mask[:, :1]),
        Call(50 * general[0], *general[1:], 2),
    ]


no_output_projection = wrong(
    "W_o is not used. What the heads found stands side by side, and no head's answer ever meets another's; the last projection mixes them.",
    change(" @ W_o, weights", ", weights"),
)

scaled_by_d_model = wrong(
    "You divide by the root of the whole width. A dot product of one head has d/h terms, and its spread grows with their number, not with d.",
    change("q.shape[-1]", "(q.shape[-1] * h)"),
)

not_scaled = wrong(
    "Your scores are not scaled. The wider a head, the larger its scores, and the softmax picks a single key before anything is learned.",
    change(" / q.shape[-1] ** 0.5", ""),
)

keys_not_projected = wrong(
    "W_k does not matter in your function: keys and queries are compared through W_q alone. What is asked for and what is offered are projected by matrices of their own.",
    change(
        "x_kv @ W_k",
        "x_kv @ W_q if W_q.shape == W_k.shape else np.resize(x_kv, (*x_kv.shape[:2], W_k.shape[1]))",
    ),
)

values_are_keys = wrong(
    "You average the projected keys. The keys tell where to look; what is handed on are the values, from W_v.",
    change("x_kv @ W_v", "x_kv @ W_k"),
)

heads_averaged = wrong(
    "Your heads are averaged before W_o. Then they share one narrow answer; set side by side each keeps its own.",
    change("merge_heads(weights @ v) @ W_o", "(weights @ v).mean(1) @ W_o[: v.shape[-1]]"),
)


@wrong(
    "There is one softmax over the whole width, repeated for each head. Heads that all look alike are one head; the split comes before the scores."
)
def one_head(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    v = split_heads(x_kv @ W_v, h)
    allowed = True if mask is None else mask[..., None, :, :]
    whole = (x_q @ W_q) @ (x_kv @ W_k).swapaxes(-1, -2) / (W_q.shape[1] // h) ** 0.5
    weights = np.repeat(masked_softmax(whole[:, None], allowed), h, axis=1)
    return merge_heads(weights @ v) @ W_o, weights


mask_ignored = wrong(
    "The mask does nothing in your function. It belongs on the scores, before the softmax, in every head.",
    change("scores, allowed", "scores, True"),
)

mask_without_a_heads_axis = wrong(
    "Your mask has no axis for the heads. NumPy lines up the last axes, so that its batch meets the heads: an error, or, where there are as many sequences as heads, something silent.",
    change("[..., None, :, :]", ""),
)

masked_after_the_softmax = wrong(
    "You mask after the softmax. What was forbidden has taken its share by then, and the rest no longer sums to 1.",
    change("scores, allowed)", "scores, True) * allowed"),
)

mask_inverted = wrong(
    "Your mask is read the wrong way round. In this course True means may attend.",
    change("mask[..., None, :, :]", "~mask[..., None, :, :]"),
)

softmax_over_queries = wrong(
    "Your softmax runs over the queries. Each query shares out 1 among the keys, which are the last axis of the scores.",
    change(
        "masked_softmax(scores, allowed)",
        "masked_softmax(scores.swapaxes(-1, -2), np.swapaxes(np.broadcast_to(allowed, scores.shape), -1, -2)).swapaxes(-1, -2)",
    ),
)

softmax_over_heads = wrong(
    "Your softmax runs over the heads, so that these compete for each key. Heads work without knowing of each other; the competition is among the keys.",
    change("masked_softmax(scores, allowed)", "np.exp(scores - scores.max(1, keepdims=True)) * allowed"),
    change("return", "weights = weights / weights.sum(1, keepdims=True).clip(1e-30)\nreturn"),
)

queries_from_keys = wrong(
    "Your queries are made from x_kv as well, as in self-attention. Here those who ask may be others than those who are asked.",
    change("x_q @ W_q", "x_kv @ W_q"),
)

reshaped_heads = wrong(
    "Your heads are cut by a reshape alone, which moves no number past another: a head gets pieces of several positions. Call your split_heads; if you do, look there first.",
    change(
        "split_heads(x_q @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_v, h)",
        "(part.reshape(part.shape[0], h, part.shape[1], -1) for part in (x_q @ W_q, x_kv @ W_k, x_kv @ W_v))",
    ),
)

merged_without_swapping = wrong(
    "You join the heads by a reshape alone. Positions stand between heads and features, and rows get mixed. Call your merge_heads; if you do, look there first.",
    change("merge_heads(weights @ v)", "(weights @ v).reshape(*x_q.shape[:2], -1)"),
)

weights_averaged = wrong(
    "The weights of your heads are averaged before they come back, as some libraries do. What each head looks at is then lost: keep the axis.",
    change("@ W_o, weights", "@ W_o, weights.mean(1)"),
)

nothing_is_uniform = wrong(
    "A query that may attend to nothing spreads its weight evenly over keys that are forbidden. A large negative number for each of them makes all alike; there the weights are 0.",
    change("scores, allowed", "np.where(allowed, scores, -1e9), True"),
)

output_projection_of_each = wrong(
    "Each head is multiplied by all of W_o's first rows and the results are added: the rows that belong to the other heads are never used. Side by side first, then the product.",
    change("merge_heads(weights @ v) @ W_o", "(weights @ v @ W_o[: v.shape[-1]]).sum(1)"),
)

unscaled_unprojected = both(not_scaled, no_output_projection)

wide_scale_no_heads_axis = both(scaled_by_d_model, mask_without_a_heads_axis)

wide_scale_no_mask = both(scaled_by_d_model, mask_ignored)


@right()
def head_by_head(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    found, shares = [], []
    for W_one, W_two, W_three in zip(*(np.split(W, h, axis=1) for W in (W_q, W_k, W_v)), strict=True):
        scores = (x_q @ W_one) @ (x_kv @ W_two).swapaxes(1, 2) / math.sqrt(W_one.shape[1])
        weights = masked_softmax(scores, True if mask is None else mask)
        shares.append(weights)
        found.append(weights @ (x_kv @ W_three))
    return np.concatenate(found, axis=-1) @ W_o, np.stack(shares, axis=1)


@right()
def with_einsum_and_sums(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = (split_heads(part, h) for part in (x_q @ W_q, x_kv @ W_k, x_kv @ W_v))
    scores = np.einsum("bhnd,bhmd->bhnm", q / math.sqrt(q.shape[-1]), k)
    if mask is None:
        mask = np.ones(scores.shape[-2:], dtype=bool)
    mask = np.broadcast_to(mask, (len(x_q), *scores.shape[-2:]))
    weights = masked_softmax(scores, mask[:, np.newaxis])
    parts = np.split(W_o, h, axis=0)
    return sum(weights[:, i] @ v[:, i] @ parts[i] for i in range(h)), weights


scaled_beforehand = right(
    change("x_q @ W_q", "x_q @ (W_q / (W_q.shape[1] // h) ** 0.5)"),
    change("q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5", "(q @ k.swapaxes(-1, -2))"),
)
