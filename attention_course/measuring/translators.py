"""English→French networks, and what a test says of them (chapters 2 and 5).

Pairs come from :mod:`attention_course.data.translation`.  A *translator* is a model with an ``encoder`` and a ``decoder`` of the
interface that :mod:`attention_course.mechanisms.seq2seq` describes.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn

from attention_course import records
from attention_course.data import translation as tr
from attention_course.data.translation import Pair
from attention_course.mechanisms.seq2seq import (
    AdditiveAttention,
    AdditiveDecoder,
    Encoder,
    PlainDecoder,
    Seq2Seq,
    decode_batch,
    exact_matches,
)
from attention_course.mechanisms.transformer import Transformer

KINDS = ("attention", "plain", "transformer")


def build(kind: str, language: str = "French", width: int = 32, units: int = 32) -> nn.Module:
    """A translator out of English: ``"attention"`` and ``"plain"`` are RNNs, with and without additive attention;
    ``"transformer"`` has two layers of four heads and about as many parameters.  Raises ``ValueError`` for another kind.
    """
    words_in, words_out = len(tr.ENGLISH), len(tr.VOCABULARIES[language])
    if kind == "transformer":
        return Transformer(words_in, words_out, d_model=40, h=4, d_ff=80, layers=2)
    encoder = Encoder(words_in, width, units)
    size = encoder.size
    if kind == "plain":
        return Seq2Seq(encoder, PlainDecoder(size, words_out, width, size))
    if kind != "attention":
        raise ValueError(f"a translator is one of {', '.join(KINDS)}, not {kind!r}")
    attention = AdditiveAttention(query_size=size, key_size=size, hidden_size=32)
    return Seq2Seq(encoder, AdditiveDecoder(size, words_out, width, size, attention))


RECORDS = {  # where each trained translator was kept
    ("attention", "French"): "translation.networks",
    ("attention", "Chinese"): "translation.networks",
    ("transformer", "French"): "transformer.budget",
}


def trained(kind: str = "attention", language: str = "French") -> nn.Module:
    """A translator with the parameters that come with the course, as the record's first seed left it, for use (eval).

    Raises ``ValueError`` for one that was not kept, and :class:`~attention_course.records.RecordError` where its record
    cannot be read.
    """
    name = RECORDS.get((kind, language))
    if name is None:
        kept = ", ".join(f"{kind} into {language}" for kind, language in RECORDS)
        raise ValueError(f"of translators these were kept: {kept}; not {kind!r} into {language!r}")
    record = records.load(name)
    settings = next(
        row for row in record.settings if row["kind"] == kind and row.get("language", language) == language
    )
    model = build(kind, language)
    model.load_state_dict(record.state(record.seeds[0], **settings))
    return model.eval()


def tensors(pairs: Sequence[Pair], language: str = "French") -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens of ``pairs``: English ``(N, m)`` and the other language ``(N, n + 2)``, padded."""
    arrays = tr.encode(pairs, language)
    return torch.from_numpy(arrays["source"]), torch.from_numpy(arrays["target"])


def translate(
    model: nn.Module, pairs: Sequence[Pair], language: str = "French"
) -> tuple[list[list[str]], np.ndarray]:
    """Greedy translations as lists of words, and which of them are exactly right, bool ``(N,)``."""
    source, target = tensors(pairs, language)
    tokens, _ = decode_batch(model, source, max_len=target.shape[1] + 5)
    return [tr.VOCABULARIES[language].decode(row) for row in tokens], exact_matches(tokens, target).numpy()


def bleu(sentences: Sequence[Sequence[str]], pairs: Sequence[Pair]) -> float:
    """BLEU of ``sentences``, lists of words, against the targets of ``pairs``, 0 to 100, by sacrebleu."""
    import sacrebleu

    said = [" ".join(words) for words in sentences]
    gold = [" ".join(pair.target) for pair in pairs]
    return sacrebleu.corpus_bleu(said, [gold], tokenize="none", force=True).score


@torch.no_grad()
def forced_weights(model: nn.Module, pairs: Sequence[Pair], language: str = "French") -> list[np.ndarray]:
    """Weights of an RNN's attention while the reference is forced on it: a list of arrays ``(n, m)``, a pair each."""
    source, target = tensors(pairs, language)
    weights = model(source, target[:, :-1])[1].numpy()
    return [w[: len(p.target), : len(p.source)] for w, p in zip(weights, pairs, strict=True)]


def ends_right(sentence: Sequence[str], pair: Pair) -> bool:
    """Whether a translation ends with the reference's last two words."""
    return list(sentence[-2:]) == list(pair.target[-2:])


def clause_count(words: Sequence[str]) -> int:
    """How many clauses French ``words`` have: one more than joiners (*et, mais, parce que*)."""
    return 1 + sum(word in ("et", "mais", "parce") for word in words)


def share(hits: ArrayLike) -> float:
    """Percentage of true ones among ``hits``; NaN of none would be no number for a record, so it is ``ValueError``."""
    hits = np.asarray(hits)
    if not hits.size:
        raise ValueError("a share of nothing")
    return 100 * float(hits.mean())
