"""English sentences with their French and Chinese translations and gold alignments, made by one small grammar (chapter 2).

    sentence  →  clause (joiner clause)*                      joiner: and, but, because
    clause    →  subject [does not] verb [object]             an object only with verbs that take one
    subject, object  →  NAME | determiner [adjective] noun    determiner: the, a, this, two
    noun, verb, adjective  →  the words below

The grammar draws a meaning (:class:`Sentence`), which each language then says in its own way:

French.  Determiners and adjectives agree with their noun in gender and number, verbs with their subject in number.
Most adjectives follow the noun; *petit, grand, jeune, joli* precede it.  *Le* and *la* become *l'* and *ce* becomes
*cet* before a vowel, of whichever word follows; likewise *ne* → *n'*, *de* → *d'*, *que* → *qu'*.  Negation is *ne …
pas* around the verb, and then an object with *a* takes *de*.  Words that an apostrophe ends are tokens of their own.

Chinese.  Nothing agrees.  *A, this, two* need the noun's classifier (一 只 狗), *the* is not said; adjectives come before
the noun, those of two syllables with 的; negation is 不 before the verb.  Words are separated by blanks.

Every word of a language carries what it says: a *sure* idea and perhaps *possible* ones.  Two words are aligned surely
where they say the same sure idea, possibly where they share any.  English *does*, which only helps the verb, is possibly
aligned with verb and negation; Chinese 的 possibly with its adjective, a classifier possibly with determiner and noun.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np

from attention_course.data.tokens import Vocabulary


class Noun(NamedTuple):
    """One kind of animal or person in three languages; ``feminine`` in French, ``classifier`` in Chinese."""

    one: str
    many: str
    french: str
    french_many: str
    feminine: bool
    chinese: str
    classifier: str


class Adjective(NamedTuple):
    """Four French forms: masculine, feminine, and both in the plural; ``before`` where it precedes its noun."""

    english: str
    french: tuple[str, str, str, str]
    before: bool
    chinese: str


class Verb(NamedTuple):
    """Third person in singular and plural; ``takes_object`` where it has one."""

    one: str
    many: str
    french: str
    french_many: str
    takes_object: bool
    chinese: str


NAMES = {"Tom": "汤姆", "Jerry": "杰瑞", "Anna": "安娜", "Emma": "艾玛", "Max": "马克斯", "Leo": "利奥"}
NOUNS = (
    Noun("dog", "dogs", "chien", "chiens", False, "狗", "只"),
    Noun("cat", "cats", "chat", "chats", False, "猫", "只"),
    Noun("rabbit", "rabbits", "lapin", "lapins", False, "兔子", "只"),
    Noun("horse", "horses", "cheval", "chevaux", False, "马", "匹"),
    Noun("bird", "birds", "oiseau", "oiseaux", False, "鸟", "只"),
    Noun("bear", "bears", "ours", "ours", False, "熊", "头"),
    Noun("boy", "boys", "garçon", "garçons", False, "男孩", "个"),
    Noun("mouse", "mice", "souris", "souris", True, "老鼠", "只"),
    Noun("cow", "cows", "vache", "vaches", True, "牛", "头"),
    Noun("hen", "hens", "poule", "poules", True, "母鸡", "只"),
    Noun("goose", "geese", "oie", "oies", True, "鹅", "只"),
    Noun("girl", "girls", "fille", "filles", True, "女孩", "个"),
)
ADJECTIVES = (
    Adjective("black", ("noir", "noire", "noirs", "noires"), False, "黑"),
    Adjective("white", ("blanc", "blanche", "blancs", "blanches"), False, "白"),
    Adjective("brown", ("brun", "brune", "bruns", "brunes"), False, "棕色"),
    Adjective("tired", ("fatigué", "fatiguée", "fatigués", "fatiguées"), False, "疲倦"),
    Adjective("happy", ("heureux", "heureuse", "heureux", "heureuses"), False, "快乐"),
    Adjective("quick", ("rapide", "rapide", "rapides", "rapides"), False, "敏捷"),
    Adjective("small", ("petit", "petite", "petits", "petites"), True, "小"),
    Adjective("big", ("grand", "grande", "grands", "grandes"), True, "大"),
    Adjective("young", ("jeune", "jeune", "jeunes", "jeunes"), True, "年轻"),
    Adjective("pretty", ("joli", "jolie", "jolis", "jolies"), True, "漂亮"),
)
VERBS = (
    Verb("chases", "chase", "poursuit", "poursuivent", True, "追逐"),
    Verb("follows", "follow", "suit", "suivent", True, "跟随"),
    Verb("knows", "know", "connaît", "connaissent", True, "认识"),
    Verb("watches", "watch", "regarde", "regardent", True, "观察"),
    Verb("likes", "like", "aime", "aiment", True, "喜欢"),
    Verb("helps", "help", "aide", "aident", True, "帮助"),
    Verb("calls", "call", "appelle", "appellent", True, "呼叫"),
    Verb("sleeps", "sleep", "dort", "dorment", False, "睡觉"),
    Verb("runs", "run", "court", "courent", False, "跑步"),
    Verb("sings", "sing", "chante", "chantent", False, "唱歌"),
    Verb("waits", "wait", "attend", "attendent", False, "等待"),
)
DETERMINERS = ("the", "a", "this", "two")
JOINERS = {
    "and": (("et",), ("并且",)),
    "but": (("mais",), ("但是",)),
    "because": (("parce", "que"), ("因为",)),
}
VOWELS = "aeiou"


@dataclass(frozen=True)
class Phrase:
    """A name, or a determiner, perhaps an adjective, and a noun, in singular or plural."""

    name: str | None = None
    determiner: str | None = None
    adjective: Adjective | None = None
    noun: Noun | None = None
    plural: bool = False


@dataclass(frozen=True)
class Clause:
    """Who does what to whom, or does not."""

    subject: Phrase
    verb: Verb
    object: Phrase | None
    negated: bool


@dataclass(frozen=True)
class Sentence:
    """A meaning that no language has said yet: clauses, and the joiners between them."""

    clauses: tuple[Clause, ...]
    joiners: tuple[str, ...]


class Word(NamedTuple):
    """A word of a language with what it says: its ``sure`` idea, or None, and its ``possible`` ones."""

    text: str
    sure: tuple | None
    possible: tuple = ()


@dataclass(frozen=True)
class Pair:
    """A sentence in two languages.  Links are pairs (place in ``target``, place in ``source``), from 0.

    ``sure`` links are a part of the ``possible`` ones, as in Och and Ney's gold alignments.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    sure: frozenset[tuple[int, int]]
    possible: frozenset[tuple[int, int]]
    meaning: Sentence


