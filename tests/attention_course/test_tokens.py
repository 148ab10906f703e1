import numpy as np
import pytest

from attention_course.data.tokens import BOS, EOS, PAD, Vocabulary


def test_encode_pads_at_the_end_and_decode_undoes_it():
    words = Vocabulary("abcd")
    array = words.encode(["bad", "c", ""], bos=True, eos=True)
    assert array.tolist() == [[BOS, 4, 3, 6, EOS], [BOS, 5, EOS, PAD, PAD], [BOS, EOS, PAD, PAD, PAD]]
    assert array.dtype == np.int64
    assert [words.decode(row) for row in array] == [list("bad"), ["c"], []]
    assert words.encode(["bad", "c"]).tolist() == [[4, 3, 6], [5, PAD, PAD]]
    assert len(words) == 7 and words.encode([]).shape == (0, 0)


def test_decode_stops_at_the_first_end():
    assert Vocabulary("ab").decode([3, EOS, 4]) == ["a"]


def test_unknown_and_repeated_words():
    with pytest.raises(KeyError):
        Vocabulary("ab").encode(["c"])
    with pytest.raises(ValueError, match="once"):
        Vocabulary("aba")
