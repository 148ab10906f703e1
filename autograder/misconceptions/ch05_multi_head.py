"""What people write for 05-multi-head.  See ``autograder.answers.bank`` for how an entry works.

The hint says what was misunderstood and what to think about, not what to type.
"""

import math

import numpy as np
import torch
from torch import nn

from autograder.answers import assignment
from autograder.answers.bank import Call, Module, probes, right, wrong

# An entry sees what a student's answer sees: what the assignment gives, and the exercises before it.
_given = assignment.load("05-multi-head").namespace
Attention, masked_softmax = _given["Attention"], _given["masked_softmax"]
split_heads, merge_heads = _given["split_heads"], _given["merge_heads"]
watched = _given["watched"]

# ---------------------------------------------------------------- split_heads


@probes("split_heads")
def split_probes(rng):
    return [
        Call(rng.normal(size=(2, 3, 8)), 4),
        Call(rng.normal(size=(3, 3, 9)), 3),
        Call(rng.normal(size=(2, 2, 4)), 2),
        Call(rng.normal(size=(1, 4, 6)).astype(np.float32), 2),
        Call(rng.normal(size=(2, 3, 6)), 4),
    ]


@wrong(
    "split_heads",
    "The shape is right and the contents are mixed: your reshape cuts the rows anew, so that a head gets pieces of several positions. Only the features are to be cut; which axes must then change places?",
)
def reshape_only(x, h):
    b, n, d = x.shape
    if d % h:
        raise ValueError
    return x.reshape(b, h, n, d // h)


@wrong(
    "split_heads",
    "Your features are cut into heads, but the heads stand behind the positions. Attention works on the last two axes: these must be positions and features, one such matrix for each head.",
)
def not_swapped(x, h):
    b, n, d = x.shape
    if d % h:
        raise ValueError
    return x.reshape(b, n, h, d // h)


@wrong(
    "split_heads",
    "Your heads take every h-th feature. A head is a slice of features that stand next to each other: the first d/h belong to head 0.",
)
def interleaved(x, h):
    b, n, d = x.shape
    if d % h:
        raise ValueError
    return x.reshape(b, n, d // h, h).transpose(0, 3, 1, 2)


@wrong(
    "split_heads",
    "Where h does not divide d you leave the last features out without a word. A width that cannot be shared out evenly is a mistake of the caller, who should hear of it.",
)
def remainder_dropped(x, h):
    b, n, d = x.shape
    return x[:, :, : d // h * h].reshape(b, n, h, d // h).swapaxes(1, 2)


@wrong(
    "split_heads",
    "You take h for the width of a head. It is the number of heads; the width is what is left for each, d/h.",
)
def h_is_the_width(x, h):
    b, n, d = x.shape
    if d % h:
        raise ValueError
    return x.reshape(b, n, d // h, h).swapaxes(1, 2)


@wrong(
    "split_heads",
    "Your heads and your batch share one axis. Some libraries do so for speed; here each keeps an axis of its own, the batch first.",
)
def batch_joined(x, h):
    b, n, d = x.shape
    if d % h:
        raise ValueError
    return x.reshape(b, n, h, d // h).swapaxes(1, 2).reshape(b * h, n, d // h)


@wrong(
    "split_heads",
    "The heads come before the batch in your result. The batch stays the first axis, everywhere in this course.",
)
def heads_first(x, h):
    b, n, d = x.shape
    if d % h:
        raise ValueError
    return x.reshape(b, n, h, d // h).transpose(2, 0, 1, 3)


@wrong(
    "split_heads",
    "Your heads have features before positions, as keys have in a product with queries. That transposition belongs to the scores; a head is (positions, features).",
)
def transposed_keys(x, h):
    b, n, d = x.shape
    if d % h:
        raise ValueError
    return x.reshape(b, n, h, d // h).transpose(0, 2, 3, 1)


@wrong(
    "split_heads",
    "You swap the batch with the positions, where heads and positions should change places. Name the four axes after the reshape: which two must change places?",
)
def wrong_axes_swapped(x, h):
    b, n, d = x.shape
    if d % h:
        raise ValueError
    return x.reshape(b, n, h, d // h).swapaxes(0, 1)


@wrong(
    "split_heads",
    "A list of heads comes back. One array with an axis for the heads lets a single product do the work of all of them.",
)
def list_of_heads(x, h):
    d = x.shape[-1]
    if d % h:
        raise ValueError
    return list(np.split(x, h, axis=2))


@wrong(
    "split_heads",
    "Every head of yours gets all features. Heads share the width out among them; that is why h heads cost no more than one.",
)
def whole_for_each(x, h):
    d = x.shape[-1]
    if d % h:
        raise ValueError
    return np.stack([x] * h, axis=1)


@wrong(
    "split_heads",
    "Your last slice of features is head 0. Heads are numbered from the first feature on.",
)
def heads_reversed(x, h):
    b, n, d = x.shape
    if d % h:
        raise ValueError
    return x.reshape(b, n, h, d // h).swapaxes(1, 2)[:, ::-1]


@wrong(
    "split_heads",
    "Your function raises another error than a ValueError where h does not divide d. An assert is for what can never happen, and python -O leaves it out; what a caller got wrong is said by the kind of error that fits.",
)
def asserted(x, h):
    b, n, d = x.shape
    assert d % h == 0
    return x.reshape(b, n, h, d // h).swapaxes(1, 2)


@wrong("split_heads", None, also=("interleaved", "remainder_dropped"))
def interleaved_dropped(x, h):
    b, n, d = x.shape
    return x[:, :, : d // h * h].reshape(b, n, d // h, h).transpose(0, 3, 1, 2)


@right("split_heads")
def with_stack(x, h):
    d = x.shape[-1]
    if d % h:
        raise ValueError
    return np.stack(np.split(x, h, axis=-1), axis=1)


@right("split_heads")
def with_transpose(x, h):
    b, n, d = x.shape
    if d % h:
        raise ValueError
    return np.transpose(np.reshape(x, (b, n, h, -1)), (0, 2, 1, 3))


@right("split_heads")
def slice_by_slice(x, h):
    width, rest = divmod(x.shape[-1], h)
    if rest != 0:
        raise ValueError("no")
    out = np.empty((x.shape[0], h, x.shape[1], width), dtype=x.dtype)
    for head in range(h):
        out[:, head] = x[..., head * width : (head + 1) * width]
    return out


# ---------------------------------------------------------------- merge_heads


@probes("merge_heads")
def merge_probes(rng):
    return [
        Call(rng.normal(size=(2, 4, 3, 5))),
        Call(rng.normal(size=(3, 3, 3, 3))),
        Call(rng.normal(size=(1, 2, 4, 3)).astype(np.float32)),
    ]


@wrong(
    "merge_heads",
    "The shape is right and the contents are mixed: a reshape joins axes that stand next to each other, and between heads and features stand the positions. Move them out of the way first.",
)
def merged_by_reshape(x):
    b, h, n, width = x.shape
    return x.reshape(b, n, h * width)


@wrong(
    "merge_heads",
    "Feature 0 of all heads comes first in your result, then feature 1 of all. Each head's features stay together.",
)
def merge_interleaved(x):
    b, h, n, width = x.shape
    return x.transpose(0, 2, 3, 1).reshape(b, n, h * width)


@wrong(
    "merge_heads",
    "Your heads are averaged. Then one head's answer blurs the other's, and nothing can tell them apart again; put them side by side.",
)
def averaged(x):
    return x.mean(axis=1)


@wrong(
    "merge_heads",
    "Your heads are added up. A sum mixes what each has found, before W_o can weigh it; put them side by side.",
)
def summed(x):
    return x.sum(axis=1)


@wrong(
    "merge_heads",
    "Your heads stand one below the other, h·n positions long. It is the features that they share; every position gets back all of them.",
)
def stacked_in_positions(x):
    b, h, n, width = x.shape
    return x.reshape(b, h * n, width)


@wrong(
    "merge_heads",
    "Positions stand before heads now, and both axes are still there. One step is missing: the heads' features join in a single axis.",
)
def only_swapped(x):
    return x.swapaxes(1, 2)


@wrong(
    "merge_heads",
    "Your result has the features before the positions. It goes back into layers that expect (B, n, features).",
)
def features_before_positions(x):
    b, h, n, width = x.shape
    return x.swapaxes(1, 2).reshape(b, n, h * width).swapaxes(1, 2)


@wrong(
    "merge_heads",
    "Only head 0 comes back. The others have looked elsewhere, and what they found is lost.",
)
def first_head_only(x):
    return x[:, 0]


@wrong(
    "merge_heads",
    "Your last head stands first. Whatever order split_heads cut, merging restores: head 0 first.",
)
def merge_reversed(x):
    b, h, n, width = x.shape
    return x[:, ::-1].swapaxes(1, 2).reshape(b, n, h * width)


@wrong(
    "merge_heads",
    "You swap positions with features, and join what then stands together. Heads and features must be neighbours, in this order, when the reshape joins them.",
)
def positions_and_features_swapped(x):
    b, h, n, width = x.shape
    return x.swapaxes(2, 3).reshape(b, n, h * width)


@wrong(
    "merge_heads",
    "You swap the batch with the heads. The batch stays where it is; the positions must come before the heads.",
)
def batch_and_heads_swapped(x):
    b, h, n, width = x.shape
    return x.swapaxes(0, 1).reshape(b, n, h * width)


@wrong(
    "merge_heads",
    "Of each feature you keep the largest among the heads. No head knows of the others, and none is to win; put them side by side.",
)
def best_head(x):
    return x.max(axis=1)


@right("merge_heads")
def with_concatenate(x):
    h = x.shape[1]
    return np.concatenate([x[:, head] for head in range(h)], axis=-1)


@right("merge_heads")
def merge_with_transpose(x):
    b, _, n, _ = x.shape
    return np.reshape(np.transpose(x, [0, 2, 1, 3]), (b, n, -1))


@right("merge_heads")
def with_moveaxis(x):
    b, h, n, width = x.shape
    return np.moveaxis(x, 1, 2).reshape(b, n, width * h)


# ---------------------------------------------------------------- multi_head_attention


@probes("multi_head_attention")
def heads_probes(rng):
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


@wrong(
    "multi_head_attention",
    "W_o is not used. What the heads found stands side by side, and no head's answer ever meets another's; the last projection mixes them.",
)
def no_output_projection(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = split_heads(x_q @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_v, h)
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
    allowed = True if mask is None else mask[..., None, :, :]
    weights = masked_softmax(scores, allowed)
    return merge_heads(weights @ v), weights


@wrong(
    "multi_head_attention",
    "You divide by the root of the whole width. A dot product of one head has d/h terms, and its spread grows with their number, not with d.",
)
def scaled_by_d_model(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = split_heads(x_q @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_v, h)
    scores = q @ k.swapaxes(-1, -2) / (q.shape[-1] * h) ** 0.5
    allowed = True if mask is None else mask[..., None, :, :]
    weights = masked_softmax(scores, allowed)
    return merge_heads(weights @ v) @ W_o, weights


@wrong(
    "multi_head_attention",
    "Your scores are not scaled. The wider a head, the larger its scores, and the softmax picks a single key before anything is learned.",
)
def not_scaled(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = split_heads(x_q @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_v, h)
    scores = q @ k.swapaxes(-1, -2)
    allowed = True if mask is None else mask[..., None, :, :]
    weights = masked_softmax(scores, allowed)
    return merge_heads(weights @ v) @ W_o, weights


@wrong(
    "multi_head_attention",
    "W_k does not matter in your function: keys and queries are compared through W_q alone. What is asked for and what is offered are projected by matrices of their own.",
)
def keys_not_projected(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = (
        split_heads(x_q @ W_q, h),
        split_heads(
            (x_kv @ W_q if W_q.shape == W_k.shape else np.resize(x_kv, (*x_kv.shape[:2], W_k.shape[1]))), h
        ),
        split_heads(x_kv @ W_v, h),
    )
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
    allowed = True if mask is None else mask[..., None, :, :]
    weights = masked_softmax(scores, allowed)
    return merge_heads(weights @ v) @ W_o, weights


@wrong(
    "multi_head_attention",
    "You average the projected keys. The keys tell where to look; what is handed on are the values, from W_v.",
)
def values_are_keys(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = split_heads(x_q @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_k, h)
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
    allowed = True if mask is None else mask[..., None, :, :]
    weights = masked_softmax(scores, allowed)
    return merge_heads(weights @ v) @ W_o, weights


@wrong(
    "multi_head_attention",
    "Your heads are averaged before W_o. Then they share one narrow answer; set side by side each keeps its own.",
)
def heads_averaged(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = split_heads(x_q @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_v, h)
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
    allowed = True if mask is None else mask[..., None, :, :]
    weights = masked_softmax(scores, allowed)
    return (weights @ v).mean(axis=1) @ W_o[: v.shape[-1]], weights


@wrong(
    "multi_head_attention",
    "There is one softmax over the whole width, repeated for each head. Heads that all look alike are one head; the split comes before the scores.",
)
def one_head(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    v = split_heads(x_kv @ W_v, h)
    allowed = True if mask is None else mask[..., None, :, :]
    whole = (x_q @ W_q) @ (x_kv @ W_k).swapaxes(-1, -2) / (W_q.shape[1] // h) ** 0.5
    weights = np.repeat(masked_softmax(whole[:, None], allowed), h, axis=1)
    return merge_heads(weights @ v) @ W_o, weights


@wrong(
    "multi_head_attention",
    "The mask does nothing in your function. It belongs on the scores, before the softmax, in every head.",
)
def mask_ignored(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = split_heads(x_q @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_v, h)
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
    weights = masked_softmax(scores, True)
    return merge_heads(weights @ v) @ W_o, weights


@wrong(
    "multi_head_attention",
    "Your mask has no axis for the heads. NumPy lines up the last axes, so that its batch meets the heads: an error, or, where there are as many sequences as heads, something silent.",
)
def mask_without_a_heads_axis(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = split_heads(x_q @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_v, h)
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
    allowed = True if mask is None else mask
    weights = masked_softmax(scores, allowed)
    return merge_heads(weights @ v) @ W_o, weights


@wrong(
    "multi_head_attention",
    "You mask after the softmax. What was forbidden has taken its share by then, and the rest no longer sums to 1.",
)
def masked_after_the_softmax(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = split_heads(x_q @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_v, h)
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
    allowed = True if mask is None else mask[..., None, :, :]
    weights = masked_softmax(scores, True) * allowed
    return merge_heads(weights @ v) @ W_o, weights


@wrong(
    "multi_head_attention",
    "Your mask is read the wrong way round. In this course True means may attend.",
)
def mask_inverted(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = split_heads(x_q @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_v, h)
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
    allowed = True if mask is None else ~mask[..., None, :, :]
    weights = masked_softmax(scores, allowed)
    return merge_heads(weights @ v) @ W_o, weights


@wrong(
    "multi_head_attention",
    "Your softmax runs over the queries. Each query shares out 1 among the keys, which are the last axis of the scores.",
)
def softmax_over_queries(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = split_heads(x_q @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_v, h)
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
    allowed = True if mask is None else mask[..., None, :, :]
    weights = masked_softmax(
        scores.swapaxes(-1, -2), np.swapaxes(np.broadcast_to(allowed, scores.shape), -1, -2)
    ).swapaxes(-1, -2)
    return merge_heads(weights @ v) @ W_o, weights


@wrong(
    "multi_head_attention",
    "Your softmax runs over the heads, so that these compete for each key. Heads work without knowing of each other; the competition is among the keys.",
)
def softmax_over_heads(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = split_heads(x_q @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_v, h)
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
    allowed = True if mask is None else mask[..., None, :, :]
    weights = np.exp(scores - scores.max(axis=1, keepdims=True)) * allowed
    weights = weights / weights.sum(axis=1, keepdims=True).clip(1e-30)
    return merge_heads(weights @ v) @ W_o, weights


@wrong(
    "multi_head_attention",
    "Your queries are made from x_kv as well, as in self-attention. Here those who ask may be others than those who are asked.",
)
def queries_from_keys(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = split_heads(x_kv @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_v, h)
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
    allowed = True if mask is None else mask[..., None, :, :]
    weights = masked_softmax(scores, allowed)
    return merge_heads(weights @ v) @ W_o, weights


@wrong(
    "multi_head_attention",
    "Your heads are cut by a reshape alone, which moves no number past another: a head gets pieces of several positions. Call your split_heads; if you do, look there first.",
)
def reshaped_heads(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = (
        part.reshape(part.shape[0], h, part.shape[1], -1) for part in (x_q @ W_q, x_kv @ W_k, x_kv @ W_v)
    )
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
    allowed = True if mask is None else mask[..., None, :, :]
    weights = masked_softmax(scores, allowed)
    return merge_heads(weights @ v) @ W_o, weights


@wrong(
    "multi_head_attention",
    "You join the heads by a reshape alone. Positions stand between heads and features, and rows get mixed. Call your merge_heads; if you do, look there first.",
)
def merged_without_swapping(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = split_heads(x_q @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_v, h)
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
    allowed = True if mask is None else mask[..., None, :, :]
    weights = masked_softmax(scores, allowed)
    return (weights @ v).reshape(*x_q.shape[:2], -1) @ W_o, weights


@wrong(
    "multi_head_attention",
    "The weights of your heads are averaged before they come back, as some libraries do. What each head looks at is then lost: keep the axis.",
)
def weights_averaged(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = split_heads(x_q @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_v, h)
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
    allowed = True if mask is None else mask[..., None, :, :]
    weights = masked_softmax(scores, allowed)
    return merge_heads(weights @ v) @ W_o, weights.mean(axis=1)


@wrong(
    "multi_head_attention",
    "A query that may attend to nothing spreads its weight evenly over keys that are forbidden. A large negative number for each of them makes all alike; there the weights are 0.",
)
def nothing_is_uniform(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = split_heads(x_q @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_v, h)
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
    allowed = True if mask is None else mask[..., None, :, :]
    weights = masked_softmax(np.where(allowed, scores, -1e9), True)
    return merge_heads(weights @ v) @ W_o, weights


@wrong(
    "multi_head_attention",
    "Each head is multiplied by all of W_o's first rows and the results are added: the rows that belong to the other heads are never used. Side by side first, then the product.",
)
def output_projection_of_each(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = split_heads(x_q @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_v, h)
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
    allowed = True if mask is None else mask[..., None, :, :]
    weights = masked_softmax(scores, allowed)
    return (weights @ v @ W_o[: v.shape[-1]]).sum(axis=1), weights


@wrong("multi_head_attention", None, also=("not_scaled", "no_output_projection"))
def unscaled_unprojected(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = split_heads(x_q @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_v, h)
    scores = q @ k.swapaxes(-1, -2)
    allowed = True if mask is None else mask[..., None, :, :]
    weights = masked_softmax(scores, allowed)
    return merge_heads(weights @ v), weights


@wrong("multi_head_attention", None, also=("scaled_by_d_model", "mask_without_a_heads_axis"))
def wide_scale_no_heads_axis(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = split_heads(x_q @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_v, h)
    scores = q @ k.swapaxes(-1, -2) / W_q.shape[1] ** 0.5
    weights = masked_softmax(scores, True if mask is None else mask)
    return merge_heads(weights @ v) @ W_o, weights


@wrong("multi_head_attention", None, also=("scaled_by_d_model", "mask_ignored"))
def wide_scale_no_mask(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = split_heads(x_q @ W_q, h), split_heads(x_kv @ W_k, h), split_heads(x_kv @ W_v, h)
    scores = q @ k.swapaxes(-1, -2) / (q.shape[-1] * h) ** 0.5
    weights = masked_softmax(scores, True)
    return merge_heads(weights @ v) @ W_o, weights


@right("multi_head_attention")
def head_by_head(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    found, shares = [], []
    for W_one, W_two, W_three in zip(*(np.split(W, h, axis=1) for W in (W_q, W_k, W_v)), strict=True):
        scores = (x_q @ W_one) @ (x_kv @ W_two).swapaxes(1, 2) / math.sqrt(W_one.shape[1])
        weights = masked_softmax(scores, True if mask is None else mask)
        shares.append(weights)
        found.append(weights @ (x_kv @ W_three))
    return np.concatenate(found, axis=-1) @ W_o, np.stack(shares, axis=1)


@right("multi_head_attention")
def with_einsum_and_sums(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = (split_heads(part, h) for part in (x_q @ W_q, x_kv @ W_k, x_kv @ W_v))
    scores = np.einsum("bhnd,bhmd->bhnm", q / math.sqrt(q.shape[-1]), k)
    if mask is None:
        mask = np.ones(scores.shape[-2:], dtype=bool)
    mask = np.broadcast_to(mask, (len(x_q), *scores.shape[-2:]))
    weights = masked_softmax(scores, mask[:, np.newaxis])
    parts = np.split(W_o, h, axis=0)
    return sum(weights[:, i] @ v[:, i] @ parts[i] for i in range(h)), weights


@right("multi_head_attention")
def scaled_beforehand(x_q, x_kv, W_q, W_k, W_v, W_o, h, mask=None):
    q, k, v = (
        split_heads(x_q @ (W_q / (W_q.shape[1] // h) ** 0.5), h),
        split_heads(x_kv @ W_k, h),
        split_heads(x_kv @ W_v, h),
    )
    scores = q @ k.swapaxes(-1, -2)
    allowed = True if mask is None else mask[..., None, :, :]
    weights = masked_softmax(scores, allowed)
    return merge_heads(weights @ v) @ W_o, weights


# ---------------------------------------------------------------- positional_encoding


@probes("positional_encoding")
def encoding_probes(rng):
    return [Call(7, 6), Call(4, 4), Call(30, 10), Call(1, 2), Call(3, 5)]


@wrong(
    "positional_encoding",
    "All sines stand first and all cosines behind them. Many programs do so and train as well, but it is not the formula: sine and cosine of one angle are neighbours.",
)
def half_and_half(n, d):
    if d % 2:
        raise ValueError
    angle = np.arange(n)[:, None] / 10000 ** (np.arange(0, d, 2) / d)
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=-1)


@wrong(
    "positional_encoding",
    "Sine and cosine are the wrong way round: the sine has the even features, counted from zero, so position 0 begins with 0.",
)
def cosine_first(n, d):
    if d % 2:
        raise ValueError
    angle = np.arange(n)[:, None] / 10000 ** (np.arange(0, d, 2) / d)
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1).reshape(n, d)


@wrong(
    "positional_encoding",
    "Your exponent is i/d, with i counting pairs: it ends near one half, and the slowest feature turns up to a hundred times too fast. In 2i/d the 2i is the number of the even feature itself.",
)
def wavelengths_doubled(n, d):
    if d % 2:
        raise ValueError
    angle = np.arange(n)[:, None] / 10000 ** (np.arange(d // 2) / d)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(n, d)


@wrong(
    "positional_encoding",
    "Every feature of yours has an angle of its own. Sine and cosine come in pairs of one angle, and only so does a shift of the position become a rotation.",
)
def angle_for_each_feature(n, d):
    if d % 2:
        raise ValueError
    angle = np.arange(n)[:, None] / 10000 ** (np.arange(d) / d)
    return np.where(np.arange(d) % 2 == 0, np.sin(angle), np.cos(angle))


@wrong(
    "positional_encoding",
    "The 2 in your exponent is counted twice: where i runs over the even features 0, 2, 4, … it is the formula's 2i already. Your exponent runs to nearly 2, and the slower half of the features hardly turns at all.",
)
def doubled_twice(n, d):
    if d % 2:
        raise ValueError
    angle = np.arange(n)[:, None] / 10000 ** (2 * np.arange(0, d, 2) / d)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(n, d)


@wrong(
    "positional_encoding",
    "Your exponent doubles the number of the feature itself, so that each feature has an angle of its own, and the later ones hardly turn at all. In the formula i counts pairs: the features 2i and 2i + 1 share one angle.",
)
def i_counts_features(n, d):
    if d % 2:
        raise ValueError
    angle = np.arange(n)[:, None] / 10000 ** (2 * np.arange(d) / d)
    return np.where(np.arange(d) % 2 == 0, np.sin(angle), np.cos(angle))


@wrong(
    "positional_encoding",
    "You multiply the position by the power of 10000 where the formula divides. The later features should turn more slowly, not faster.",
)
def multiplied_by_the_wavelength(n, d):
    if d % 2:
        raise ValueError
    angle = np.arange(n)[:, None] * 10000 ** (np.arange(0, d, 2) / d)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(n, d)


@wrong(
    "positional_encoding",
    "Your positions count from one. Position 0 has the angle 0 in all features, and is (0, 1, 0, 1, …).",
)
def counts_from_one(n, d):
    if d % 2:
        raise ValueError
    angle = np.arange(1, n + 1)[:, None] / 10000 ** (np.arange(0, d, 2) / d)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(n, d)


@wrong(
    "positional_encoding",
    "Your rows are features and your columns positions. A position is a row, to be added to the row of its word.",
)
def axes_exchanged(n, d):
    if d % 2:
        raise ValueError
    angle = np.arange(n)[:, None] / 10000 ** (np.arange(0, d, 2) / d)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(n, d).T


@wrong(
    "positional_encoding",
    "There are only sines, each twice. One sine does not tell rising from falling: the cosine beside it does.",
)
def sines_alone(n, d):
    if d % 2:
        raise ValueError
    angle = np.arange(n)[:, None] / 10000 ** (np.arange(0, d, 2) / d)
    return np.stack([np.sin(angle), np.sin(angle)], axis=-1).reshape(n, d)


@wrong(
    "positional_encoding",
    "An odd width passes without an error. The last sine would stand there without its cosine; the statement asks for a ValueError.",
)
def odd_width_accepted(n, d):
    angle = np.arange(n)[:, None] / 10000 ** (np.arange(0, d, 2) / d)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(n, -1)[:, :d]


@wrong(
    "positional_encoding",
    "Your longest wavelength is off by a factor of ten: the base is 10000. Count its zeros.",
)
def thousand_for_ten_thousand(n, d):
    if d % 2:
        raise ValueError
    angle = np.arange(n)[:, None] / 1000 ** (np.arange(0, d, 2) / d)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(n, d)


@wrong(
    "positional_encoding",
    "Your angles are converted from degrees to radians. NumPy's sine takes radians, and t is one already: neighbours are one radian apart in the fastest feature.",
)
def degrees(n, d):
    if d % 2:
        raise ValueError
    angle = np.deg2rad(np.arange(n))[:, None] / 10000 ** (np.arange(0, d, 2) / d)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(n, d)


@wrong(
    "positional_encoding",
    "Your encoding has an axis of length 1 for the batch. It is one table for all sequences; broadcasting puts that axis in front by itself.",
)
def with_a_batch(n, d):
    if d % 2:
        raise ValueError
    angle = np.arange(n)[:, None] / 10000 ** (np.arange(0, d, 2) / d)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(n, d)[None]


@wrong(
    "positional_encoding",
    "Your positions are divided by the length, so that the last is near 1. Then the same place looks different in a longer text; t is counted, not normalised.",
)
def scaled_to_one(n, d):
    if d % 2:
        raise ValueError
    angle = np.arange(n)[:, None] / n / 10000 ** (np.arange(0, d, 2) / d)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(n, d)


@wrong(
    "positional_encoding",
    "Your table is float32. Nothing of that precision came in here, and float64 is asked for.",
)
def encoding_in_half_the_type(n, d):
    if d % 2:
        raise ValueError
    angle = np.arange(n)[:, None] / 10000 ** (np.arange(0, d, 2) / d)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(n, d).astype(np.float32)


@wrong("positional_encoding", None, also=("half_and_half", "counts_from_one"))
def halves_from_one(n, d):
    if d % 2:
        raise ValueError
    angle = np.arange(1, n + 1)[:, None] / 10000 ** (np.arange(0, d, 2) / d)
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=-1)


@wrong(
    "positional_encoding",
    "An odd width ends in an IndexError: your last cosine has no place. The caller cannot know what your loop was doing; say at the start, by a ValueError, what is wrong with d.",
)
def odd_width_overruns(n, d):
    table = np.zeros((n, d))
    for t in range(n):
        for i in range(0, d, 2):
            table[t, i] = math.sin(t / 10000 ** (i / d))
            table[t, i + 1] = math.cos(t / 10000 ** (i / d))
    return table


@wrong("positional_encoding", None, also=("doubled_twice", "odd_width_overruns"))
def doubled_and_overrun(n, d):
    table = np.zeros((n, d))
    for t in range(n):
        for i in range(0, d, 2):
            table[t, i] = math.sin(t / 10000 ** (2 * i / d))
            table[t, i + 1] = math.cos(t / 10000 ** (2 * i / d))
    return table


@wrong("positional_encoding", None, also=("i_counts_features", "odd_width_accepted"))
def features_counted_odd_too(n, d):
    table = np.zeros((n, d))
    for t in range(n):
        for i in range(d):
            angle = t / 10000 ** (2 * i / d)
            table[t, i] = math.cos(angle) if i % 2 else math.sin(angle)
    return table


@wrong("positional_encoding", None, also=("cosine_first", "odd_width_accepted"))
def cosine_first_odd(n, d):
    angle = np.arange(n)[:, None] / 10000 ** (np.arange(0, d, 2) / d)
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1).reshape(n, -1)[:, :d]


@right("positional_encoding")
def filled_in(n, d):
    if d % 2 == 1:
        raise ValueError("odd")
    out = np.zeros((n, d))
    rate = np.exp(-np.arange(0, d, 2) * math.log(10000.0) / d)
    out[:, 0::2] = np.sin(np.outer(np.arange(n), rate))
    out[:, 1::2] = np.cos(np.outer(np.arange(n), rate))
    return out


@right("positional_encoding")
def number_by_number(n, d):
    if d & 1:
        raise ValueError(d)
    table = [
        [(math.cos if j % 2 else math.sin)(t / 10000 ** (j // 2 * 2 / d)) for j in range(d)] for t in range(n)
    ]
    return np.array(table)


@right("positional_encoding")
def of_a_complex_number(n, d):
    if d % 2:
        raise ValueError
    angle = np.arange(n)[:, None] / 10000 ** (np.arange(0, d, 2) / d)
    return np.exp(1j * angle).view(np.float64).reshape(n, d)[:, np.arange(d) ^ 1]


# ---------------------------------------------------------------- MultiHeadAttention


@probes("MultiHeadAttention")
def module_probes(rng):
    def probe(b, n, m, d_model, h, mask=None):
        def array(*shape):
            return rng.normal(size=shape).astype(np.float32)

        parameters = {f"W_{name}.weight": array(d_model, d_model) for name in "qkvo"}
        inputs = [torch.from_numpy(array(b, size, d_model)) for size in (n, m, m)]
        if mask is not None:
            inputs.append(torch.from_numpy(mask))
        return Module((d_model, h), parameters, tuple(inputs))

    some = rng.random((2, 3, 5)) < 0.5
    some[:, :, 0], some[:, :, 1] = True, False
    empty = some.copy()
    empty[1, 2] = False
    triangle = np.tri(4, dtype=bool)
    return [
        probe(2, 3, 5, 8, 2),
        probe(2, 3, 5, 6, 3, some),
        probe(2, 3, 5, 6, 2, empty),
        probe(4, 4, 4, 4, 4, np.stack([triangle, triangle, triangle[::-1], triangle.T])),
        probe(1, 4, 4, 9, 3, triangle),
        Module((6, 4), {}, tuple(torch.ones(1, 2, 6) for _ in range(3))),
    ]


@wrong(
    "MultiHeadAttention",
    "Your layers have a bias. nn.Linear brings one unless told bias=False; here the four are matrices only.",
)
class WithBiases(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@wrong(
    "MultiHeadAttention",
    "W_o is not used in forward: the heads' answers stand side by side and never meet. The last layer mixes them.",
)
class NoOutputLayer(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights @ v).transpose(1, 2).flatten(2), weights


@wrong(
    "MultiHeadAttention",
    "You divide by the root of d_model. A dot product of one head has d_model/h terms, and its spread grows with their number.",
)
class ScaledByDModel(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / query.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@wrong(
    "MultiHeadAttention",
    "Your scores are not scaled. The wider a head, the larger they get, and the softmax picks a single key before anything is learned.",
)
class NotScaled(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2)
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@wrong(
    "MultiHeadAttention",
    "Your heads are cut by a reshape alone, which moves no number past another: a head gets pieces of several positions. Cut the features, then swap two axes.",
)
class HeadsByReshape(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.reshape(len(part), self.h, part.shape[1], -1)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@wrong(
    "MultiHeadAttention",
    "You join the heads by a reshape alone. Positions stand between heads and features, and rows get mixed: swap back first.",
)
class MergedByReshape(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return self.W_o((weights @ v).reshape(query.shape)), weights


@wrong(
    "MultiHeadAttention",
    "The mask does nothing in your module. It belongs on the scores, before the softmax.",
)
class MaskIgnoredHere(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        weights = torch.softmax(scores, dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@wrong(
    "MultiHeadAttention",
    "Your mask has no axis for the heads: its batch meets them. That is an error, or, where there are as many sequences as heads, something silent.",
)
class MaskWithoutHeads(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@wrong(
    "MultiHeadAttention",
    "Your mask is read the wrong way round. In this course True means may attend; torch's own module has it the other way.",
)
class MaskInverted(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = ~mask[..., None, :, :]
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@wrong(
    "MultiHeadAttention",
    "You mask after the softmax. What was forbidden has taken its share by then, and the rest no longer sums to 1.",
)
class MaskedLate(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@wrong(
    "MultiHeadAttention",
    "A query that may attend to nothing gets NaN: a softmax over nothing but −∞ is 0/0. It should get zeros.",
)
class NaNWithNothing(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, -torch.inf)
        weights = torch.softmax(scores, dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@wrong(
    "MultiHeadAttention",
    "A query that may attend to nothing spreads its weight evenly over keys that are forbidden: all have the same low score. Its weights are 0.",
)
class UniformWithNothing(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@wrong(
    "MultiHeadAttention",
    "Your output is mended, and its gradient is not: −∞ is added before the softmax of an empty row, and on the way back 0 times NaN is NaN. Keep NaN from arising at all.",
)
class NaNInTheGradient(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores + torch.zeros(mask.shape).masked_fill(~mask, -torch.inf)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = torch.where(mask, weights, 0)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@wrong(
    "MultiHeadAttention",
    "Your values are made from key. The two are often the same tensor, but the module takes both, and they may differ.",
)
class ValuesFromKeys(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(key))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@wrong(
    "MultiHeadAttention",
    "Keys pass through W_q as the queries do, and W_k never learns. What is asked for and what is offered are projected by layers of their own.",
)
class KeysThroughWq(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_q(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@wrong(
    "MultiHeadAttention",
    "The weights of your heads are averaged before they come back, as torch's module does by default. What each head looks at is then lost: keep the axis.",
)
class WeightsAveraged(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights.mean(dim=1)


@wrong(
    "MultiHeadAttention",
    "Your softmax runs over the queries. Each query shares out 1 among the keys, the last axis of the scores.",
)
class SoftmaxOverQueries(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-2)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@wrong(
    "MultiHeadAttention",
    "Your softmax runs over the heads, so that these compete for each key. Heads do not know of each other; the competition is among the keys.",
)
class SoftmaxOverHeads(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@wrong(
    "MultiHeadAttention",
    "Your weights are detached from the computation. The output is right, and W_q and W_k receive no gradient: where to look is never learned.",
)
class Detached(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        weights = weights.detach()
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@wrong(
    "MultiHeadAttention",
    "The weights come first in your tuple, then the output. Callers unpack in the stated order: output, weights.",
)
class WeightsBeforeOutput(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return weights, self.W_o((weights @ v).transpose(1, 2).flatten(2))


@wrong(
    "MultiHeadAttention",
    "A number of heads that does not divide d_model raises no ValueError when the module is made. The mistake then shows much later, as an error of shapes deep inside.",
)
class AnyNumberOfHeads(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part[..., : part.shape[-1] // self.h * self.h].unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return nn.functional.linear(
            (weights @ v).transpose(1, 2).flatten(2), self.W_o.weight[:, : v.shape[-1] * self.h]
        ), weights


@wrong(
    "MultiHeadAttention",
    "Your module raises another error than a ValueError where h does not divide d_model. An assert is for what can never happen, and python -O leaves it out; what a caller got wrong is said by the kind of error that fits.",
)
class Asserted(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        assert d_model % h == 0
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@wrong("MultiHeadAttention", None, also=("MaskWithoutHeads", "UniformWithNothing"))
class NoHeadsAxisAndUniform(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            scores = scores.masked_fill(~mask, -1e9)
        weights = torch.softmax(scores, dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@wrong("MultiHeadAttention", None, also=("WithBiases", "NotScaled"))
class BiasesAndNoScale(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2)
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@wrong("MultiHeadAttention", None, also=("ScaledByDModel", "NaNWithNothing"))
class WideScaleAndNaN(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / query.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, -torch.inf)
        weights = torch.softmax(scores, dim=-1)
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


@right("MultiHeadAttention")
class WithTorchsOwn(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        self.heads = h
        assert d_model >= 1
        if d_model // h * h != d_model:
            raise ValueError("no")
        for name in ("W_q", "W_k", "W_v", "W_o"):
            setattr(self, name, nn.Linear(d_model, d_model, False))

    def forward(self, query, key, value, mask=None):
        weights = [
            self.W_q(query).view(*query.shape[:2], self.heads, -1).movedim(2, 1),
            self.W_k(key).view(*key.shape[:2], self.heads, -1).movedim(2, 1),
        ]
        scores = torch.einsum("bhnd,bhmd->bhnm", *weights) * weights[0].shape[-1] ** -0.5
        allowed = torch.ones_like(scores, dtype=torch.bool)
        if mask is not None:
            allowed = allowed & (mask[:, None] if mask.dim() == 3 else mask)
        shares = torch.where(allowed, scores, -1e30).softmax(-1) * allowed
        values = self.W_v(value).view(*value.shape[:2], self.heads, -1)
        found = torch.einsum("bhnm,bmhd->bnhd", shares, values)
        return self.W_o(found.reshape(*query.shape)), shares


@right("MultiHeadAttention")
class HeadAfterHead(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h != 0:
            raise ValueError("no")
        self.width = d_model // h
        self.W_o = nn.Linear(d_model, d_model, bias=False)
        self.W_v = nn.Linear(d_model, d_model, bias=False)
        self.W_k = nn.Linear(d_model, d_model, bias=False)
        self.W_q = nn.Linear(d_model, d_model, bias=False)

    def forward(self, query, key, value, mask=None):
        parts = [
            layer(x).split(self.width, dim=-1)
            for layer, x in zip((self.W_q, self.W_k, self.W_v), (query, key, value), strict=True)
        ]
        found, shares = [], []
        for q, k, v in zip(*parts, strict=True):
            raw = torch.bmm(q, k.mT) / self.width**0.5
            raw = (raw - raw.detach().amax(-1, keepdim=True)).exp()
            if mask is not None:
                raw = raw * mask
            shares.append(raw / raw.sum(-1, keepdim=True).clamp(min=1e-30))
            found.append(shares[-1] @ v)
        return self.W_o(torch.cat(found, -1)), torch.stack(shares, 1)


@right("MultiHeadAttention")
class MendedOnTheWayBack(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, -torch.inf)
        weights = torch.softmax(scores, dim=-1)
        weights = weights.nan_to_num()
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights


# ---------------------------------------------------------------- EncoderLayer


def layer_parameters(rng, d_model, d_ff, norms, attentions):
    """A pre-norm layer's parameters, by name."""
    shapes = {
        "feed_forward.0.weight": (d_ff, d_model),
        "feed_forward.0.bias": (d_ff,),
        "feed_forward.2.weight": (d_model, d_ff),
        "feed_forward.2.bias": (d_model,),
    }
    for name in norms:
        shapes[f"{name}.weight"] = shapes[f"{name}.bias"] = (d_model,)
    for name in attentions:
        shapes[f"{name}.inner.in_proj_weight"] = (3 * d_model, d_model)
        shapes[f"{name}.inner.out_proj.weight"] = (d_model, d_model)
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def layer_inputs(rng, *shapes):
    return [torch.from_numpy((2 * rng.normal(size=shape) + 1).astype(np.float32)) for shape in shapes]


@probes("EncoderLayer")
def encoder_probes(rng):
    def probe(b, n, d_model, h, d_ff, mask=None):
        made = layer_parameters(rng, d_model, d_ff, ("norm_1", "norm_2"), ("attention",))
        mask = None if mask is None else torch.from_numpy(mask)
        return Module((d_model, h, d_ff), made, (*layer_inputs(rng, (b, n, d_model)), mask))

    return [
        probe(2, 5, 6, 2, 7),
        probe(4, 4, 4, 4, 4, np.tri(4, dtype=bool)),
        probe(2, 3, 6, 3, 5, np.array([[[True, True, False]], [[True, False, False]]])),
        probe(2, 3, 8, 2, 4, np.array([[[True, False, True]], [[False, False, False]]])),
    ]


@wrong(
    "EncoderLayer",
    "Your norm stands behind the sum, as in the first paper. Here each part reads a normed copy, and the stream itself is never normed.",
)
class PostNorm(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        x = self.norm_1(x + self.attention(x, x, x, mask))
        return self.norm_2(x + self.feed_forward(x))


@wrong(
    "EncoderLayer",
    "What your attention finds replaces the stream. What the layer got is lost then, and so is the short way back for the gradient: add, do not replace.",
)
class NoResidualAtAttention(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = self.norm_1(x)
        x = self.attention(normed, normed, normed, mask)
        return x + self.feed_forward(self.norm_2(x))


@wrong(
    "EncoderLayer",
    "What your feed-forward network finds replaces the stream. What the layer got is lost then, and so is the short way back for the gradient: add, do not replace.",
)
class NoResidualAtFeedForward(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, mask)
        return self.feed_forward(self.norm_2(x))


@wrong(
    "EncoderLayer",
    "Both parts of yours replace the stream. With weights near 0 the layer then returns almost nothing of what it got: add each to the stream.",
)
class NoResidualAtAll(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = self.norm_1(x)
        x = self.attention(normed, normed, normed, mask)
        return self.feed_forward(self.norm_2(x))


@wrong(
    "EncoderLayer",
    "The mask does not reach your attention. Every position then listens to the padding too.",
)
class MaskForgotten(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed)
        return x + self.feed_forward(self.norm_2(x))


@wrong(
    "EncoderLayer",
    "You add what attention found to the normed copy. The stream itself is what is added to; the copy is for reading only.",
)
class AddedToTheNormedCopy(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = self.norm_1(x)
        x = normed + self.attention(normed, normed, normed, mask)
        return x + self.feed_forward(self.norm_2(x))


@wrong(
    "EncoderLayer",
    "norm_1 is used in both places, and norm_2 never. The two parts read copies of different streams, each with a scale of its own to learn.",
)
class OneNormTwice(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, mask)
        return x + self.feed_forward(self.norm_1(x))


@wrong(
    "EncoderLayer",
    "Queries and keys read the normed copy, and the values the stream. Pre-norm means that the whole part, its values too, reads the copy.",
)
class ValuesNotNormed(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, x, mask)
        return x + self.feed_forward(self.norm_2(x))


@wrong(
    "EncoderLayer",
    "Only your queries are normed. In self-attention all three are the same thing, the normed copy.",
)
class QueriesOnlyNormed(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, x, x, mask)
        return x + self.feed_forward(self.norm_2(x))


@wrong(
    "EncoderLayer",
    "Your feed-forward network reads the stream as it is. Each of the two parts has a norm before it.",
)
class SecondNormMissing(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, mask)
        return x + self.feed_forward(x)


@wrong(
    "EncoderLayer",
    "Your attention reads the stream as it is. Each of the two parts has a norm before it.",
)
class FirstNormMissing(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = x
        x = x + self.attention(normed, normed, normed, mask)
        return x + self.feed_forward(self.norm_2(x))


@wrong(
    "EncoderLayer",
    "Your feed-forward network reads what came in, not what attention has made of it. The second part starts from the stream after the first.",
)
class InParallel(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = self.norm_1(x)
        attended = self.attention(normed, normed, normed, mask)
        return x + attended + self.feed_forward(self.norm_2(x))


@wrong(
    "EncoderLayer",
    "Your feed-forward network comes before the attention. Positions exchange first, then each thinks about what it heard.",
)
class FeedForwardFirst(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        x = x + self.feed_forward(self.norm_2(x))
        normed = self.norm_1(x)
        return x + self.attention(normed, normed, normed, mask)


@wrong(
    "EncoderLayer",
    "Nothing bends between your two linear layers, so together they are one linear layer. The ReLU makes them more than that.",
)
class NoReLU(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.Identity(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, mask)
        return x + self.feed_forward(self.norm_2(x))


@wrong(
    "EncoderLayer",
    "You use GELU. Many later models do; here the statement asks for the ReLU of the first paper.",
)
class GELUForReLU(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.GELU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, mask)
        return x + self.feed_forward(self.norm_2(x))


@wrong(
    "EncoderLayer",
    "There is a ReLU behind your last linear layer as well. What is added to the stream could then never be negative.",
)
class ReLUAtTheEnd(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(
            nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model), nn.ReLU()
        )

    def forward(self, x, mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, mask)
        return x + self.feed_forward(self.norm_2(x))


@wrong(
    "EncoderLayer",
    "Your norms have no weight and bias, so that the stream's copies all keep the same scale. nn.LayerNorm brings both unless told otherwise.",
)
class NormsWithoutParameters(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = (nn.LayerNorm(d_model, elementwise_affine=False) for _ in range(2))
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, mask)
        return x + self.feed_forward(self.norm_2(x))


@wrong(
    "EncoderLayer",
    "Your norm takes the mean over the positions too, so that one word's numbers depend on the others' without any attention. A position is normed by itself.",
)
class NormOverPositions(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = nn.functional.layer_norm(x, x.shape[1:]) * self.norm_1.weight + self.norm_1.bias
        x = x + self.attention(normed, normed, normed, mask)
        return x + self.feed_forward(self.norm_2(x))


@wrong(
    "EncoderLayer",
    "Your layer norms what it returns, through norm_2 once more. In the pre-norm form the stream leaves a layer as the sum that it is.",
)
class OutputNormed(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, mask)
        return self.norm_2(x + self.feed_forward(self.norm_2(x)))


@wrong(
    "EncoderLayer",
    "You set the positions that the mask hides to 0 in the stream. The mask says who may be *listened to*; a hidden position still has a stream of its own.",
)
class MaskTwice(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, mask)
        if mask is not None:
            x = x * mask.expand(x.shape[0], -1, -1)[:, -1:].transpose(1, 2)
        return x + self.feed_forward(self.norm_2(x))


@wrong("EncoderLayer", None, also=("PostNorm", "MaskForgotten"))
class UnmaskedPostNorm(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        x = self.norm_1(x + self.attention(x, x, x))
        return self.norm_2(x + self.feed_forward(x))


@wrong("EncoderLayer", None, also=("NoReLU", "MaskForgotten"))
class NoReLUNoMask(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.Identity(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed)
        return x + self.feed_forward(self.norm_2(x))


@right("EncoderLayer")
class WrittenOut(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.feed_forward = nn.Sequential(
            nn.Linear(d_model, d_ff), nn.ReLU(inplace=True), nn.Linear(d_ff, d_model)
        )
        self.norm_2 = nn.LayerNorm(d_model)
        self.norm_1 = nn.LayerNorm(d_model)
        self.attention = Attention(d_model=d_model, h=h)

    def forward(self, x, mask):
        attended = x + self.attention(*[self.norm_1(x)] * 3, mask=mask)
        first, bend, second = self.feed_forward
        return second(bend(first(self.norm_2(attended)))).add(attended)


@right("EncoderLayer")
class WithAHelper(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.attention = Attention(d_model, h)
        self.norm_1 = nn.LayerNorm([d_model])
        layers = [nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model)]
        self.feed_forward = nn.Sequential(*layers)
        self.norm_2 = nn.LayerNorm([d_model])

    def attend(self, x, mask):
        return self.attention(x, x, x, mask)

    def forward(self, x, mask):
        out = x + self.attend(self.norm_1(x), mask)
        out = out + self.feed_forward(self.norm_2(out))
        return out


@right("EncoderLayer")
class InPlaceOnItsOwn(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, mask):
        normed = self.norm_1(x)
        x = self.attention(normed, normed, normed, mask) + x
        x = x.clone()
        x += self.feed_forward(self.norm_2(x.clone()))
        return x


# ---------------------------------------------------------------- DecoderLayer


@probes("DecoderLayer")
def decoder_probes(rng):
    def probe(b, n, m, d_model, h, d_ff, causal=None, words=None):
        norms, attentions = ("norm_1", "norm_2", "norm_3"), ("attention", "cross_attention")
        made = layer_parameters(rng, d_model, d_ff, norms, attentions)
        masks = (None if mask is None else torch.from_numpy(mask) for mask in (causal, words))
        inputs = layer_inputs(rng, (b, n, d_model), (b, m, d_model))
        return Module((d_model, h, d_ff), made, (*inputs, *masks))

    words = np.array([[[True, True, False, False]], [[True, False, False, True]]])
    return [
        probe(2, 3, 5, 6, 2, 7),
        probe(2, 3, 4, 6, 3, 5, np.tri(3, dtype=bool), words),
        probe(2, 4, 4, 4, 4, 4, np.tri(4, dtype=bool), words),
        probe(2, 4, 4, 8, 2, 6, np.tri(4, dtype=bool), words & np.array([[[True]], [[False]]])),
    ]


@wrong(
    "DecoderLayer",
    "In your cross-attention the memory asks and the decoder answers. Who needs something asks: the queries come from the decoder, keys and values from the memory.",
)
class MemoryAsks(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, causal_mask)
        normed = self.norm_2(x)
        x = x + self.cross_attention(memory, normed, normed, memory_mask)
        return x + self.feed_forward(self.norm_3(x))


@wrong(
    "DecoderLayer",
    "Your keys come from the memory and your values from the decoder. Then the decoder finds itself, by the memory's addresses; what is found must be the memory's.",
)
class ValuesFromTheDecoder(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, causal_mask)
        x = x + self.cross_attention(self.norm_2(x), memory, self.norm_2(x), memory_mask)
        return x + self.feed_forward(self.norm_3(x))


@wrong(
    "DecoderLayer",
    "Your keys come from the decoder and your values from the memory. An address must belong to what stands there: both are the memory's.",
)
class KeysFromTheDecoder(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, causal_mask)
        x = x + self.cross_attention(self.norm_2(x), self.norm_2(x), memory, memory_mask)
        return x + self.feed_forward(self.norm_3(x))


@wrong(
    "DecoderLayer",
    "Your two masks have changed places. The causal one concerns what is written, (n, n); memory_mask the source, (n, m).",
)
class MasksExchanged(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, memory_mask)
        x = x + self.cross_attention(self.norm_2(x), memory, memory, causal_mask)
        return x + self.feed_forward(self.norm_3(x))


@wrong(
    "DecoderLayer",
    "The causal mask does not reach your first attention. In training every position then reads the word that it is to predict.",
)
class CausalMaskForgotten(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed)
        x = x + self.cross_attention(self.norm_2(x), memory, memory, memory_mask)
        return x + self.feed_forward(self.norm_3(x))


@wrong(
    "DecoderLayer",
    "memory_mask does not reach your second attention. The decoder then listens to the padding of the source.",
)
class MemoryMaskForgotten(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, causal_mask)
        x = x + self.cross_attention(self.norm_2(x), memory, memory)
        return x + self.feed_forward(self.norm_3(x))


@wrong(
    "DecoderLayer",
    "Neither mask reaches its attention: the decoder reads its own future and the source's padding.",
)
class NoMasksAtAll(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed)
        x = x + self.cross_attention(self.norm_2(x), memory, memory)
        return x + self.feed_forward(self.norm_3(x))


@wrong(
    "DecoderLayer",
    "You norm the memory with norm_2 as well. It comes finished from the encoder; the layer's norm is for the stream that it reads.",
)
class MemoryNormed(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, causal_mask)
        x = x + self.cross_attention(self.norm_2(x), self.norm_2(memory), self.norm_2(memory), memory_mask)
        return x + self.feed_forward(self.norm_3(x))


@wrong(
    "DecoderLayer",
    "What your first attention finds replaces the stream. What the layer got is lost then, and so is the short way back for the gradient: add, do not replace.",
)
class NoResidualAtFirst(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = self.attention(normed, normed, normed, causal_mask)
        x = x + self.cross_attention(self.norm_2(x), memory, memory, memory_mask)
        return x + self.feed_forward(self.norm_3(x))


@wrong(
    "DecoderLayer",
    "What your cross-attention finds replaces the stream, and the decoder forgets what it has written. Add, do not replace.",
)
class NoResidualAtCross(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, causal_mask)
        x = self.cross_attention(self.norm_2(x), memory, memory, memory_mask)
        return x + self.feed_forward(self.norm_3(x))


@wrong(
    "DecoderLayer",
    "What your feed-forward network finds replaces the stream. What the layer got is lost then, and so is the short way back for the gradient: add, do not replace.",
)
class NoResidualAtLast(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, causal_mask)
        x = x + self.cross_attention(self.norm_2(x), memory, memory, memory_mask)
        return self.feed_forward(self.norm_3(x))


@wrong(
    "DecoderLayer",
    "All three parts of yours replace the stream. With weights near 0 almost nothing of what came in is left: add each to the stream.",
)
class NoResidualsInDecoder(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = self.attention(normed, normed, normed, causal_mask)
        x = self.cross_attention(self.norm_2(x), memory, memory, memory_mask)
        return self.feed_forward(self.norm_3(x))


@wrong(
    "DecoderLayer",
    "Your norms stand behind the sums, as in the first paper. Here each part reads a normed copy, and the stream itself is never normed.",
)
class DecoderPostNorm(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        x = self.norm_1(x + self.attention(x, x, x, causal_mask))
        x = self.norm_2(x + self.cross_attention(x, memory, memory, memory_mask))
        return self.norm_3(x + self.feed_forward(x))


@wrong(
    "DecoderLayer",
    "Your layer asks the encoder before it has read what is written. First the decoder's own attention, then the source.",
)
class CrossFirst(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        x = x + self.cross_attention(self.norm_2(x), memory, memory, memory_mask)
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, causal_mask)
        return x + self.feed_forward(self.norm_3(x))


@wrong(
    "DecoderLayer",
    "Your layer never reads the memory. Without it a decoder writes without knowing what it translates.",
)
class NoCrossAttention(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, causal_mask)
        return x + self.feed_forward(self.norm_3(x))


@wrong(
    "DecoderLayer",
    "The query of your cross-attention is the stream as it is. Each part reads a normed copy; norm_2 is there for this one.",
)
class CrossNotNormed(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, causal_mask)
        x = x + self.cross_attention(x, memory, memory, memory_mask)
        return x + self.feed_forward(self.norm_3(x))


@wrong(
    "DecoderLayer",
    "norm_2 and norm_3 have changed places. They are trained for the part that reads through them, and cannot stand in for each other.",
)
class NormsExchanged(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, causal_mask)
        x = x + self.cross_attention(self.norm_3(x), memory, memory, memory_mask)
        return x + self.feed_forward(self.norm_2(x))


@wrong(
    "DecoderLayer",
    "One attention does both jobs, and cross_attention is never used. What to look for in one's own text and in the source are two things to learn.",
)
class OneAttentionTwice(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, causal_mask)
        x = x + self.attention(self.norm_2(x), memory, memory, memory_mask)
        return x + self.feed_forward(self.norm_3(x))


@wrong(
    "DecoderLayer",
    "Your two attentions have changed places: cross_attention reads the decoder's own text. The names are part of the statement; weights are loaded by them.",
)
class AttentionsExchanged(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = x + self.cross_attention(normed, normed, normed, causal_mask)
        x = x + self.attention(self.norm_2(x), memory, memory, memory_mask)
        return x + self.feed_forward(self.norm_3(x))


@wrong(
    "DecoderLayer",
    "Your cross-attention reads what came into the layer, not what the first attention has made of it. Each part starts from the stream after the one before.",
)
class CrossInParallel(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        asked = self.norm_2(x)
        x = x + self.attention(normed, normed, normed, causal_mask)
        x = x + self.cross_attention(asked, memory, memory, memory_mask)
        return x + self.feed_forward(self.norm_3(x))


@wrong(
    "DecoderLayer",
    "Nothing bends between your two linear layers, so together they are one linear layer. The ReLU makes them more than that.",
)
class DecoderWithoutReLU(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.Identity(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, causal_mask)
        x = x + self.cross_attention(self.norm_2(x), memory, memory, memory_mask)
        return x + self.feed_forward(self.norm_3(x))


@wrong("DecoderLayer", None, also=("DecoderPostNorm", "CausalMaskForgotten"))
class PostNormUnmasked(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        x = self.norm_1(x + self.attention(x, x, x))
        x = self.norm_2(x + self.cross_attention(x, memory, memory, memory_mask))
        return self.norm_3(x + self.feed_forward(x))


@wrong("DecoderLayer", None, also=("MemoryNormed", "MemoryMaskForgotten"))
class NormedMemoryUnmasked(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = x + self.attention(normed, normed, normed, causal_mask)
        x = x + self.cross_attention(self.norm_2(x), self.norm_2(memory), self.norm_2(memory))
        return x + self.feed_forward(self.norm_3(x))


@right("DecoderLayer")
class WithLists(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        for i in (1, 2, 3):
            setattr(self, f"norm_{i}", nn.LayerNorm(d_model))
        self.cross_attention = Attention(d_model, h)
        self.attention = Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        for part in (
            lambda x: self.attention(*[self.norm_1(x)] * 3, causal_mask),
            lambda x: self.cross_attention(self.norm_2(x), memory, memory, mask=memory_mask),
            lambda x: self.feed_forward(self.norm_3(x)),
        ):
            x = x + part(x)
        return x


@right("DecoderLayer")
class NamedSteps(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))
        self.norm_3, self.norm_2, self.norm_1 = [nn.LayerNorm(d_model) for _ in range(3)]
        self.attention = Attention(d_model, h)
        self.cross_attention = Attention(d_model, h)

    def forward(self, x, memory, causal_mask, memory_mask):
        read = self.norm_1(x)
        own = self.attention(query=read, key=read, value=read, mask=causal_mask)
        asked = self.cross_attention(self.norm_2(x + own), memory, memory, memory_mask)
        thought = self.feed_forward(self.norm_3(x + own + asked))
        return x + own + asked + thought


@right("DecoderLayer")
class SumsTheOtherWayRound(nn.Module):
    def __init__(self, d_model, h, d_ff):
        super().__init__()
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.attention, self.cross_attention = Attention(d_model, h), Attention(d_model, h)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))

    def forward(self, x, memory, causal_mask, memory_mask):
        normed = self.norm_1(x)
        x = self.attention(normed, normed, normed, mask=causal_mask) + x
        x = x + self.cross_attention(self.norm_2(x), memory, memory, memory_mask)
        thought = self.feed_forward(self.norm_3(x))
        return torch.stack([x, thought]).sum(0)


# ---------------------------------------------------------------- attend_with_cache


@probes("attend_with_cache")
def cache_probes(rng):
    def probe(b, h, t, d, d_v, dtype="float64", scale=1):
        shapes = (b, h, d), (b, h, d), (b, h, d_v), (b, h, t, d), (b, h, t, d_v)
        q, k, v, keys, values = (rng.normal(size=shape).astype(dtype) for shape in shapes)
        return Call(scale * q, k, v, (keys, values) if t else None)

    return [
        probe(2, 3, 4, 6, 5),
        probe(3, 3, 3, 3, 3),
        probe(2, 3, 0, 4, 5),
        probe(2, 2, 1, 4, 3, "float32"),
        probe(1, 2, 5, 4, 3, scale=2000),
    ]


@wrong(
    "attend_with_cache",
    "You attend to the new position too, but hand the old cache on. At the next step this position is forgotten: what comes back must be one longer.",
)
def cache_not_extended(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0], keys], axis=2)
        values = np.concatenate([cache[1], values], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    return (masked_softmax(scores, True) @ values)[:, :, 0], (cache if cache is not None else (keys, values))


@wrong(
    "attend_with_cache",
    "The cache does not matter to your function: every step sees itself alone. Append first, then attend to all that is there.",
)
def cache_not_read(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    return (masked_softmax(scores, True) @ values)[:, :, 0], (keys, values)


@wrong(
    "attend_with_cache",
    "You attend to the cache and append afterwards. A position may see itself, as the diagonal of the causal mask says: append first.",
)
def attends_before_appending(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0], keys], axis=2)
        values = np.concatenate([cache[1], values], axis=2)
    seen, found = (keys, values) if cache is None else cache
    scores = q_t[:, :, None] @ seen.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    return (masked_softmax(scores, True) @ found)[:, :, 0], (keys, values)


@wrong(
    "attend_with_cache",
    "The new position stands first in your cache. The sum does not mind the order, but whoever reads the cache does: it grows at its end.",
)
def put_in_front(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([keys, cache[0]], axis=2)
        values = np.concatenate([values, cache[1]], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    return (masked_softmax(scores, True) @ values)[:, :, 0], (keys, values)


@wrong(
    "attend_with_cache",
    "Your values are not appended to those of the cache as the keys are. A key without its value is an address where nothing stands.",
)
def values_not_cached(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0], keys], axis=2)
        values = np.concatenate([cache[1], cache[1][:, :, -1:]], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    return (masked_softmax(scores, True) @ values)[:, :, 0], (keys, values)


@wrong(
    "attend_with_cache",
    "Your keys are not appended to those of the cache: the last key appears twice, and the new one never. Each step brings a key and a value.",
)
def keys_not_cached(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0], cache[0][:, :, -1:]], axis=2)
        values = np.concatenate([cache[1], values], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    return (masked_softmax(scores, True) @ values)[:, :, 0], (keys, values)


@wrong(
    "attend_with_cache",
    "Your scores are not divided by √d. A step with a cache must give what attention without one gives.",
)
def cache_not_scaled(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0], keys], axis=2)
        values = np.concatenate([cache[1], values], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2)
    return (masked_softmax(scores, True) @ values)[:, :, 0], (keys, values)


@wrong(
    "attend_with_cache",
    "You divide by the root of the number of positions. It is the width of the keys that spreads the scores; the length has nothing to do with it.",
)
def scaled_by_the_length(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0], keys], axis=2)
        values = np.concatenate([cache[1], values], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / keys.shape[2] ** 0.5
    return (masked_softmax(scores, True) @ values)[:, :, 0], (keys, values)


@wrong(
    "attend_with_cache",
    "You divide by d, where it should be its root. A sum of d independent terms spreads like √d.",
)
def scaled_by_d(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0], keys], axis=2)
        values = np.concatenate([cache[1], values], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1]
    return (masked_softmax(scores, True) @ values)[:, :, 0], (keys, values)


@wrong(
    "attend_with_cache",
    "Large scores become infinite in your exponential, and infinity over infinity is NaN. Subtract the largest score first, or call the given masked_softmax.",
)
@np.errstate(over="ignore", invalid="ignore")
def exp_overflows(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0], keys], axis=2)
        values = np.concatenate([cache[1], values], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    return (np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True) @ values)[:, :, 0], (keys, values)


@wrong(
    "attend_with_cache",
    "Your output still has an axis of length 1 for the query. One position asks, one answer comes back: (B, h, d_v).",
)
def query_axis_left(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0], keys], axis=2)
        values = np.concatenate([cache[1], values], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    return (masked_softmax(scores, True) @ values), (keys, values)


@wrong(
    "attend_with_cache",
    "You average the keys. They tell where to look; what is handed on are the values.",
)
def averages_keys(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0], keys], axis=2)
        values = np.concatenate([cache[1], values], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    return (masked_softmax(scores, True) @ keys)[:, :, 0], (keys, values)


@wrong(
    "attend_with_cache",
    "Your cache keeps the last position only and forgets the ones before it. All of them may be looked at.",
)
def window_of_two(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0][:, :, -1:], keys], axis=2)
        values = np.concatenate([cache[1][:, :, -1:], values], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    return (masked_softmax(scores, True) @ values)[:, :, 0], (keys, values)


@wrong(
    "attend_with_cache",
    "You append along the axis of the heads. The cache grows by a position, its third axis: an error, or, at the right sizes, something silent.",
)
def appended_to_heads(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0], keys.swapaxes(1, 2)], axis=1)
        values = np.concatenate([cache[1], values.swapaxes(1, 2)], axis=1)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    return (masked_softmax(scores, True) @ values)[:, :, 0], (keys, values)


@wrong(
    "attend_with_cache",
    "The cache comes first in your tuple, then the output. Callers unpack in the stated order.",
)
def cache_comes_first(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0], keys], axis=2)
        values = np.concatenate([cache[1], values], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    return (keys, values), (masked_softmax(scores, True) @ values)[:, :, 0]


@wrong(
    "attend_with_cache",
    "Your cache holds the values first, then the keys. The next step takes them for each other: an error, or, where d = d_v, something silent.",
)
def values_before_keys(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0], keys], axis=2)
        values = np.concatenate([cache[1], values], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    return (masked_softmax(scores, True) @ values)[:, :, 0], (values, keys)


@wrong(
    "attend_with_cache",
    "Your first step does nothing useful: without a cache you return zeros. The first position attends to itself, and its output is its own value.",
)
def only_for_a_cache(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0], keys], axis=2)
        values = np.concatenate([cache[1], values], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    if cache is None:
        return np.zeros_like(v_t), (keys, values)
    return (masked_softmax(scores, True) @ values)[:, :, 0], (keys, values)


@wrong(
    "attend_with_cache",
    "Your function fails where there is no cache yet. At the first step it is None, and the new position stands alone.",
)
def never_starts(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    keys = np.concatenate([cache[0], keys], axis=2)
    values = np.concatenate([cache[1], values], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    return (masked_softmax(scores, True) @ values)[:, :, 0], (keys, values)


@wrong(
    "attend_with_cache",
    "Your output is the plain mean of the values. The query must have a say: scores, softmax, then the sum.",
)
def uniform_average(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0], keys], axis=2)
        values = np.concatenate([cache[1], values], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    return (masked_softmax(0 * scores, True) @ values)[:, :, 0], (keys, values)


@wrong(
    "attend_with_cache",
    "The keys in your cache are already divided by √d, and at each step they are divided again with the rest: old keys count less and less. Cache what came in, and scale the scores.",
)
def scaled_keys_kept(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0], keys], axis=2)
        values = np.concatenate([cache[1], values], axis=2)
    keys = keys / q_t.shape[-1] ** 0.5
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2)
    return (masked_softmax(scores, True) @ values)[:, :, 0], (keys, values)


@wrong(
    "attend_with_cache",
    "Your new key and value take the place of the last ones in the cache. That word is forgotten, and so it is for everybody who still holds this cache; append, and leave what came in as it was.",
)
def overwrites_the_last(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys, values = cache
        keys[:, :, -1] = k_t
        values[:, :, -1] = v_t
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    return (masked_softmax(scores, True) @ values)[:, :, 0], (keys, values)


@wrong("attend_with_cache", None, also=("put_in_front", "cache_not_scaled"))
def front_unscaled(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([keys, cache[0]], axis=2)
        values = np.concatenate([values, cache[1]], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2)
    return (masked_softmax(scores, True) @ values)[:, :, 0], (keys, values)


@wrong("attend_with_cache", None, also=("cache_not_extended", "cache_not_scaled"))
def not_extended_unscaled(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0], keys], axis=2)
        values = np.concatenate([cache[1], values], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2)
    return (masked_softmax(scores, True) @ values)[:, :, 0], (cache if cache is not None else (keys, values))


@right("attend_with_cache")
def with_einsum(q_t, k_t, v_t, cache):
    if cache is None:
        cache = (
            np.zeros((*k_t.shape[:2], 0, k_t.shape[2]), k_t.dtype),
            np.zeros((*v_t.shape[:2], 0, v_t.shape[2]), v_t.dtype),
        )
    keys, values = (
        np.append(old, new[:, :, None, :], axis=2) for old, new in zip(cache, (k_t, v_t), strict=True)
    )
    scores = np.einsum("bhd,bhtd->bht", q_t, keys) / math.sqrt(q_t.shape[2])
    raw = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.einsum("bht,bhtv->bhv", raw, values) / raw.sum(axis=-1)[..., None], (keys, values)


@right("attend_with_cache")
def filled_into_a_longer_one(q_t, k_t, v_t, cache):
    t = 0 if cache is None else cache[0].shape[2]
    longer = []
    for i, new in enumerate((k_t, v_t)):
        room = np.empty((*new.shape[:2], t + 1, new.shape[2]), dtype=new.dtype)
        if t:
            room[:, :, :t] = cache[i]
        room[:, :, t] = new
        longer.append(room)
    keys, values = longer
    scores = (keys * q_t[:, :, None]).sum(-1) / q_t.shape[-1] ** 0.5
    return (masked_softmax(scores, True)[..., None] * values).sum(2), tuple(longer)


@right("attend_with_cache")
def last_row_of_the_causal_form(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0], keys], axis=2)
        values = np.concatenate([cache[1], values], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    weights = masked_softmax(scores, np.ones(keys.shape[2], dtype=bool))
    return np.squeeze(weights @ values, axis=2), (keys, values)


# ---------------------------------------------------------------- blockwise_attention


@probes("blockwise_attention")
def blockwise_probes(rng):
    def probe(n, m, d, d_v, block, dtype="float64", scale=1):
        shapes = (n, d), (m, d), (m, d_v)
        q, k, v = (rng.normal(size=shape).astype(dtype) for shape in shapes)
        return Call(scale * q, k, v, block)

    one, order = np.array([[1.0]]), np.linspace(-3, 3, 6)[:, None]
    falling = np.array([[600.0], [599.0], [-600.0], [-598.0]])
    return [
        probe(3, 7, 5, 4, 2),
        probe(4, 4, 4, 4, 2),
        probe(3, 6, 2, 3, 8),
        probe(3, 5, 4, 2, 2, "float32"),
        probe(2, 6, 4, 3, 2, scale=2000),
        Call(one, order, order**2, 2),
        Call(one, order[::-1], order**3, 2),
        Call(one, 1000 + order, order**2, 2),  # exp overflows without a maximum
        Call(one, -1000 + order, order**2, 2),  # and vanishes with one of 0
        Call(one, falling, falling**2, 2),  # a maximum that falls by 1198
        probe(2, 3, 4, 5, 0),
        probe(2, 10_000, 1, 1, 500),  # enough for a watched function to measure its memory
    ]


@wrong(
    "blockwise_attention",
    "Each of your blocks has a softmax of its own, and the results are averaged. A block full of low scores then counts as much as one with the best key: the sum goes over all blocks.",
)
def each_block_by_itself(q, k, v, block):
    if block < 1:
        raise ValueError
    parts = []
    for start in range(0, len(k), block):
        scores = q @ k[start : start + block].T / q.shape[1] ** 0.5
        raw = np.exp(scores - scores.max(axis=1, keepdims=True))
        parts.append(raw / raw.sum(axis=1, keepdims=True) @ v[start : start + block])
    return sum(parts) / len(parts)


@wrong(
    "blockwise_attention",
    "Each of your blocks has a softmax of its own, and the results are added up: the weights of a query sum to the number of blocks. One sum goes over all of them.",
)
def each_block_added(q, k, v, block):
    if block < 1:
        raise ValueError
    output = 0
    for start in range(0, len(k), block):
        scores = q @ k[start : start + block].T / q.shape[1] ** 0.5
        raw = np.exp(scores - scores.max(axis=1, keepdims=True))
        output = output + raw / raw.sum(axis=1, keepdims=True) @ v[start : start + block]
    return output


@wrong(
    "blockwise_attention",
    "Your sum shrinks when the maximum rises, and your output does not. Both were added up in units of the old maximum.",
)
def output_not_corrected(q, k, v, block):
    if block < 1:
        raise ValueError
    highest, total, output = -np.inf, 0, 0
    for start in range(0, len(k), block):
        scores = q @ k[start : start + block].T / q.shape[1] ** 0.5
        now = np.maximum(highest, scores.max(axis=1, keepdims=True))
        shrink, raw = np.exp(highest - now), np.exp(scores - now)
        total = total * shrink + raw.sum(axis=1, keepdims=True)
        output = output + raw @ v[start : start + block]
        highest = now
    return output / total


@wrong(
    "blockwise_attention",
    "Your output shrinks when the maximum rises, and your sum does not. Both were added up in units of the old maximum.",
)
def total_not_corrected(q, k, v, block):
    if block < 1:
        raise ValueError
    highest, total, output = -np.inf, 0, 0
    for start in range(0, len(k), block):
        scores = q @ k[start : start + block].T / q.shape[1] ** 0.5
        now = np.maximum(highest, scores.max(axis=1, keepdims=True))
        shrink, raw = np.exp(highest - now), np.exp(scores - now)
        total = total + raw.sum(axis=1, keepdims=True)
        output = output * shrink + raw @ v[start : start + block]
        highest = now
    return output / total


@wrong(
    "blockwise_attention",
    "What you added up before the maximum rose stays as it was. It is in units of the old maximum, and too large by the factor between the two.",
)
def nothing_corrected(q, k, v, block):
    if block < 1:
        raise ValueError
    highest, total, output = -np.inf, 0, 0
    for start in range(0, len(k), block):
        scores = q @ k[start : start + block].T / q.shape[1] ** 0.5
        now = np.maximum(highest, scores.max(axis=1, keepdims=True))
        raw = np.exp(scores - now)
        total = total + raw.sum(axis=1, keepdims=True)
        output = output + raw @ v[start : start + block]
        highest = now
    return output / total


@wrong(
    "blockwise_attention",
    "Your correction has the wrong sign: the old sums grow when the maximum rises. A higher maximum makes the old exponentials smaller.",
)
def corrected_upwards(q, k, v, block):
    if block < 1:
        raise ValueError
    highest, total, output = -np.inf, 0, 0
    for start in range(0, len(k), block):
        scores = q @ k[start : start + block].T / q.shape[1] ** 0.5
        now = np.maximum(highest, scores.max(axis=1, keepdims=True))
        shrink, raw = np.exp(np.minimum(now - highest, 700)) if start else 0, np.exp(scores - now)
        total = total * shrink + raw.sum(axis=1, keepdims=True)
        output = output * shrink + raw @ v[start : start + block]
        highest = now
    return output / total


@wrong(
    "blockwise_attention",
    "You subtract no maximum. Large scores become infinite in the exponential, and infinity over infinity is NaN; a running maximum costs one number for each query.",
)
@np.errstate(over="ignore", invalid="ignore")
def no_maximum(q, k, v, block):
    if block < 1:
        raise ValueError
    highest, total, output = -np.inf, 0, 0
    for start in range(0, len(k), block):
        scores = q @ k[start : start + block].T / q.shape[1] ** 0.5
        now = np.maximum(highest, scores.max(axis=1, keepdims=True))
        shrink, raw = 1, np.exp(scores)
        total = total * shrink + raw.sum(axis=1, keepdims=True)
        output = output * shrink + raw @ v[start : start + block]
        highest = now
    return output / total


@wrong(
    "blockwise_attention",
    "You keep the maximum of the first block for all. If a later block has a higher score, its exponential overflows; the maximum must follow.",
)
@np.errstate(over="ignore", invalid="ignore")
def first_maximum_kept(q, k, v, block):
    if block < 1:
        raise ValueError
    highest, total, output = -np.inf, 0, 0
    for start in range(0, len(k), block):
        scores = q @ k[start : start + block].T / q.shape[1] ** 0.5
        now = scores.max(axis=1, keepdims=True) if start == 0 else highest
        shrink, raw = np.exp(highest - now), np.exp(scores - now)
        total = total * shrink + raw.sum(axis=1, keepdims=True)
        output = output * shrink + raw @ v[start : start + block]
        highest = now
    return output / total


@wrong(
    "blockwise_attention",
    "Your maximum is that of the block alone, and may fall again. The old sums then grow without bound: the running maximum is of all blocks so far.",
)
@np.errstate(over="ignore", invalid="ignore")
def maximum_of_the_block(q, k, v, block):
    if block < 1:
        raise ValueError
    highest, total, output = -np.inf, 0, 0
    for start in range(0, len(k), block):
        scores = q @ k[start : start + block].T / q.shape[1] ** 0.5
        now = scores.max(axis=1, keepdims=True)
        shrink, raw = np.exp(highest - now), np.exp(scores - now)
        total = total * shrink + raw.sum(axis=1, keepdims=True)
        output = output * shrink + raw @ v[start : start + block]
        highest = now
    return output / total


@wrong(
    "blockwise_attention",
    "One maximum serves all your queries. Where it belongs to another query, all exponentials of this one may vanish, and 0/0 is left; each query has its own.",
)
@np.errstate(invalid="ignore")
def one_maximum_for_all_queries(q, k, v, block):
    if block < 1:
        raise ValueError
    highest, total, output = -np.inf, 0, 0
    for start in range(0, len(k), block):
        scores = q @ k[start : start + block].T / q.shape[1] ** 0.5
        now = np.maximum(highest, scores.max())
        shrink, raw = np.exp(highest - now), np.exp(scores - now)
        total = total * shrink + raw.sum(axis=1, keepdims=True)
        output = output * shrink + raw @ v[start : start + block]
        highest = now
    return output / total


@wrong(
    "blockwise_attention",
    "The keys that do not fill a block are left out. The last block is simply shorter.",
)
def last_block_dropped(q, k, v, block):
    if block < 1:
        raise ValueError
    highest, total, output = -np.inf, 0, 0
    for start in range(0, len(k) - len(k) % block, block):
        scores = q @ k[start : start + block].T / q.shape[1] ** 0.5
        now = np.maximum(highest, scores.max(axis=1, keepdims=True))
        shrink, raw = np.exp(highest - now), np.exp(scores - now)
        total = total * shrink + raw.sum(axis=1, keepdims=True)
        output = output * shrink + raw @ v[start : start + block]
        highest = now
    return output / total


@wrong(
    "blockwise_attention",
    "Your scores are not divided by √d. In blocks or not, it is scaled dot-product attention.",
)
def blocks_not_scaled(q, k, v, block):
    if block < 1:
        raise ValueError
    highest, total, output = -np.inf, 0, 0
    for start in range(0, len(k), block):
        scores = q @ k[start : start + block].T
        now = np.maximum(highest, scores.max(axis=1, keepdims=True))
        shrink, raw = np.exp(highest - now), np.exp(scores - now)
        total = total * shrink + raw.sum(axis=1, keepdims=True)
        output = output * shrink + raw @ v[start : start + block]
        highest = now
    return output / total


@wrong(
    "blockwise_attention",
    "You divide by d, where it should be its root. A sum of d independent terms spreads like √d.",
)
def divided_by_d(q, k, v, block):
    if block < 1:
        raise ValueError
    highest, total, output = -np.inf, 0, 0
    for start in range(0, len(k), block):
        scores = q @ k[start : start + block].T / q.shape[1]
        now = np.maximum(highest, scores.max(axis=1, keepdims=True))
        shrink, raw = np.exp(highest - now), np.exp(scores - now)
        total = total * shrink + raw.sum(axis=1, keepdims=True)
        output = output * shrink + raw @ v[start : start + block]
        highest = now
    return output / total


@wrong(
    "blockwise_attention",
    "Your output is never divided by the running sum. Exponentials are no weights yet; at the end their sum must go.",
)
def not_divided_at_the_end(q, k, v, block):
    if block < 1:
        raise ValueError
    highest, total, output = -np.inf, 0, 0
    for start in range(0, len(k), block):
        scores = q @ k[start : start + block].T / q.shape[1] ** 0.5
        now = np.maximum(highest, scores.max(axis=1, keepdims=True))
        shrink, raw = np.exp(highest - now), np.exp(scores - now)
        total = total * shrink + raw.sum(axis=1, keepdims=True)
        output = output * shrink + raw @ v[start : start + block]
        highest = now
    return output


@wrong(
    "blockwise_attention",
    "You divide by the running sum in every block and go on adding to the quotient. Divide once at the end, or multiply the old sum back in first.",
)
def divided_in_every_block(q, k, v, block):
    if block < 1:
        raise ValueError
    highest, total, output = -np.inf, 0, 0
    for start in range(0, len(k), block):
        scores = q @ k[start : start + block].T / q.shape[1] ** 0.5
        now = np.maximum(highest, scores.max(axis=1, keepdims=True))
        shrink, raw = np.exp(highest - now), np.exp(scores - now)
        total = total * shrink + raw.sum(axis=1, keepdims=True)
        output = output * shrink + raw @ v[start : start + block]
        output = output / total
        highest = now
    return output


@wrong(
    "blockwise_attention",
    "A block of 0 raises no ValueError. The statement asks for one.",
)
def block_of_nothing(q, k, v, block):
    if block < 1:
        return np.zeros((len(q), v.shape[1]))
    highest, total, output = -np.inf, 0, 0
    for start in range(0, len(k), block):
        scores = q @ k[start : start + block].T / q.shape[1] ** 0.5
        now = np.maximum(highest, scores.max(axis=1, keepdims=True))
        shrink, raw = np.exp(highest - now), np.exp(scores - now)
        total = total * shrink + raw.sum(axis=1, keepdims=True)
        output = output * shrink + raw @ v[start : start + block]
        highest = now
    return output / total


@wrong(
    "blockwise_attention",
    "Your blocks overlap by one key, which is counted twice. The next block begins where the last one ended.",
)
def overlapping_blocks(q, k, v, block):
    if block < 1:
        raise ValueError
    highest, total, output = -np.inf, 0, 0
    for start in range(0, len(k), block):
        scores = q @ k[start : start + block + 1].T / q.shape[1] ** 0.5
        now = np.maximum(highest, scores.max(axis=1, keepdims=True))
        shrink, raw = np.exp(highest - now), np.exp(scores - now)
        total = total * shrink + raw.sum(axis=1, keepdims=True)
        output = output * shrink + raw @ v[start : start + block + 1]
        highest = now
    return output / total


@wrong(
    "blockwise_attention",
    "The last block overwrites what the others left. The three running numbers are carried from block to block.",
)
@np.errstate(invalid="ignore")
def only_the_last_block(q, k, v, block):
    if block < 1:
        raise ValueError
    highest, total, output = -np.inf, 0, 0
    for start in range(0, len(k), block):
        scores = q @ k[start : start + block].T / q.shape[1] ** 0.5
        now = np.maximum(highest, scores.max(axis=1, keepdims=True))
        raw = np.exp(scores - now)
        total = raw.sum(axis=1, keepdims=True)
        output = raw @ v[start : start + block]
        highest = now
    return output / total


@wrong(
    "blockwise_attention",
    "Your values are always those of the first block. Keys and values move on together.",
)
def first_value_block_again(q, k, v, block):
    if block < 1:
        raise ValueError
    highest, total, output = -np.inf, 0, 0
    for start in range(0, len(k), block):
        scores = q @ k[start : start + block].T / q.shape[1] ** 0.5
        now = np.maximum(highest, scores.max(axis=1, keepdims=True))
        shrink, raw = np.exp(highest - now), np.exp(scores - now)
        total = total * shrink + raw.sum(axis=1, keepdims=True)
        output = output * shrink + raw @ v[: raw.shape[1]]
        highest = now
    return output / total


@wrong(
    "blockwise_attention",
    "Your running maximum starts at 0, and so never gets below. Scores far below 0 all vanish in the exponential, and 0/0 is left; nothing has been seen yet, so start at −∞.",
)
@np.errstate(invalid="ignore")
def starts_at_zero(q, k, v, block):
    if block < 1:
        raise ValueError
    highest, total, output = 0.0, 0, 0
    for start in range(0, len(k), block):
        scores = q @ k[start : start + block].T / q.shape[1] ** 0.5
        now = np.maximum(highest, scores.max(axis=1, keepdims=True))
        shrink, raw = np.exp(highest - now), np.exp(scores - now)
        total = total * shrink + raw.sum(axis=1, keepdims=True)
        output = output * shrink + raw @ v[start : start + block]
        highest = now
    return output / total


@wrong(
    "blockwise_attention",
    "The numbers are right, and somewhere your function holds a number for every key at once: all scores, a row of them, or a copy of the keys. Then the blocks save nothing. What must you remember of a block once its scores are summed up?",
)
@watched
def whole_scores(q, k, v, block):
    if block < 1:
        raise ValueError
    scores = q @ k.T / q.shape[1] ** 0.5
    raw = np.exp(scores - scores.max(axis=1, keepdims=True))
    total, output = 0, 0
    for start in range(0, len(k), block):
        total = total + raw[:, start : start + block].sum(axis=1, keepdims=True)
        output = output + raw[:, start : start + block] @ v[start : start + block]
    return output / total


@wrong("blockwise_attention", None, also=("whole_scores", "blocks_not_scaled"))
@watched
def whole_scores_not_scaled(q, k, v, block):
    if block < 1:
        raise ValueError
    return masked_softmax(q @ k.T, True) @ v


@wrong("blockwise_attention", None, also=("blocks_not_scaled", "last_block_dropped"))
def unscaled_and_short(q, k, v, block):
    if block < 1:
        raise ValueError
    highest, total, output = -np.inf, 0, 0
    for start in range(0, len(k) - len(k) % block, block):
        scores = q @ k[start : start + block].T
        now = np.maximum(highest, scores.max(axis=1, keepdims=True))
        shrink, raw = np.exp(highest - now), np.exp(scores - now)
        total = total * shrink + raw.sum(axis=1, keepdims=True)
        output = output * shrink + raw @ v[start : start + block]
        highest = now
    return output / total


@wrong("blockwise_attention", None, also=("nothing_corrected", "last_block_dropped"))
def uncorrected_and_short(q, k, v, block):
    if block < 1:
        raise ValueError
    highest, total, output = -np.inf, 0, 0
    for start in range(0, len(k) - len(k) % block, block):
        scores = q @ k[start : start + block].T / q.shape[1] ** 0.5
        now = np.maximum(highest, scores.max(axis=1, keepdims=True))
        raw = np.exp(scores - now)
        total = total + raw.sum(axis=1, keepdims=True)
        output = output + raw @ v[start : start + block]
        highest = now
    return output / total


@right("blockwise_attention")
def always_divided(q, k, v, block):
    if block <= 0:
        raise ValueError("block")
    highest = np.full((len(q), 1), -np.inf, dtype=q.dtype)
    total = np.zeros((len(q), 1), dtype=q.dtype)
    output = np.zeros((len(q), v.shape[1]), dtype=q.dtype)
    start = 0
    while start < len(k):
        some, their = k[start : start + block], v[start : start + block]
        scores = np.einsum("nd,md->nm", q, some) / math.sqrt(q.shape[1])
        now = np.maximum(highest, scores.max(1, keepdims=True))
        raw = np.exp(scores - now)
        left = total * np.exp(highest - now)
        total = left + raw.sum(1, keepdims=True)
        output = output * (left / total) + (raw / total) @ their
        highest, start = now, start + block
    return output


@right("blockwise_attention")
def by_the_logarithm(q, k, v, block):
    if block < 1:
        raise ValueError(block)
    q = q / q.shape[1] ** 0.5
    output, level = None, None
    for start in range(0, k.shape[0], block):
        scores = q @ k[start : start + block].T
        most = scores.max(axis=1)
        raw = np.exp(scores - most[:, None])
        mine = most + np.log(raw.sum(axis=1))
        found = raw / raw.sum(axis=1)[:, None] @ v[start : start + block]
        if output is None:
            output, level = found, mine
            continue
        both = np.logaddexp(level, mine)
        output = output * np.exp(level - both)[:, None] + found * np.exp(mine - both)[:, None]
        level = both
    return output


@right("blockwise_attention")
def query_by_query(q, k, v, block):
    if not block >= 1:
        raise ValueError("no")
    out = np.empty((q.shape[0], v.shape[1]), dtype=v.dtype)
    for i, one in enumerate(q):
        highest, total, found = -math.inf, 0.0, np.zeros(v.shape[1], dtype=v.dtype)
        for start in range(0, len(k), block):
            scores = k[start : start + block] @ one / math.sqrt(len(one))
            now = max(highest, float(scores.max()))
            raw = np.exp(scores - now)
            total = total * math.exp(highest - now) + float(raw.sum())
            found = found * math.exp(highest - now) + raw @ v[start : start + block]
            highest = now
        out[i] = found / total
    return out


@right("blockwise_attention")
def with_views_of_all_blocks(q, k, v, block):
    if block < 1:
        raise ValueError("a block holds at least one key")
    cuts = range(block, len(k), block)
    state = np.full((len(q), 1), -np.inf, q.dtype), 0, 0
    for some, their in zip(np.split(k, cuts), np.split(v, cuts), strict=True):
        scores = (q / math.sqrt(q.shape[1])) @ some.T
        now = np.maximum(state[0], scores.max(axis=1, keepdims=True))
        raw, keep = np.exp(scores - now), np.exp(state[0] - now)
        state = now, state[1] * keep + raw.sum(1, keepdims=True), state[2] * keep + raw @ their
    return state[2] / state[1]
