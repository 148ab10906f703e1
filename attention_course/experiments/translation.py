"""Lesson *Tom poursuit Jerry*: translators with attention and without."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from attention_course.data import translation as tr
from attention_course.data.translation import Pair
from attention_course.experiments import Outcome, Verdict, above, all_of, below, experiment
from attention_course.measuring import training, translators
from attention_course.mechanisms.alignment import pooled_error_rate
from attention_course.mechanisms.seq2seq import sequence_loss
from attention_course.records import Record

TESTS = ("usual", "words", "structure", 1, 2, 3, 4, 5)
NETWORKS = [
    {"kind": "attention", "language": "French", "steps": 600},
    {"kind": "plain", "language": "French", "steps": 600},
    {"kind": "attention", "language": "Chinese", "steps": 600},
]


def fit(kind: str, language: str, seed: int, steps: int, pairs: Sequence[Pair]) -> Any:
    """A translator trained on ``pairs``, meanings of which it says in ``language``."""
    training.set_seed(seed)
    model = translators.build(kind, language)
    said = [tr.make_pair(pair.meaning, language) for pair in pairs]
    training.train(model, sequence_loss, translators.tensors(said, language), steps=steps, seed=seed)
    return model


def row_of(word: str, idea: Any, plural: bool) -> str:
    """Which row of the lesson's table a French word belongs to."""
    kind = idea[-1]
    if kind == "determiner":
        return "plural determiner" if plural else "singular determiner"
    return word.replace("n'", "ne").replace("qu'", "que") if kind in ("not", "joiner") else kind