def _draw_phrase(rng, names):
    if rng.random() < names:
        return Phrase(name=str(rng.choice(list(NAMES))))
    determiner = str(rng.choice(DETERMINERS))
    plural = determiner == "two" or (determiner != "a" and rng.random() < 0.4)
    adjective = ADJECTIVES[rng.integers(len(ADJECTIVES))] if rng.random() < 0.5 else None
    return Phrase(None, determiner, adjective, NOUNS[rng.integers(len(NOUNS))], plural)


def draw_sentence(rng: np.random.Generator, clauses: tuple[int, int] = (1, 1)) -> Sentence:
    """A random :class:`Sentence` of ``clauses`` (lowest, highest number), from the NumPy generator ``rng``."""
    drawn = []
    for _ in range(int(rng.integers(clauses[0], clauses[1] + 1))):
        verb = VERBS[rng.integers(len(VERBS))]
        subject = _draw_phrase(rng, 0.35)
        target = _draw_phrase(rng, 0.35) if verb.takes_object else None
        drawn.append(Clause(subject, verb, target, bool(rng.random() < 0.35)))
    joiners = [str(rng.choice(list(JOINERS))) for _ in drawn[1:]]
    return Sentence(tuple(drawn), tuple(joiners))


def _english_phrase(phrase, at):
    if phrase.name:
        return [Word(phrase.name, (*at, "noun"))]
    determiner = "these" if phrase.determiner == "this" and phrase.plural else phrase.determiner
    words = [Word(determiner, (*at, "determiner"))]
    if phrase.adjective:
        words.append(Word(phrase.adjective.english, (*at, "adjective")))
    return [*words, Word(phrase.noun.many if phrase.plural else phrase.noun.one, (*at, "noun"))]


