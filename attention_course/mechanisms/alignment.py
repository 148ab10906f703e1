"""Alignments read from weights, and how far they are from gold ones (chapter 2).

A link is a pair of places (target, source), both from 0; an alignment is a set of links.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from attention_course.data.translation import Pair


def links_from_weights(weights: np.ndarray) -> set[tuple[int, int]]:
    """The links of the largest weight of each target word: ``weights (n, m)`` → n links.  Ties go to the first."""
    return {(t, int(s)) for t, s in enumerate(np.asarray(weights).argmax(axis=-1))}


def alignment_error_rate(predicted: set, sure: set, possible: set) -> float:
    """One minus the share of links that are right: ``1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|)``.

    ``predicted`` (A), ``sure`` (S) and ``possible`` (P) are iterables of links.  Sure links count as possible, too,
    whether ``possible`` lists them or not.  Returns a number from 0, where every sure link is found and no link is
    impossible, to 1; 0 where there is neither a prediction nor a sure link.  Source: Och & Ney (2003).
    """
    predicted, sure = set(predicted), set(sure)
    possible = set(possible) | sure
    total = len(predicted) + len(sure)
    return 1 - (len(predicted & sure) + len(predicted & possible)) / total if total else 0.0


def pooled_error_rate(weights: Iterable[np.ndarray], pairs: Sequence[Pair]) -> float:
    """One :func:`alignment_error_rate` for many sentences: links are told apart by their sentence.

    ``weights`` holds for each sentence an array whose first rows and columns are its target and source words, padding
    behind them is left out; ``pairs`` have ``source``, ``target``, ``sure`` and ``possible``
    (:class:`~attention_course.data.translation.Pair`).  Raises ``ValueError`` where there are more of one than of the other.
    """
    predicted: set[tuple] = set()
    sure: set[tuple] = set()
    possible: set[tuple] = set()
    for i, (rows, pair) in enumerate(zip(weights, pairs, strict=True)):
        words = rows[: len(pair.target), : len(pair.source)]
        for found, links in (
            (predicted, links_from_weights(words)),
            (sure, pair.sure),
            (possible, pair.possible),
        ):
            found |= {(i, *link) for link in links}
    return alignment_error_rate(predicted, sure, possible)
