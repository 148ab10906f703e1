"""What people write for ``attend_with_cache``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
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


cache_not_extended = wrong(
    "You attend to the new position too, but hand the old cache on. At the next step this position is forgotten: what comes back must be one longer.",
    change("(keys, values)", "cache if cache is not None else (keys, values)"),
)

cache_not_read = wrong(
    "The cache does not matter to your function: every step sees itself alone. Append first, then attend to all that is there.",
    change("cache is not None", "False"),
)

attends_before_appending = wrong(
    "You attend to the cache and append afterwards. A position may see itself, as the diagonal of the causal mask says: append first.",
    change("scores = q_t", "seen, found = (keys, values) if cache is None else cache\nscores = q_t"),
    change("keys.swapaxes", "seen.swapaxes"),
    change("@ values", "@ found"),
)

put_in_front = wrong(
    "The new position stands first in your cache. The sum does not mind the order, but whoever reads the cache does: it grows at its end.",
    change("[cache[0], keys]", "[keys, cache[0]]"),
    change("[cache[1], values]", "[values, cache[1]]"),
)

values_not_cached = wrong(
    "Your values are not appended to those of the cache as the keys are. A key without its value is an address where nothing stands.",
    change("[1], values", "[1], cache[1][:, :, -1:]"),
)

keys_not_cached = wrong(
    "Your keys are not appended to those of the cache: the last key appears twice, and the new one never. Each step brings a key and a value.",
    change("[0], keys", "[0], cache[0][:, :, -1:]"),
)

cache_not_scaled = wrong(
    "Your scores are not divided by √d. A step with a cache must give what attention without one gives.",
    change(" / q_t.shape[-1] ** 0.5", ""),
)

scaled_by_the_length = wrong(
    "You divide by the root of the number of positions. It is the width of the keys that spreads the scores; the length has nothing to do with it.",
    change("q_t.shape[-1]", "keys.shape[2]"),
)

scaled_by_d = wrong(
    "You divide by d, where it should be its root. A sum of d independent terms spreads like √d.",
    change("[-1] ** 0.5", "[-1]"),
)

exp_overflows = wrong(
    "Large scores become infinite in your exponential, and infinity over infinity is NaN. Subtract the largest score first, or call the given masked_softmax.",
    change("masked_softmax(scores, True)", "np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)"),
)

query_axis_left = wrong(
    "Your output still has an axis of length 1 for the query. One position asks, one answer comes back: (B, h, d_v).",
    change("(masked_softmax(scores, True) @ values)[:, :, 0]", "masked_softmax(scores, True) @ values"),
)

averages_keys = wrong(
    "You average the keys. They tell where to look; what is handed on are the values.",
    change("@ values", "@ keys"),
)


@wrong(
    "Your cache keeps the last position only and forgets the ones before it. All of them may be looked at."
)
def window_of_two(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0][:, :, -1:], keys], axis=2)
        values = np.concatenate([cache[1][:, :, -1:], values], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    return (masked_softmax(scores, True) @ values)[:, :, 0], (keys, values)


appended_to_heads = wrong(
    "You append along the axis of the heads. The cache grows by a position, its third axis: an error, or, at the right sizes, something silent.",
    change("[cache[0], keys], axis=2", "[cache[0], keys.swapaxes(1, 2)], axis=1"),
)

cache_comes_first = wrong(
    "The cache comes first in your tuple, then the output. Callers unpack in the stated order.",
    change(
        "(masked_softmax(scores, True) @ values)[:, :, 0], (keys, values)",
        "(keys, values), (masked_softmax(scores, True) @ values)[:, :, 0]",
    ),
)

values_before_keys = wrong(
    "Your cache holds the values first, then the keys. The next step takes them for each other: an error, or, where d = d_v, something silent.",
    change("(keys, values)", "(values, keys)"),
)

only_for_a_cache = wrong(
    "Your first step does nothing useful: without a cache you return zeros. The first position attends to itself, and its output is its own value.",
    change("return", "if cache is None:\n    return np.zeros_like(v_t), (keys, values)\nreturn"),
)


@wrong(
    "Your function fails where there is no cache yet. At the first step it is None, and the new position stands alone."
)
def never_starts(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    keys = np.concatenate([cache[0], keys], axis=2)
    values = np.concatenate([cache[1], values], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    return (masked_softmax(scores, True) @ values)[:, :, 0], (keys, values)


uniform_average = wrong(
    "Your output is the plain mean of the values. The query must have a say: scores, softmax, then the sum.",
    change("scores, True", "0 * scores, True"),
)

scaled_keys_kept = wrong(
    "The keys in your cache are already divided by √d, and at each step they are divided again with the rest: old keys count less and less. Cache what came in, and scale the scores.",
    change("scores = q_t", "keys = keys / q_t.shape[-1] ** 0.5\nscores = q_t"),
    change(" / q_t.shape[-1] ** 0.5", ""),
)


@wrong(
    "Your new key and value take the place of the last ones in the cache. That word is forgotten, and so it is for everybody who still holds this cache; append, and leave what came in as it was."
)
def overwrites_the_last(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys, values = cache
        keys[:, :, -1] = k_t
        values[:, :, -1] = v_t
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    return (masked_softmax(scores, True) @ values)[:, :, 0], (keys, values)


front_unscaled = both(put_in_front, cache_not_scaled)

not_extended_unscaled = both(cache_not_extended, cache_not_scaled)


@right()
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


@right()
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


@right()
def last_row_of_the_causal_form(q_t, k_t, v_t, cache):
    keys, values = k_t[:, :, None], v_t[:, :, None]
    if cache is not None:
        keys = np.concatenate([cache[0], keys], axis=2)
        values = np.concatenate([cache[1], values], axis=2)
    scores = q_t[:, :, None] @ keys.swapaxes(-1, -2) / q_t.shape[-1] ** 0.5
    weights = masked_softmax(scores, np.ones(keys.shape[2], dtype=bool))
    return np.squeeze(weights @ values, axis=2), (keys, values)