def english(sentence: Sentence) -> list[Word]:
    """The sentence in English, a list of :class:`Word`."""
    words = []
    for i, clause in enumerate(sentence.clauses):
        if i:
            words.append(Word(sentence.joiners[i - 1], (i, "joiner")))
        words += _english_phrase(clause.subject, (i, "subject"))
        verb, negation = (i, "verb"), (i, "not")
        many = clause.subject.plural
        if clause.negated:
            words += [Word("do" if many else "does", None, (verb, negation)), Word("not", negation)]
        words.append(Word(clause.verb.many if many or clause.negated else clause.verb.one, verb))
        if clause.object:
            words += _english_phrase(clause.object, (i, "object"))
    return words


def _vowel(text):
    """Whether a French word begins with the sound of a vowel."""
    return text[0].lower() in VOWELS


def _french_phrase(phrase, at, negated_object=False):
    if phrase.name:
        return [Word(phrase.name, (*at, "noun"))]
    noun = Word(phrase.noun.french_many if phrase.plural else phrase.noun.french, (*at, "noun"))
    feminine, plural = phrase.noun.feminine, phrase.plural
    words = [noun]
    if phrase.adjective:
        form = Word(phrase.adjective.french[feminine + 2 * plural], (*at, "adjective"))
        words = [form, noun] if phrase.adjective.before else [noun, form]
    vowel = _vowel(words[0].text)
    if phrase.determiner == "the":
        determiner = "les" if plural else "l'" if vowel else "la" if feminine else "le"
    elif phrase.determiner == "this":
        determiner = "ces" if plural else "cette" if feminine else "cet" if vowel else "ce"
    elif phrase.determiner == "two":
        determiner = "deux"
    elif negated_object:
        determiner = "d'" if vowel else "de"
    else:
        determiner = "une" if feminine else "un"
    return [Word(determiner, (*at, "determiner")), *words]


def french(sentence: Sentence) -> list[Word]:
    """The sentence in French, a list of :class:`Word`."""
    words = []
    for i, clause in enumerate(sentence.clauses):
        subject = _french_phrase(clause.subject, (i, "subject"))
        if i:
            *first, last = JOINERS[sentence.joiners[i - 1]][0]
            if last == "que" and _vowel(subject[0].text):
                last = "qu'"
            words += [Word(text, (i, "joiner")) for text in (*first, last)]
        words += subject
        verb = clause.verb.french_many if clause.subject.plural else clause.verb.french
        if clause.negated:
            words.append(Word("n'" if _vowel(verb) else "ne", (i, "not")))
        words.append(Word(verb, (i, "verb")))
        if clause.negated:
            words.append(Word("pas", (i, "not")))
        if clause.object:
            words += _french_phrase(clause.object, (i, "object"), negated_object=clause.negated)
    return words


def _chinese_phrase(phrase, at):
    noun, determiner = (*at, "noun"), (*at, "determiner")
    if phrase.name:
        return [Word(NAMES[phrase.name], noun)]
    words = []
    if phrase.determiner == "this" and phrase.plural:
        words.append(Word("这些", determiner))
    elif phrase.determiner != "the":
        words.append(Word({"a": "一", "this": "这", "two": "两"}[phrase.determiner], determiner))
        words.append(Word(phrase.noun.classifier, None, (determiner, noun)))
    if phrase.adjective:
        adjective = (*at, "adjective")
        words.append(Word(phrase.adjective.chinese, adjective))
        if len(phrase.adjective.chinese) > 1:
            words.append(Word("的", None, (adjective,)))
    return [*words, Word(phrase.noun.chinese, noun)]


def chinese(sentence: Sentence) -> list[Word]:
    """The sentence in Chinese, a list of :class:`Word`."""
    words = []
    for i, clause in enumerate(sentence.clauses):
        if i:
            words += [Word(text, (i, "joiner")) for text in JOINERS[sentence.joiners[i - 1]][1]]
        words += _chinese_phrase(clause.subject, (i, "subject"))
        if clause.negated:
            words.append(Word("不", (i, "not")))
        words.append(Word(clause.verb.chinese, (i, "verb")))
        if clause.object:
            words += _chinese_phrase(clause.object, (i, "object"))
    return words


