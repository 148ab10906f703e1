import numpy as np

from attention_course.data import digits
from attention_course.data.tokens import BOS, EOS, PAD


def test_numbers_have_the_lengths_that_are_asked_for_and_come_again_with_the_seed():
    numbers = digits.make_numbers(500, (2, 5), seed=3)
    assert len(numbers) == 500 and {len(n) for n in numbers} == {2, 3, 4, 5}
    assert set("".join(numbers)) == set("0123456789")
    assert numbers == digits.make_numbers(500, (2, 5), seed=3) != digits.make_numbers(500, (2, 5), seed=4)


def test_the_target_is_the_source_between_its_signs():
    source, target = digits.encode(["407", "12345"])
    assert source.shape == (2, 5) and target.shape == (2, 7)
    assert source[0].tolist()[3:] == [PAD, PAD]
    assert target[0].tolist() == [BOS, *source[0, :3].tolist(), EOS, PAD, PAD]
    assert np.array_equal(target[1, 1:-1], source[1])
    assert "".join(digits.DIGITS.decode(target[0])) == "407"