def glances(model: Any, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Where the largest weight lies, in percent: row → [a sure word, a possible one, the own noun, further on]."""
    counts: dict[str, np.ndarray] = {}
    for pair, w in zip(pairs, translators.forced_weights(model, pairs), strict=True):
        source, target = tr.english(pair.meaning), tr.french(pair.meaning)
        for t, (word, s) in enumerate(zip(target, w.argmax(-1), strict=True)):
            assert word.sure is not None  # so it is with every French word
            clause, part = word.sure[0], word.sure[1]
            phrase = getattr(pair.meaning.clauses[clause], part, None)
            noun = source[s].sure == (clause, part, "noun")
            sure, possible = (t, s) in pair.sure, (t, s) in pair.possible
            ahead = s > max((own for u, own in pair.possible if u == t), default=s)
            hit = np.array([sure, possible and not sure, noun and not possible, ahead, 1])
            key = row_of(word.text, word.sure, getattr(phrase, "plural", False))
            counts[key] = counts.get(key, np.zeros(5)) + hit
    return {name: 100 * tally[:4] / tally[4] for name, tally in counts.items()}


def skipping(sentences: Sequence[Sequence[str]], exact: np.ndarray, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Of wrong translations of four clauses: which have fewer clauses, and which of these end as the reference does (%)."""
    short = [
        i for i in range(len(pairs)) if translators.clause_count(sentences[i]) < len(pairs[i].meaning.clauses)
    ]
    ends = [translators.ends_right(sentences[i], pairs[i]) for i in short]
    return {"dropped": 100 * len(short) / max((~exact).sum(), 1), "arrived": translators.share(ends)}


@experiment(settings=NETWORKS)
def networks(seed: int, kind: str, language: str, steps: int) -> Outcome:
    """RNNs that translate, with attention and without, tested on what training did not show."""
    pairs, tests = tr.chapter_splits()
    model = fit(kind, language, seed, steps, pairs)
    numbers = {"parameters": sum(p.numel() for p in model.parameters())}
    for name in TESTS:
        asked = [tr.make_pair(pair.meaning, language) for pair in tests[name]]
        sentences, exact = translators.translate(model, asked, language)
        row = {"exact": 100 * exact.mean(), "bleu": translators.bleu(sentences, asked)}
        if kind == "attention":
            row["aer"] = pooled_error_rate(translators.forced_weights(model, asked, language), asked)
            if name == 4:
                numbers |= skipping(sentences, exact, asked) if language == "French" else {}
        numbers |= {f"{name}_{mark}": value for mark, value in row.items()}
    if (kind, language) == ("attention", "French"):
        numbers["glances"] = glances(model, tests["usual"])
    return Outcome(numbers, model if seed == 0 and kind == "attention" else None)


def glance(runs: Record, row: str, column: str) -> np.ndarray:
    """Percent of the glances of a table's row in one of its columns, of each seed."""
    place = ("sure", "possible", "noun", "ahead").index(column)
    rows = [run["numbers"]["glances"][row] for run in runs.of(kind="attention", language="French")]
    return np.array([found[place] for found in rows])


def _french(runs, name, kind="attention"):
    return runs.values(name, kind=kind, language="French")


@networks.claim
def attention_learns_the_rules(runs: Record) -> Verdict:
    """With attention nearly every unseen sentence of the usual kind is right, and most in which words meet anew."""
    return all_of(above(_french(runs, "usual_exact"), 95), above(_french(runs, "words_exact"), 85))


@networks.claim
def attention_mostly_copes_with_a_new_structure(runs: Record) -> Verdict:
    """With attention about half of the sentences of a new structure are right, or more."""
    return above(_french(runs, "structure_exact"), 45, cap=70)


@networks.claim
def plain_is_far_behind(runs: Record) -> Verdict:
    """After the same training the plain network is far behind on usual sentences and on the new structure."""
    usual = _french(runs, "usual_exact") - _french(runs, "usual_exact", "plain")
    structure = _french(runs, "structure_exact") - _french(runs, "structure_exact", "plain")
    return all_of(above(usual, 30), above(structure, 40))


@networks.claim
def plain_depends_on_length(runs: Record) -> Verdict:
    """The plain network gets more than twice as many sentences of one clause right as of two."""
    return above(_french(runs, "1_exact", "plain") - 2 * _french(runs, "2_exact", "plain"), 0)


@networks.claim
def bleu_is_kinder(runs: Record) -> Verdict:
    """On the new structure the plain network's BLEU is far above its exact matches."""
    return above(_french(runs, "structure_bleu", "plain") - _french(runs, "structure_exact", "plain"), 10)


@networks.claim
def attention_fails_beyond_its_lengths(runs: Record) -> Verdict:
    """With attention, too, sentences longer than any in training fail: many of four clauses, most of five."""
    fall = _french(runs, "3_exact") - _french(runs, "4_exact")
    return all_of(above(fall, 20), below(_french(runs, "5_exact"), 25))


@networks.claim
def wrong_ones_skip(runs: Record) -> Verdict:
    """Most of the wrong translations of four clauses have a clause too few."""
    return above(_french(runs, "dropped"), 50)


@networks.claim
def those_that_skip_arrive(runs: Record) -> Verdict:
    """A good part of those that skip end with the reference's last two words."""
    return above(_french(runs, "arrived"), 30, cap=48)


@networks.claim
def order_is_found(runs: Record) -> Verdict:
    """Nouns and adjectives are looked up at their own word whatever the order."""
    return all_of(above(glance(runs, "noun", "sure"), 85), above(glance(runs, "adjective", "sure"), 85))


@networks.claim
def ne_looks_at_does_or_not(runs: Record) -> Verdict:
    """For ne the network looks at does or not."""
    return above(glance(runs, "ne", "sure") + glance(runs, "ne", "possible"), 60)


@networks.claim
def plural_determiners_look_at_their_word(runs: Record) -> Verdict:
    """At plural determiners, which are the same for every noun, the network looks at their own English word."""
    return above(glance(runs, "plural determiner", "sure"), 85)


@networks.claim
def alignments_resemble_gold(runs: Record) -> Verdict:
    """The alignment error rate is well below one in three, though the network was never shown an alignment."""
    return below(_french(runs, "usual_aer"), 0.3)


@networks.claim
def chinese_is_learnt_too(runs: Record) -> Verdict:
    """From the same English sentences a network learns Chinese."""
    return above(runs.values("usual_exact", language="Chinese"), 90)
