"""What people write for ``blockwise_attention``."""

from autograder.answers.bank import Call, both, change, right, wrong


def probes(rng):
    def probe(n, m, d, d_v, block, dtype="float64", scale=1, raises=None):
        shapes = (n, d), (m, d), (m, d_v)
        q, k, v = (rng.normal(size=shape).astype(dtype) for shape in shapes)
        return Call(scale * q, k, v, block, raises=raises)

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
        probe(2, 3, 4, 5, 0, raises=ValueError),
        probe(2, 10_000, 1, 1, 500),  # enough for a watched function to measure its memory
    ]


@wrong(
    "Each of your blocks has a softmax of its own, and the results are averaged. A block full of low scores then counts as much as one with the best key: the sum goes over all blocks."
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
    "Each of your blocks has a softmax of its own, and the results are added up: the weights of a query sum to the number of blocks. One sum goes over all of them."
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


output_not_corrected = wrong(
    "Your sum shrinks when the maximum rises, and your output does not. Both were added up in units of the old maximum.",
    change("output * shrink", "output"),
)

total_not_corrected = wrong(
    "Your output shrinks when the maximum rises, and your sum does not. Both were added up in units of the old maximum.",
    change("total * shrink", "total"),
)

nothing_corrected = wrong(
    "What you added up before the maximum rose stays as it was. It is in units of the old maximum, and too large by the factor between the two.",
    change("total * shrink", "total"),
    change("output * shrink", "output"),
)

corrected_upwards = wrong(
    "Your correction has the wrong sign: the old sums grow when the maximum rises. A higher maximum makes the old exponentials smaller.",
    change("np.exp(highest - now)", "np.exp(np.minimum(now - highest, 700)) if start else 0"),
)

no_maximum = wrong(
    "You subtract no maximum. Large scores become infinite in the exponential, and infinity over infinity is NaN; a running maximum costs one number for each query.",
    change("np.exp(highest - now)", "1"),
    change("scores - now", "scores"),
)

first_maximum_kept = wrong(
    "You keep the maximum of the first block for all. If a later block has a higher score, its exponential overflows; the maximum must follow.",
    change(
        "np.maximum(highest, scores.max(axis=1, keepdims=True))",
        "scores.max(1, keepdims=True) if start == 0 else highest",
    ),
)

maximum_of_the_block = wrong(
    "Your maximum is that of the block alone, and may fall again. The old sums then grow without bound: the running maximum is of all blocks so far.",
    change("np.maximum(highest, scores.max(axis=1, keepdims=True))", "scores.max(1, keepdims=True)"),
)

one_maximum_for_all_queries = wrong(
    "One maximum serves all your queries. Where it belongs to another query, all exponentials of this one may vanish, and 0/0 is left; each query has its own.",
    change("scores.max(axis=1, keepdims=True)", "scores.max()"),
)

last_block_dropped = wrong(
    "The keys that do not fill a block are left out. The last block is simply shorter.",
    change("len(k)", "len(k) - len(k) % block"),
)

blocks_not_scaled = wrong(
    "Your scores are not divided by √d. In blocks or not, it is scaled dot-product attention.",
    change(" / q.shape[1] ** 0.5", ""),
)

divided_by_d = wrong(
    "You divide by d, where it should be its root. A sum of d independent terms spreads like √d.",
    change("[1] ** 0.5", "[1]"),
)

not_divided_at_the_end = wrong(
    "Your output is never divided by the running sum. Exponentials are no weights yet; at the end their sum must go.",
    change("output / total", "output"),
)

divided_in_every_block = wrong(
    "You divide by the running sum in every block and go on adding to the quotient. Divide once at the end, or multiply the old sum back in first.",
    change("highest = now", "output = output / total\nhighest = now"),
    change("output / total", "output"),
)

block_of_nothing = wrong(
    "A block of 0 raises no ValueError. The statement asks for one.",
    change(
        'raise ValueError(f"a block holds a key at least; it cannot be {block}")',
        "return np.zeros((len(q), v.shape[1]))",
    ),
)

overlapping_blocks = wrong(
    "Your blocks overlap by one key, which is counted twice. The next block begins where the last one ended.",
    change("k[start : start + block]", "k[start : start + block + 1]"),
    change("v[start : start + block]", "v[start : start + block + 1]"),
)

only_the_last_block = wrong(
    "The last block overwrites what the others left. The three running numbers are carried from block to block.",
    change("total * shrink + raw.sum(axis=1, keepdims=True)", "raw.sum(1, keepdims=True)"),
    change("= output * shrink + raw", "= raw"),
)

first_value_block_again = wrong(
    "Your values are always those of the first block. Keys and values move on together.",
    change("v[start : start + block]", "v[:raw.shape[1]]"),
)

starts_at_zero = wrong(
    "Your running maximum starts at 0, and so never gets below. Scores far below 0 all vanish in the exponential, and 0/0 is left; nothing has been seen yet, so start at −∞.",
    change("= -np.inf", "= 0.0"),
)


@wrong(
    "The numbers are right, and somewhere your function holds a number for every key at once: all scores, a row of them, or a copy of the keys. Then the blocks save nothing. What must you remember of a block once its scores are summed up?"
)
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


whole_scores_not_scaled = both(
    whole_scores, blocks_not_scaled, change("output / total", "masked_softmax(q @ k.T, True) @ v")
)

unscaled_and_short = both(blocks_not_scaled, last_block_dropped)

uncorrected_and_short = both(nothing_corrected, last_block_dropped)


@right()
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


@right()
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


@right()
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


@right()
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
