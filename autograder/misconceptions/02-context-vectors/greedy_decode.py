"""What people write for ``greedy_decode``."""

from autograder.answers.bank import Call, Given, both, change, right, wrong


def probes(rng):
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


bos_kept = wrong(
    "Your list begins with bos. It is what the decoder is started with, not what it says: leave it out, and the tokens line up with the rows of the alignment.",
    change("token, tokens, alignment = bos, []", "(tokens, alignment) = [bos]"),
    change("step(token, state)", "step(tokens[-1], state)"),
)

eos_dropped = wrong(
    "You drop eos and its row of weights. The end of a sentence is something the decoder says; it belongs to the tokens where it came in time.",
    change("tokens.append", "if token == eos:\n    break\ntokens.append"),
    change("np.stack", "np.array"),
)


@wrong(
    "You drop eos from the tokens but keep its row of weights, so that the alignment has one row more than there are tokens. Keep both."
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


@wrong("You keep eos but not its row of weights: there should be one row for each token, eos included.")
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


goes_on_after_eos = wrong(
    "You go on after eos, up to max_len. What comes after the end of the sentence is noise: stop there.",
    change("token == eos", "False"),
)

state_not_handed_on = wrong(
    "You do not hand the new state on: every step starts from the first state, as if nothing had been written yet.",
    change("state, weights = step", "_, weights = step"),
)

always_bos = wrong(
    "Every step gets bos. The decoder should hear what it has just said: hand the chosen token to the next step.",
    change("step(token, state)", "step(bos, state)"),
)

one_too_few = wrong(
    "Your sentence ends one token too early: at most max_len − 1 come out. bos does not count.",
    change("range(max_len)", "range(max_len - 1)"),
)


@wrong("One token more than max_len comes out. Count before you add, not after.")
def one_too_many(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [], []
    while len(tokens) <= max_len and token != eos:
        logits, state, weights = step(token, state)
        token = int(logits.argmax())
        tokens.append(token)
        alignment.append(weights)
    return tokens, np.stack(alignment)


eos_always_added = wrong(
    "You put eos at the end of a sentence that was cut off at max_len. The decoder has not said it; whoever reads the tokens should see that the sentence is not finished.",
    change("return tokens", "return tokens if tokens[-1] == eos else [*tokens, eos]"),
)

least_likely = wrong(
    "You take the lowest logit. The most likely token has the highest.",
    change("logits.argmax", "logits.argmin"),
)

last_of_equals = wrong(
    "Of equal logits you take the last. The rule is the first, as argmax has it.",
    change("int(logits.argmax())", "len(logits) - 1 - int(logits[::-1].argmax())"),
)

alignment_transposed = wrong(
    "Your alignment lies on its side, (m, T). A row belongs to a token, a column to a position of the source.",
    change("np.stack(alignment)", "np.stack(alignment, axis=1)"),
)

last_weights_only = wrong(
    "You return the weights of the last step alone. Every token has its own: collect them, one row a token.",
    change("np.stack(alignment)", "weights"),
)

alignment_strung_together = wrong(
    "Your alignment is one long array: the rows of the steps are strung together. Stack them, so that each token keeps a row.",
    change("np.stack", "np.concatenate"),
)

alignment_as_a_list = wrong(
    "Your alignment is a list of arrays. One array of shape (T, m) is expected: np.stack makes it.",
    change("np.stack(alignment)", "alignment"),
)

alignment_first = wrong(
    "The two results are right and in the other order: the tokens come first, then the alignment.",
    change("tokens, np.stack(alignment)", "np.stack(alignment), tokens"),
)

tokens_only = wrong(
    "Your tokens are right; the alignment is expected back as well: return tokens, alignment.",
    change("tokens, np.stack(alignment)", "tokens"),
)

rows_of_zeros_left = wrong(
    "Your alignment has max_len rows, also where the sentence ended before: rows of zeros are left at its end. There is one row for each token.",
    change("bos, [], []", "bos, [], None"),
    change("_ in range", "t in range"),
    change(
        "alignment.append(weights)",
        "if alignment is None:\n    alignment = np.zeros((max_len, len(weights)))\nalignment[t] = weights",
    ),
)


@wrong(
    "You wait for eos and ignore max_len. A decoder that never says eos would keep your loop going for ever: stop at max_len tokens as well."
)
def max_len_ignored(step, state, bos, eos, max_len):
    token, tokens, alignment = bos, [], []
    while token != eos:
        logits, state, weights = step(token, state)
        token = int(logits.argmax())
        tokens.append(token)
        alignment.append(weights)
    return tokens, np.stack(alignment)


bos_kept_eos_dropped = both(bos_kept, eos_dropped)


@both(always_bos, state_not_handed_on)
def always_the_first_step(step, state, bos, eos, max_len):
    tokens, alignment = [], []
    for _ in range(max_len):
        logits, _, weights = step(bos, state)
        tokens.append(int(logits.argmax()))
        alignment.append(weights)
        if tokens[-1] == eos:
            break
    return tokens, np.stack(alignment)


eos_dropped_state_lost = both(eos_dropped, state_not_handed_on)

bos_kept_goes_on = both(goes_on_after_eos, bos_kept)


@right()
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


@right()
def by_recursion(step, state, bos, eos, max_len):
    logits, later, weights = step(bos, state)
    token = max(range(len(logits)), key=lambda i: logits[i])
    if token == eos or max_len == 1:
        return [token], weights[None]
    tokens, alignment = greedy_decode(step, later, token, eos, max_len - 1)
    return [token, *tokens], np.vstack([weights[None], alignment])


@right()
def on_probabilities(step, state, bos, eos, max_len):
    said = [bos]
    rows = []
    while len(said) <= max_len and (len(said) == 1 or said[-1] != eos):
        logits, state, weights = step(said[-1], state)
        said.append(int(np.argsort(-softmax(logits), kind="stable")[0]))
        rows.append(weights[np.newaxis])
    return said[1:], np.concatenate(rows)