LANGUAGES = {"French": french, "Chinese": chinese}


def make_pair(sentence: Sentence, language: str = "French") -> Pair:
    """Say ``sentence`` in English and in ``language``, and draw the links between the two: a :class:`Pair`."""
    source, target = english(sentence), LANGUAGES[language](sentence)
    sure, possible = set(), set()
    for t, word in enumerate(target):
        for s, other in enumerate(source):
            if word.sure is not None and word.sure == other.sure:
                sure.add((t, s))
            if {word.sure, *word.possible} & {other.sure, *other.possible} - {None}:
                possible.add((t, s))
    said, other_said = (tuple(word.text for word in words) for words in (source, target))
    return Pair(said, other_said, frozenset(sure), frozenset(possible), sentence)


def make_pairs(
    count: int,
    seed: int,
    *,
    language: str = "French",
    clauses: tuple[int, int] = (1, 1),
    keep: Callable[[Sentence], bool] | None = None,
    exclude: Iterable[Pair] = (),
) -> list[Pair]:
    """``count`` pairs with different English sides, none of which is in ``exclude`` (pairs made before).

    ``keep`` (a function of a :class:`Sentence`) says which meanings may be used; so whole structures or combinations
    of words are held out.
    """
    rng = np.random.default_rng(seed)
    seen = {pair.source for pair in exclude}
    pairs: list[Pair] = []
    while len(pairs) < count:
        sentence = draw_sentence(rng, clauses)
        if keep is not None and not keep(sentence):
            continue
        pair = make_pair(sentence, language)
        if pair.source not in seen:
            seen.add(pair.source)
            pairs.append(pair)
    return pairs


def _phrase_information(phrase):
    if phrase.name:
        return -math.log(0.35 / len(NAMES))
    chance = 0.65 / len(DETERMINERS) / len(NOUNS)
    chance *= 0.5 if phrase.adjective is None else 0.5 / len(ADJECTIVES)
    if phrase.determiner in ("the", "this"):
        chance *= 0.4 if phrase.plural else 0.6
    return -math.log(chance)


def information(sentence: Sentence) -> float:
    """Minus the logarithm, in nats, of the chance that :func:`draw_sentence` draws a ``sentence`` of so many clauses.

    No language model can have a smaller mean loss for a whole sentence, its end included, than the mean of this, unless
    it has seen what it is to predict.
    """
    nats = len(sentence.joiners) * math.log(len(JOINERS))
    for clause in sentence.clauses:
        nats -= math.log((0.35 if clause.negated else 0.65) / len(VERBS))
        nats += sum(_phrase_information(p) for p in (clause.subject, clause.object) if p is not None)
    return nats


def _all_phrases():
    """Every phrase that :func:`draw_sentence` can draw."""
    found = [Phrase(name) for name in NAMES]
    for determiner, plural in product(DETERMINERS, (False, True)):
        if plural in {"a": (False,), "two": (True,)}.get(determiner, (False, True)):
            for adjective, noun in product((None, *ADJECTIVES), NOUNS):
                found.append(Phrase(None, determiner, adjective, noun, plural))
    return found


@cache
def _french_phrases(negated_object):
    """What can be said as a phrase: its words → whether it is plural."""
    return {
        tuple(word.text for word in _french_phrase(phrase, (0,), negated_object)): phrase.plural
        for phrase in _all_phrases()
    }


def is_french(words: Sequence[str]) -> bool:
    """Whether the grammar can say ``words``, a sequence of tokens, as one clause: order, agreement, negation, elision."""
    words = tuple(words)
    for end in range(1, len(words)):
        many = _french_phrases(False).get(words[:end])
        if many is None:
            continue
        for verb, negated in product(VERBS, (False, True)):
            form = verb.french_many if many else verb.french
            said = ("n'" if _vowel(form) else "ne", form, "pas") if negated else (form,)
            rest = words[end + len(said) :]
            fits = rest in _french_phrases(negated) if verb.takes_object else not rest
            if words[end : end + len(said)] == said and fits:
                return True
    return False


