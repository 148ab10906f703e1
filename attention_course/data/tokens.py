"""Sequences of tokens as padded arrays of numbers and back; shared by all makers of sequences (chapter 2)."""

from collections.abc import Iterable, Sequence

import numpy as np

PAD, BOS, EOS = 0, 1, 2  # padding, beginning of sequence, end of sequence
SIGNS = ("·", "⟨bos⟩", "⟨eos⟩")


class Vocabulary:
    """Numbers for ``words``, in their order, after the three signs for padding, beginning and end.

    ``words`` holds the word of each number, ``index`` the number of each word.  Raises ``ValueError`` where a word
    comes twice.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.words = (*SIGNS, *words)
        self.index = {word: i for i, word in enumerate(self.words)}
        if len(self.index) != len(self.words):
            raise ValueError("a vocabulary holds each word once")

    def __len__(self):
        return len(self.words)

    def encode(
        self, sequences: Sequence[Sequence[str]], *, bos: bool = False, eos: bool = False
    ) -> np.ndarray:
        """``sequences`` (N lists of words, or N strings of characters) as int64 ``(N, longest)``, padded at the end.

        ``bos`` and ``eos`` put the signs for beginning and end around each.  Raises ``KeyError`` for a word that is
        not in the vocabulary.
        """
        rows = [[BOS] * bos + [self.index[word] for word in sequence] + [EOS] * eos for sequence in sequences]
        array = np.full((len(rows), max(map(len, rows), default=0)), PAD, dtype=np.int64)
        for i, row in enumerate(rows):
            array[i, : len(row)] = row
        return array

    def decode(self, row: Iterable[int]) -> list[str]:
        """The words of one row of numbers, up to the first end or padding, without the signs."""
        words = []
        for number in np.asarray(row).tolist():
            if number in (PAD, EOS):
                break
            if number != BOS:
                words.append(self.words[number])
        return words
