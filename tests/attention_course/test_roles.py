"""`attention_course.data.roles`: which words play which part for which verb."""

import numpy as np

from attention_course.data import translation as tr
from attention_course.data.roles import encode_roles
from attention_course.data.tokens import PAD

TOM, JERRY = tr.Phrase("Tom"), tr.Phrase("Jerry")


def test_a_sentence_by_hand():
    sentence = tr.Sentence((tr.Clause(TOM, tr.VERBS[0], JERRY, False),), ())
    roles = encode_roles([sentence])
    words = tr.ENGLISH.decode(roles.tokens[0])
    assert words[0] == "Tom" and words[2] == "Jerry"
    assert roles.verbs.tolist() == [[1]]
    assert roles.places.tolist() == [[[0, -1, 2, -1]]]
    assert roles.answers[0, 0].tolist() == [roles.tokens[0, 0], PAD, roles.tokens[0, 2], PAD]


def test_answers_are_the_words_at_the_places_and_nobody_is_zero():
    pairs = tr.make_pairs(200, seed=3, clauses=(1, 2))
    tokens, _, places, answers = encode_roles([pair.meaning for pair in pairs])
    row, verb, role = np.nonzero(places >= 0)
    assert (tokens[row, places[row, verb, role]] == answers[row, verb, role]).all()
    assert (answers[places < 0] == PAD).all()
    assert (answers[row, verb, role] != PAD).all()


def test_shorter_sentences_are_filled_with_verbs_that_are_not_there():
    pairs = tr.make_pairs(100, seed=4, clauses=(1, 2))
    tokens, verbs, places, answers = encode_roles([pair.meaning for pair in pairs])
    count = [len(pair.meaning.clauses) for pair in pairs]
    assert (verbs >= 0).sum(1).tolist() == count
    assert tokens.shape[0] == verbs.shape[0] == 100 and places.shape == answers.shape == (100, 2, 4)
    assert (tokens[np.arange(100), verbs[:, 0]] != PAD).all()
    assert (places[verbs < 0] == -1).all()
