import math
import subprocess
import sys

import numpy as np
import pytest

from attention_course.data import translation as tr
from attention_course.data.translation import Clause, Phrase, Sentence

NOUN = {noun.one: noun for noun in tr.NOUNS}
ADJECTIVE = {adjective.english: adjective for adjective in tr.ADJECTIVES}
VERB = {verb.one: verb for verb in tr.VERBS}
PAIRS = tr.make_pairs(800, seed=1, clauses=(1, 3))


def phrase(words):
    """A phrase from English words: ``the black dog``; a * marks the plural."""
    plural, parts = words.endswith("*"), words.rstrip("*").split()
    if parts[0] in tr.NAMES:
        return Phrase(name=parts[0])
    adjective = ADJECTIVE[parts[1]] if len(parts) == 3 else None
    return Phrase(None, parts[0], adjective, NOUN[parts[-1]], plural)


def clause(subject, verb, target=None, negated=False):
    return Clause(phrase(subject), VERB[verb], phrase(target) if target else None, negated)


def said(language, *clauses, joiners=()):
    pair = tr.make_pair(Sentence(clauses, joiners), language)
    return " ".join(pair.source), " ".join(pair.target)


@pytest.mark.parametrize(
    ("meaning", "english", "french", "chinese"),
    [
        (clause("Tom", "chases", "Jerry"), "Tom chases Jerry", "Tom poursuit Jerry", "汤姆 追逐 杰瑞"),
        (  # the adjective follows; negation goes around the verb
            clause("the black cat", "chases", "the mouse", True),
            "the black cat does not chase the mouse",
            "le chat noir ne poursuit pas la souris",
            "黑 猫 不 追逐 老鼠",
        ),
        (  # plural agreement of all; a after negation
            clause("two happy mouse*", "watches", "a bear", True),
            "two happy mice do not watch a bear",
            "deux souris heureuses ne regardent pas d' ours",
            "两 只 快乐 的 老鼠 不 观察 一 头 熊",
        ),
        (  # this before a vowel, and n'
            clause("this bird", "likes", "a small bird", True),
            "this bird does not like a small bird",
            "cet oiseau n' aime pas de petit oiseau",
            "这 只 鸟 不 喜欢 一 只 小 鸟",
        ),
        (  # the preceding adjective takes the elision away
            clause("the big bird", "helps", "the bird"),
            "the big bird helps the bird",
            "le grand oiseau aide l' oiseau",
            "大 鸟 帮助 鸟",
        ),
        (
            clause("this young goose*", "waits"),
            "these young geese wait",
            "ces jeunes oies attendent",
            "这些 年轻 的 鹅 等待",
        ),
        (
            clause("a white horse", "knows", "this girl"),
            "a white horse knows this girl",
            "un cheval blanc connaît cette fille",
            "一 匹 白 马 认识 这 个 女孩",
        ),
    ],
)
def test_sentences_that_were_checked_by_hand(meaning, english, french, chinese):
    assert said("French", meaning) == (english, french)
    assert said("Chinese", meaning) == (english, chinese)


def test_clauses_are_joined_and_que_is_elided():
    first, second = clause("Tom", "sleeps"), clause("a cow", "sings")
    assert said("French", first, second, joiners=("because",)) == (
        "Tom sleeps because a cow sings",
        "Tom dort parce qu' une vache chante",
    )
    assert said("French", first, first, joiners=("because",))[1] == "Tom dort parce que Tom dort"
    assert said("Chinese", first, second, joiners=("but",))[1] == "汤姆 睡觉 但是 一 头 牛 唱歌"


def links(pair, kind="sure"):
    return {(pair.target[t], pair.source[s]) for t, s in getattr(pair, kind)}


def test_gold_links_by_hand():
    meaning = Sentence((clause("the black cat", "chases", "Tom", True),), ())
    pair = tr.make_pair(meaning)
    sure = {("le", "the"), ("chat", "cat"), ("noir", "black"), ("ne", "not"), ("pas", "not")}
    sure |= {("poursuit", "chase"), ("Tom", "Tom")}
    assert links(pair) == sure
    assert links(pair, "possible") == sure | {("ne", "does"), ("pas", "does"), ("poursuit", "does")}
    meaning = Sentence((clause("this happy bear", "sleeps"),), ())
    pair = tr.make_pair(meaning, "Chinese")
    assert links(pair) == {("这", "this"), ("快乐", "happy"), ("熊", "bear"), ("睡觉", "sleeps")}
    assert links(pair, "possible") - links(pair) == {("头", "this"), ("头", "bear"), ("的", "happy")}


def test_links_stay_in_their_clause():
    twice = clause("Tom", "chases", "Tom")
    pair = tr.make_pair(Sentence((twice, twice), ("and",)))
    assert pair.sure == {(i, i) for i in range(7)}


@pytest.mark.parametrize("language", tr.LANGUAGES)
def test_every_pair_keeps_the_rules(language):
    for pair in tr.make_pairs(400, seed=2, language=language, clauses=(1, 3)):
        assert pair.sure <= pair.possible
        places = {t for t, _ in pair.possible}
        assert places == set(range(len(pair.target))), "every target word says something"
        assert all(0 <= s < len(pair.source) for _, s in pair.possible)
        if language == "French":
            vowels = [text[0].lower() in "aeiou" for text in pair.target]
            for text, next_is_vowel in zip(pair.target, vowels[1:], strict=False):
                assert not (text.endswith("'") and not next_is_vowel)
                assert not (text in ("le", "la", "ne", "de", "que", "ce") and next_is_vowel)