def phrases(sentence: Sentence) -> list[Phrase]:
    """All subjects and objects of a :class:`Sentence`."""
    return [p for clause in sentence.clauses for p in (clause.subject, clause.object) if p is not None]


def has_rare_match(sentence: Sentence) -> bool:
    """Whether some noun has an adjective that the lessons hold out for it: one noun in six for each adjective.

    Both words are common; only their meeting is held out, so the right form has to come from agreement.
    """
    return any(
        p.adjective is not None and (NOUNS.index(p.noun) + ADJECTIVES.index(p.adjective)) % 6 == 0
        for p in phrases(sentence)
    )


def has_rare_structure(sentence: Sentence) -> bool:
    """Whether some clause is negated and has an object with an adjective, which the lessons hold out."""
    return any(
        clause.negated and clause.object is not None and clause.object.adjective is not None
        for clause in sentence.clauses
    )


def _all_words(language):
    """Every word that a language can say, found by saying every noun phrase and verb in every form."""
    found = set()
    say = english if language == "English" else LANGUAGES[language]
    for joiner in JOINERS:
        for determiner in DETERMINERS:
            for plural in (False, True):
                for noun in NOUNS:
                    for adjective in (None, *ADJECTIVES):
                        phrase = Phrase(None, determiner, adjective, noun, plural or determiner == "two")
                        for negated in (False, True):
                            clause = Clause(phrase, VERBS[0], phrase, negated)
                            found |= {w.text for w in say(Sentence((clause, clause), (joiner,)))}
    for subject in [*(Phrase(name=name) for name in NAMES), Phrase(None, "the", None, NOUNS[0], True)]:
        for verb in VERBS:
            for negated in (False, True):
                clause = Clause(subject, verb, None, negated)
                found |= {w.text for w in say(Sentence((clause, clause), ("because",)))}
    return sorted(found)


ENGLISH, FRENCH, CHINESE = (Vocabulary(_all_words(name)) for name in ("English", "French", "Chinese"))
VOCABULARIES = {"French": FRENCH, "Chinese": CHINESE}


def encode(pairs: Sequence[Pair], language: str = "French") -> dict[str, np.ndarray]:
    """Arrays of a list of pairs: ``source (N, m)`` padded, ``target (N, n + 2)`` between beginning and end."""
    return {
        "source": ENGLISH.encode([pair.source for pair in pairs]),
        "target": VOCABULARIES[language].encode([pair.target for pair in pairs], bos=True, eos=True),
    }


def chapter_splits() -> tuple[list[Pair], dict[str | int, list[Pair]]]:
    """The data of the lesson *Tom poursuit Jerry* (chapter 2): 8000 training pairs and a dict of test sets.

    Test sets are 200 pairs of ``n`` clauses under each n from 1 to 5; ``"usual"``, those of one to three; ``"words"`` and
    ``"structure"``, 400 each, what training never shows (:func:`has_rare_match`, :func:`has_rare_structure`) and not the
    other.  *Tom chases Jerry* is kept out of training.
    """
    tom = Sentence((Clause(Phrase("Tom"), VERBS[0], Phrase("Jerry"), False),), ())

    def kinds(words, structure):
        return lambda s: (has_rare_match(s), has_rare_structure(s)) == (words, structure)

    usual = kinds(words=False, structure=False)
    train = make_pairs(8000, seed=1, clauses=(1, 3), keep=usual, exclude=[make_pair(tom)])
    tests: dict[str | int, list[Pair]] = {
        n: make_pairs(200, seed=n + 1, clauses=(n, n), keep=usual, exclude=train) for n in range(1, 6)
    }
    tests["usual"] = tests[1] + tests[2] + tests[3]
    tests["words"] = make_pairs(400, seed=7, clauses=(1, 3), keep=kinds(words=True, structure=False))
    tests["structure"] = make_pairs(400, seed=8, clauses=(1, 3), keep=kinds(words=False, structure=True))
    return train, tests
