from types import SimpleNamespace

import numpy as np
import pytest

from attention_course.mechanisms.alignment import alignment_error_rate, links_from_weights, pooled_error_rate


def test_by_hand():
    sure, possible = {(0, 0), (1, 2)}, {(0, 0), (1, 2), (2, 1)}
    assert alignment_error_rate(sure, sure, possible) == 0
    assert alignment_error_rate(possible, sure, possible) == 0, "a possible link costs nothing"
    assert alignment_error_rate({(0, 0)}, sure, possible) == pytest.approx(1 - 2 / 3), "a missed sure link"
    assert alignment_error_rate({*sure, (2, 0)}, sure, possible) == pytest.approx(1 - 4 / 5), "a wrong link"
    assert alignment_error_rate({(2, 0)}, sure, possible) == 1
    assert alignment_error_rate(set(), sure, possible) == 1
    assert alignment_error_rate(set(), set(), possible) == 0


def test_sure_links_are_possible_even_where_not_listed():
    assert alignment_error_rate([(0, 0)], [(0, 0)], []) == 0


def test_links_follow_the_largest_weight():
    weights = np.array([[0.1, 0.9, 0.0], [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    assert links_from_weights(weights) == {(0, 1), (1, 0), (2, 2)}


def test_pooled_rates_count_links_not_sentences_and_no_padding():
    one = SimpleNamespace(source="a", target="x", sure={(0, 0)}, possible=set())
    two = SimpleNamespace(source="abc", target="xyz", sure={(0, 0), (1, 1), (2, 2)}, possible={(1, 0)})
    weights = np.zeros((2, 4, 5))
    weights[:, :, 4] = 1  # padding has most of the weight
    weights[1, [0, 1, 2], [1, 0, 2]] = 0.5  # wrong, possible, sure
    # 4 links, of which 2 are sure and 3 possible, and 4 sure ones to be found
    assert pooled_error_rate(weights, [one, two]) == pytest.approx(1 - (2 + 3) / (4 + 4))
    with pytest.raises(ValueError):
        pooled_error_rate(weights, [one])