def test_agreement_can_be_read_off_the_words():
    """A second reader: adjective forms against the noun's dictionary entry, not against the maker."""
    forms = {form for adjective in tr.ADJECTIVES for form in adjective.french}
    nouns = {n.french: n for n in tr.NOUNS} | {n.french_many: n for n in tr.NOUNS}
    seen = 0
    for pair in PAIRS:
        for t, word in enumerate(pair.target):
            if word not in forms:
                continue
            seen += 1
            near = [pair.target[t + step] for step in (-1, 1) if 0 <= t + step < len(pair.target)]
            before = any(word in a.french for a in tr.ADJECTIVES if a.before)
            noun = nouns[near[-1] if before else near[0]]
            english = pair.source[next(s for u, s in pair.sure if u == t) + 1]
            adjective = next(a for a in tr.ADJECTIVES if word in a.french)
            assert word == adjective.french[noun.feminine + 2 * (english == noun.many)]
    assert seen > 300


def test_hold_outs():
    def usual(s):
        return not tr.has_rare_match(s) and not tr.has_rare_structure(s)

    train = tr.make_pairs(800, 3, clauses=(1, 2), keep=usual)
    for pair in train:
        for p in tr.phrases(pair.meaning):
            if p.adjective:
                assert (tr.NOUNS.index(p.noun) + tr.ADJECTIVES.index(p.adjective)) % 6
        for c in pair.meaning.clauses:
            assert not (c.negated and c.object and c.object.adjective)
    assert all(tr.has_rare_structure(p.meaning) for p in tr.make_pairs(50, 4, keep=tr.has_rare_structure))
    words = {word for pair in train for word in (*pair.source, *pair.target)}
    assert all(
        set(pair.source) | set(pair.target) <= words for pair in tr.make_pairs(200, 5, keep=tr.has_rare_match)
    ), "each word is known; only the meeting is new"


def test_exclusion_seeds_and_lengths():
    again = tr.make_pairs(300, seed=1, clauses=(1, 3), exclude=PAIRS)
    assert not {p.source for p in again} & {p.source for p in PAIRS}
    assert tr.make_pairs(20, 7) == tr.make_pairs(20, 7) != tr.make_pairs(20, 8)
    assert {len(p.meaning.clauses) for p in PAIRS} == {1, 2, 3}
    assert np.mean([any(c.negated for c in p.meaning.clauses) for p in PAIRS]) > 0.3


@pytest.mark.parametrize("language", tr.LANGUAGES)
def test_encode(language):
    pairs = tr.make_pairs(40, 6, language=language, clauses=(1, 2))
    arrays = tr.encode(pairs, language)
    for i, pair in enumerate(pairs):
        assert tuple(tr.ENGLISH.decode(arrays["source"][i])) == pair.source
        assert tuple(tr.VOCABULARIES[language].decode(arrays["target"][i])) == pair.target


def test_the_module_needs_neither_torch_nor_matplotlib():
    code = "import sys, attention_course.data.translation, attention_course.mechanisms.alignment; print({'torch', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_chances_of_all_phrases_sum_to_one():
    total = sum(math.exp(-tr._phrase_information(phrase)) for phrase in tr._all_phrases())
    assert total == pytest.approx(1)


def test_the_information_of_a_sentence_on_paper():
    clause = tr.Clause(tr.Phrase("Tom"), tr.VERBS[0], tr.Phrase("Jerry"), False)
    one = -2 * math.log(0.35 / 6) - math.log(0.65 / 11)
    assert tr.information(tr.Sentence((clause,), ())) == pytest.approx(one)
    assert tr.information(tr.Sentence((clause, clause), ("and",))) == pytest.approx(2 * one + math.log(3))


def test_what_the_grammar_says_is_french_and_what_it_would_not_say_is_not():
    for pair in tr.make_pairs(300, seed=5):
        assert tr.is_french(pair.target), pair.target
    for words in (
        "",
        "Tom",
        "Tom poursuit",
        "Tom dort Jerry",
        "Tom poursuivent Jerry",
        "le ours dort",
        "la ours dort",
        "une chien dort",
        "Tom ne aime pas Jerry",
        "Tom n' aime Jerry",
        "Tom ne poursuit pas une poule",
        "Tom poursuit de poule",
        "Tom poursuit Jerry Jerry",
        "l' oie blanc dort",
    ):
        assert not tr.is_french(words.split()), words


def test_the_splits_are_those_of_chapter_2_and_apart():
    train, tests = tr.chapter_splits()
    assert (len(train), {name: len(pairs) for name, pairs in tests.items()}) == (
        8000,
        {**dict.fromkeys(range(1, 6), 200), "usual": 600, "words": 400, "structure": 400},
    )
    seen = {pair.source for pair in train}
    assert ("Tom", "chases", "Jerry") not in seen
    assert not any(pair.source in seen for pairs in tests.values() for pair in pairs)
    held_out = {"words": (True, False), "structure": (False, True)}
    for name, pairs in [("train", train), *tests.items()]:
        for meaning in (pair.meaning for pair in pairs):
            found = tr.has_rare_match(meaning), tr.has_rare_structure(meaning)
            assert found == held_out.get(name, (False, False))
    assert {len(pair.meaning.clauses) for pair in tests[5]} == {5}
