"""Lesson *The Transformer*: where the norm belongs, a Transformer against an RNN, its heads, its time."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from attention_course.data import translation as tr
from attention_course.data.tokens import BOS, EOS
from attention_course.data.translation import Pair
from attention_course.experiments import Outcome, Verdict, above, all_of, below, experiment, grid
from attention_course.measuring import timing, training, translators
from attention_course.mechanisms.alignment import pooled_error_rate
from attention_course.mechanisms.seq2seq import sequence_loss
from attention_course.mechanisms.transformer import Transformer, read_weights
from attention_course.records import Record

TESTS = ("usual", "words", "structure", 4, 5)
WORDS = (
    (0, 18),
    (18, 20),
    (20, 22),
    (22, 24),
    (24, 99),
)  # lengths of sentences with four clauses, in English words
LENGTHS, BATCHES, WRITTEN = (8, 16, 32, 64, 128), (4, 64), (0, 16, 32, 63)


def make_deep(seed: int, pre_norm: bool) -> Transformer:
    """A Transformer with six layers of width 32 on either side."""
    training.set_seed(seed)
    return Transformer(len(tr.ENGLISH), len(tr.FRENCH), 32, h=4, d_ff=64, layers=6, pre_norm=pre_norm)


def one_clause() -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens of the training sentences of one clause."""
    return translators.tensors([p for p in tr.chapter_splits()[0] if len(p.meaning.clauses) == 1])


def gradient_of_last_layer(model: Any, batch: Sequence[torch.Tensor]) -> torch.Tensor:
    """Length of the loss's gradient by the parameters of the decoder's last layer."""
    model.zero_grad()
    sequence_loss(model, *batch).backward()
    return torch.cat([p.grad.flatten() for p in model.decoder.layers[-1].parameters()]).norm().item()


@experiment(
    settings=grid(norm=["pre"], rate=[3e-3, 1e-2], warmup=[0], steps=100)
    + grid(norm=["post"], rate=[3e-3, 1e-2], warmup=[0, 30], steps=100)
)
def norms(seed: int, norm: str, rate: float, warmup: int, steps: int) -> dict[str, Any]:
    """Six layers with the norm before or after the sublayer, over learning rates, with warm-up and without."""
    data = one_clause()
    model = make_deep(seed, norm == "pre")
    gradient = gradient_of_last_layer(model, [x[:64] for x in data])
    losses = training.train(
        model,
        sequence_loss,
        data,
        steps=steps,
        batch_size=32,
        learning_rate=rate,
        warmup=warmup,
        seed=seed,
    )
    return {"losses": losses.reshape(-1, 5).mean(1), "end": losses[-10:].mean(), "gradient": gradient}


def _end(runs, norm, rate, warmup=0):
    return runs.values("end", norm=norm, rate=rate, warmup=warmup)


@norms.claim
def post_norm_gets_stuck_at_a_high_rate(runs: Record) -> Verdict:
    """At the rate of 0.01 a post-norm network without warm-up is far behind after 100 steps; pre-norm is not."""
    return all_of(
        above(_end(runs, "post", 0.01) - _end(runs, "pre", 0.01), 1, cap=1.9),
        below(_end(runs, "pre", 0.01), 1.5),
    )


@norms.claim
def warmup_frees_it(runs: Record) -> Verdict:
    """With a warm-up of 30 steps the post-norm network learns at that rate, too."""
    return above(_end(runs, "post", 0.01) - _end(runs, "post", 0.01, 30), 1, cap=2.2)


@norms.claim
def a_lower_rate_frees_it_too(runs: Record) -> Verdict:
    """At a rate of 0.003 the post-norm network learns without a warm-up, as fast as the pre-norm one."""
    post, pre = _end(runs, "post", 0.003), _end(runs, "pre", 0.003)
    return all_of(above(_end(runs, "post", 0.01) - post, 0, cap=1), below(post - pre, 0.5))


@norms.claim
def gradient_near_the_output(runs: Record) -> Verdict:
    """Before training the gradient of the decoder's last layer is longer in post-norm than in pre-norm."""
    post, pre = (runs.values("gradient", norm=norm, rate=0.01, warmup=0) for norm in ("post", "pre"))
    return above(post / pre, 1)


def four_clauses() -> list[Pair]:
    """400 sentences of four clauses, one more than any in training."""

    def usual(sentence):
        return not tr.has_rare_match(sentence) and not tr.has_rare_structure(sentence)

    return tr.make_pairs(400, seed=9, clauses=(4, 4), keep=usual)


def counting_places(model: Any) -> dict[str, Any]:
    """Exact matches by number of words, and how wrong translations end: with the right words, or right but too soon (%)."""
    pairs = four_clauses()
    words = np.array([len(pair.source) for pair in pairs])
    sentences, exact = translators.translate(model, pairs)
    wrong = np.flatnonzero(~exact)
    ends = [translators.ends_right(sentences[i], pairs[i]) for i in wrong]
    stops = [tuple(s := sentences[i]) == pairs[i].target[: len(s)] for i in wrong]
    shares = [100 * exact[(words >= low) & (words < high)].mean() for low, high in WORDS]
    return {"by_words": shares, "arrived": translators.share(ends), "broken": translators.share(stops)}


@torch.no_grad()
def cross_weights(model: Any, pairs: Sequence[Pair]) -> np.ndarray:
    """Weights of a Transformer's cross-attention with the reference forced on it: ``(layers, B, h, n, m)``."""
    source, target = translators.tensors(pairs)
    return read_weights(model, source, target[:, :-1])["cross"].numpy()


def error_rates(weights: np.ndarray, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Alignment error rates: of each head ``(layers, h)``, of each layer's mean, of the mean of all."""
    layers, heads = weights.shape[0], weights.shape[2]
    return {
        "aer_heads": [
            [pooled_error_rate(weights[i, :, k], pairs) for k in range(heads)] for i in range(layers)
        ],
        "aer_layers": [pooled_error_rate(weights[i].mean(1), pairs) for i in range(layers)],
        "aer_all": pooled_error_rate(weights.mean((0, 2)), pairs),
    }


def looks_of_determiners(weights: np.ndarray, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Of singular and plural determiners, each head's glances (%): at the English word, at its noun ``(layers, h, 2)``."""
    tally: dict[str, Any] = {"singular": 0, "plural": 0}
    for b, pair in enumerate(pairs):
        ideas = [word.sure for word in tr.english(pair.meaning)]
        for t, word in enumerate(tr.french(pair.meaning)):
            assert word.sure is not None  # so it is with every French word
            clause, part, what = (*word.sure, None)[:3]
            if what != "determiner":
                continue
            phrase = getattr(pair.meaning.clauses[clause], part)
            own, noun = ideas.index(word.sure), ideas.index((clause, part, "noun"))
            best = weights[:, b, :, t, : len(ideas)].argmax(-1)
            hit = np.stack([best == own, best == noun, best >= 0], axis=-1)
            tally["plural" if phrase.plural else "singular"] = (
                hit + tally["plural" if phrase.plural else "singular"]
            )
    return {key: 100 * hits[..., :2] / hits[..., 2:] for key, hits in tally.items()}


@torch.no_grad()
def back_to_ne(model: Any, pairs: Sequence[Pair]) -> np.ndarray:
    """Of each head over the written words: how often it looks at *ne* for *pas* (%), ``(layers · h,)``."""
    source, target = translators.tensors(pairs)
    best = read_weights(model, source, target[:, :-1])["decoder self"].argmax(-1)
    hits = [
        best[:, b, :, t] == t - 1  # where ne stands: ⟨bos⟩ has moved all by one
        for b, pair in enumerate(pairs)
        for t, word in enumerate(pair.target)
        if word == "pas"
    ]
    return 100 * torch.stack(hits).float().mean(0).flatten().numpy()


@experiment(settings=grid(kind=["attention", "transformer"], steps=600))
def budget(seed: int, kind: str, steps: int) -> Outcome:
    """The RNN with attention and a Transformer of as many parameters, on the data of chapter 2."""
    pairs, tests = tr.chapter_splits()
    training.set_seed(seed)
    model = translators.build(kind)
    begin = time.process_time()
    training.train(model, sequence_loss, translators.tensors(pairs), steps=steps, seed=seed)
    numbers: dict[str, Any] = {
        "seconds": time.process_time() - begin,
        "parameters": sum(p.numel() for p in model.parameters()),
    }
    for name in TESTS:
        sentences, exact = translators.translate(model, tests[name])
        numbers |= {
            f"{name}_exact": 100 * exact.mean(),
            f"{name}_bleu": translators.bleu(sentences, tests[name]),
        }
    numbers |= counting_places(model)
    usual = tests["usual"]
    if kind == "attention":
        numbers["aer_all"] = pooled_error_rate(translators.forced_weights(model, usual), usual)
    else:
        weights = cross_weights(model, usual)
        numbers |= error_rates(weights, usual) | {"to_ne": back_to_ne(model, usual)}
        numbers["glances"] = looks_of_determiners(weights, usual)
    return Outcome(numbers, model if seed == 0 and kind == "transformer" else None)


def glances(runs: Record) -> dict[str, np.ndarray]:
    """Glances of the heads at determiners, ``{number: (seeds, heads, 2)}``: at the word, at its noun."""
    found = [run["numbers"]["glances"] for run in runs.of(kind="transformer")]
    return {
        number: np.array([row[number] for row in found]).reshape(len(found), -1, 2) for number in found[0]
    }


def two_heads(runs: Record) -> tuple[np.ndarray, np.ndarray]:
    """Of each network the head that looks most at the determiner's word, and the one that looks most at its noun."""
    singular = glances(runs)["singular"]
    return singular[..., 0].argmax(1), singular[..., 1].argmax(1)


def shares_of_two_heads(runs: Record) -> Any:
    """``{(number, who, where): (seeds,)}``: glances (%) of the two heads at word and noun."""
    shares = {}
    for number, rows in glances(runs).items():
        for who, heads in zip(("dictionary", "grammarian"), two_heads(runs), strict=True):
            for place, where in enumerate(("word", "noun")):
                shares[number, who, where] = rows[np.arange(len(rows)), heads, place]
    return shares


def _both(runs, number):
    return runs.values(number, kind="transformer"), runs.values(number, kind="attention")


@budget.claim
def both_learn_the_rules(runs: Record) -> Verdict:
    """Both translate nearly every usual sentence, most in which words meet anew, and about half or more where the structure is new."""
    parts = [("usual_exact", 95), ("words_exact", 85), ("structure_exact", 45)]
    return all_of(
        *(above(values, bound, cap=bound + 25) for name, bound in parts for values in _both(runs, name))
    )


@budget.claim
def five_clauses_are_too_many(runs: Record) -> Verdict:
    """Of sentences of five clauses neither gets many right."""
    return all_of(*(below(values, 20) for values in _both(runs, "5_exact")))


@budget.claim
def the_transformer_counts_places(runs: Record) -> Verdict:
    """Four clauses in few words are mostly right, four clauses in 24 words or more mostly wrong."""
    by_words = runs.values("by_words", kind="transformer")
    return all_of(
        above(by_words[:, 0], 50), below(by_words[:, -1], 25), above(by_words[:, 0] - by_words[:, -1], 40)
    )


@budget.claim
def the_rnn_stumbles_over_the_clause(runs: Record) -> Verdict:
    """Of four clauses in few words the RNN gets fewer right than the Transformer."""
    transformer, rnn = _both(runs, "by_words")
    return above(transformer[:, 0] - rnn[:, 0], 0, cap=30)


@budget.claim
def the_rnn_arrives_more_often(runs: Record) -> Verdict:
    """Of wrong translations the RNN's end with the right two words more often than the Transformer's."""
    transformer, rnn = _both(runs, "arrived")
    return above(rnn - transformer, 5)


@budget.claim
def averaging_helps(runs: Record) -> Verdict:
    """All heads averaged are nearer to the gold alignment than the middle one of the eight heads."""
    single = runs.values("aer_heads", kind="transformer").reshape(len(runs.seeds), -1)
    return above(np.median(single, axis=1) - runs.values("aer_all", kind="transformer"), 0.02)


@budget.claim
def both_alignments_resemble_gold(runs: Record) -> Verdict:
    """The RNN's weights and the Transformer's heads averaged have an alignment error rate below 0.3."""
    return all_of(*(below(values, 0.3) for values in _both(runs, "aer_all")))


@budget.claim
def two_heads_share_the_work(runs: Record) -> Verdict:
    """At singular determiners one head looks at the English word, another at the noun."""
    shares = shares_of_two_heads(runs)
    return all_of(
        above(shares["singular", "dictionary", "word"], 80),
        above(shares["singular", "grammarian", "noun"], 80),
    )


@budget.claim
def pas_looks_back_at_ne(runs: Record) -> Verdict:
    """Some head of the decoder looks at ne when pas is due."""
    return above(runs.values("to_ne", kind="transformer").max(1), 75)


def sentences_of(count: int, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Any tokens: English ``(count, length)`` and French one longer."""
    english, french = (len(words) for words in (tr.ENGLISH, tr.FRENCH))
    return torch.randint(EOS + 1, english, (count, length)), torch.randint(
        EOS + 1, french, (count, length + 1)
    )


def one_step(model: Any, batch: Sequence[torch.Tensor]) -> None:
    """Loss and gradient of one training step."""
    model.zero_grad()
    sequence_loss(model, *batch).backward()


@torch.no_grad()
def time_of_token(model: Any, written: int, count: int = 16, repeats: int = 5) -> float:
    """Seconds of one processor for the next token, when ``written`` tokens stand there already."""
    memory = model.encoder(sentences_of(count, 24)[0])
    state = model.decoder.begin(memory)
    token = torch.full((count,), BOS)
    for _ in range(written):
        state = model.decoder.step(token, state, memory)[1]
    step = {"": lambda: model.decoder.step(token, state, memory)}
    return np.median(timing.interleaved(step, repeats=repeats, clock=time.process_time)[""])


@experiment(settings=[{}])
def durations(seed: int) -> dict[str, Any]:
    """Processor time of a training step and of a written token, RNN and Transformer side by side; a seed is a repetition."""
    training.set_seed(seed)
    models = {kind: translators.build(kind) for kind in ("attention", "transformer")}
    numbers = {}
    for count in BATCHES:
        rows = []
        for length in LENGTHS:
            batch = sentences_of(count, length)
            ways = {kind: lambda m=m, b=batch: one_step(m, b) for kind, m in models.items()}
            rows.append(timing.interleaved(ways, repeats=3, clock=time.process_time))
        for kind in models:
            numbers[f"step_{kind}_{count}"] = [1e3 * np.median(row[kind]) for row in rows]
    for kind, model in models.items():
        numbers[f"token_{kind}"] = [1e3 * time_of_token(model, written) for written in WRITTEN]
    return numbers


def step_ratio(runs: Record, count: int) -> np.ndarray:
    """How many times as long as the Transformer's the RNN's training step takes: ``(seeds, lengths)``."""
    return runs.values(f"step_attention_{count}") / runs.values(f"step_transformer_{count}")


@durations.claim
def few_long_sentences_favour_the_transformer(runs: Record) -> Verdict:
    """With four sentences of 128 words a step the RNN takes longer."""
    return above(step_ratio(runs, 4)[:, -1], 1.3)


@durations.claim
def many_sentences_leave_no_advantage(runs: Record) -> Verdict:
    """With 64 sentences a step, on one thread, the RNN's advantage or disadvantage stays below a factor of two."""
    ratio = step_ratio(runs, 64)
    return all_of(below(ratio.max(1), 2), above(ratio.min(1), 0.25))


@durations.claim
def each_token_costs_more_than_the_last(runs: Record) -> Verdict:
    """Without a cache, a token with 63 behind it costs the Transformer several times what the first one does."""
    tokens = runs.values("token_transformer")
    return above(tokens[:, -1] / tokens[:, 0], 1.5, cap=3)
