"""Lesson *A word for every place*: decoders that name the digits of a scene and look at its regions."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

from attention_course.data.scenes import RELATIONS, WORDS, Scene, inside, make_scenes
from attention_course.data.tokens import BOS, PAD
from attention_course.experiments import Outcome, Verdict, above, all_of, below, experiment, grid
from attention_course.measuring import training
from attention_course.records import Record

KNOWN = 1297  # handwritten digits of the collection that training may show
HOW: Any = {"steps": 600, "batch_size": 32, "learning_rate": 1.5e-2, "warmup": 50}
MARKS = ("right", "points", "there", "off", "count", "spread", "only")


@lru_cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Images ``(1797, 8, 8)`` in [0, 1] and labels; the last 500 are for the test."""
    collection = load_digits()
    return collection.images / 16, collection.target


@lru_cache
def scenes() -> tuple[list[Scene], list[Scene]]:
    """6000 scenes for training and 300 for the test."""
    images, labels = digits()
    train = make_scenes(images[:KNOWN], labels[:KNOWN], 6000, seed=1)
    return train, make_scenes(images[KNOWN:], labels[KNOWN:], 300, seed=2)


def tensors(scenes: Sequence[Scene]) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures ``(N, 1, 32, 32)`` and captions ``(N, 7)``."""
    pictures = np.stack([scene.image for scene in scenes])
    words = WORDS.encode([scene.words for scene in scenes], bos=True, eos=True)
    return torch.tensor(pictures, dtype=torch.float32)[:, None], torch.tensor(words)


def crops(
    count: int, rng: np.random.Generator, low: int = 0, high: int = KNOWN
) -> tuple[torch.Tensor, torch.Tensor]:
    """``count`` crops ``(N, 1, 16, 16)``, one in eight empty, and the digit of each, 10 for none."""
    images, labels = digits()
    pictures = rng.uniform(0, 0.1, (count, 16, 16))
    classes = np.full(count, 10)
    for i in np.flatnonzero(np.arange(count) % 8):
        k, (top, left) = rng.integers(low, high), rng.integers(0, 9, 2)
        window = pictures[i, top : top + 8, left : left + 8]
        np.maximum(window, images[k], out=window)
        classes[i] = labels[k]
    return torch.tensor(pictures, dtype=torch.float32)[:, None], torch.tensor(classes)


class Regions(nn.Module):
    """Crops -> scores of ten digits and of none, from the scores of regions or, ``scattered``, from channels' maxima."""

    def __init__(self, scattered: bool = False, channels: int = 48) -> None:
        super().__init__()
        self.scattered = scattered
        layers = []
        for a, b in ((1, 16), (16, 32), (32, channels)):
            layers += [nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU()]
            layers += [nn.MaxPool2d(2)]
        self.features = nn.Sequential(*layers[:-1])  # a region is 4 × 4 pixels
        self.name = nn.Conv2d(channels, 11, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        f = self.features(x)
        if self.scattered:
            f = f.amax((2, 3), keepdim=True)
        return self.name(f).logsumexp((2, 3))


def crop_loss(model: Any, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return nn.functional.cross_entropy(model(x), y)


@torch.no_grad()
def features(cnn: Any, *pictures: torch.Tensor) -> list[torch.Tensor]:
    """The features ``(N, 48, 8, 8)`` of each set, with every channel standardised as the first set wants it."""
    found = [torch.cat([cnn.features(part) for part in x.split(500)]) for x in pictures]
    mean = found[0].mean((0, 2, 3), keepdim=True)
    deviation = found[0].std((0, 2, 3), keepdim=True) + 0.1
    return [(f - mean) / deviation for f in found]


@lru_cache(maxsize=1)  # the runs of one seed follow each other
def regions(seed: int, scattered: bool) -> tuple:
    """A convolutional network, per cent of unseen crops that it names rightly, features of train and test scenes."""
    training.set_seed(seed)
    cnn = Regions(scattered)
    training.train(cnn, crop_loss, crops(12_000, np.random.default_rng(0)), steps=700, seed=seed)
    x, y = crops(1000, np.random.default_rng(3), KNOWN, len(digits()[1]))
    with torch.no_grad():
        hit = (cnn(x).argmax(1) == y)[y < 10]
    train, test = scenes()
    return cnn, 100 * hit.float().mean().item(), features(cnn, tensors(train)[0], tensors(test)[0])


def attend_regions(
    features: torch.Tensor, hidden: torch.Tensor, W_f: torch.Tensor, W_h: torch.Tensor, v: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Context (B, C), weights (B, H, W); features (B, C, H, W), hidden (B, d)."""
    regions = features.flatten(2).transpose(1, 2)
    scores = torch.tanh(regions @ W_f + (hidden @ W_h)[:, None]) @ v
    alpha = scores.softmax(-1)
    context = (alpha[:, None] @ regions)[:, 0]
    return context, alpha.view(len(features), *features.shape[2:])


def coverage_penalty(alphas: torch.Tensor) -> torch.Tensor:
    """Mean over the batch of Σ_i (1 − Σ_t α_ti)², alphas (B, T, L)."""
    return ((1 - alphas.sum(1)) ** 2).sum(-1).mean()


def draw(f: torch.Tensor, alpha: torch.Tensor, training: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Features (B, C) of one region each, drawn from alpha or heaviest; log alpha."""
    p = alpha.flatten(1)
    pick = p.detach().multinomial(1) if training else p.argmax(1, keepdim=True)
    one = f.flatten(2).gather(2, pick[:, None].expand(-1, f.shape[1], 1))
    return one[..., 0], p.gather(1, pick)[:, 0].log()


class Captioner(nn.Module):
    """Features (B, 48, 8, 8) -> scores of six words (B, 6, words), weights (B, 6, 8, 8)."""

    def __init__(
        self, channels: bool = False, hard: bool = False, c: int = 48, a: int = 24, d: int = 64
    ) -> None:
        super().__init__()
        self.place = nn.Parameter(torch.randn(c, 8, 8))
        self.word, self.cell = nn.Embedding(len(WORDS), 16), nn.GRUCell(16 + c, d)
        self.W_f = nn.Parameter(torch.randn(c, a) / c**0.5)
        self.W_h = nn.Parameter(torch.randn(d, a) / d**0.5)
        self.v = nn.Parameter(torch.randn(a) / a**0.5)
        self.channel = nn.Linear(d, c) if channels else None
        self.out, self.hard = nn.Linear(d + c + 16, len(WORDS)), hard

    def start(self, features: torch.Tensor) -> tuple:
        """Features with their places, and a state that knows nothing of the picture."""
        return features + self.place, features.new_zeros(len(features), len(self.W_h))

    def look(self, f: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if self.channel is not None:
            f = f * 2 * self.channel(h).sigmoid()[:, :, None, None]
        return attend_regions(f, h, self.W_f, self.W_h, self.v)

    def step(
        self, token: torch.Tensor, context: torch.Tensor, h: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Told the last word and what the look showed: scores of the next, state."""
        word = self.word(token)
        h = self.cell(torch.cat([word, context], -1), h)
        return self.out(torch.cat([h, context, word], -1)), h

    def forward(
        self, features: torch.Tensor, target: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        f, h = self.start(features)
        token = torch.full((len(f),), BOS)
        logits, alphas, self.log_drawn = [], [], []
        drawn = torch.rand(len(f)) > 0.5 * self.training  # hard: which pictures get a draw
        for t in range(6):  # five words and the end
            context, alpha = self.look(f, h)
            if self.hard:
                one, log_p = draw(f, alpha, self.training)
                context = torch.where(drawn[:, None], one, context)
                self.log_drawn.append(log_p * drawn)
            scores, h = self.step(token, context, h)
            logits.append(scores)
            alphas.append(alpha)
            token = scores.argmax(-1) if target is None else target[:, t + 1]
        return torch.stack(logits, 1), torch.stack(alphas, 1)


def log_words(logits: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
    """Log probability of each word of the captions (B, 6); zero after the end."""
    found = nn.functional.cross_entropy(
        logits.flatten(0, 1), words[:, 1:].flatten(), ignore_index=PAD, reduction="none"
    )
    return -found.view(words[:, 1:].shape)


def caption_loss(strength: float) -> Callable[..., torch.Tensor]:
    """The mean loss of a word and ``strength`` times the coverage penalty."""

    def loss(model, features, words):
        logits, alphas = model(features, words)
        wrong = -log_words(logits, words).sum() / (words[:, 1:] != PAD).sum()
        return wrong + strength * coverage_penalty(alphas.flatten(2))

    return loss


def hard_loss(model: Any, features: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
    """REINFORCE with the batch's mean as baseline, and an entropy term."""
    logits, alphas = model(features, words)
    log_p, real = log_words(logits, words), words[:, 1:] != PAD
    reward = log_p.detach().flip(1).cumsum(1).flip(1)  # of all that is still to come
    baseline = reward.sum(0) / real.sum(0).clamp(min=1)
    gain = (reward - baseline) * real * torch.stack(model.log_drawn, 1)
    p = alphas.flatten(2)
    entropy = -(p * (p + 1e-9).log()).sum(-1) * real
    return -(log_p.sum() + gain.sum() + 0.01 * entropy.sum()) / real.sum()


@torch.no_grad()
def write(model: Any, features: torch.Tensor) -> tuple[list[list[str]], torch.Tensor]:
    """The captions that ``model`` writes, as lists of words, and its weights."""
    logits, alphas = model(features)
    return [WORDS.decode(row) for row in logits.argmax(-1).numpy()], alphas


def shape(words: Sequence[str]) -> list[str]:
    """A caption with its digits blotted out."""
    return [word if word in RELATIONS else "digit" for word in words]


def compare(written: Sequence[list[str]], scenes: Sequence[Scene], how: Callable = list) -> np.ndarray:
    """Of each caption, whether ``how`` makes the same of it and of the scene's."""
    return np.array([how(a) == how(s.words) for a, s in zip(written, scenes, strict=True)])


def looks(written: Sequence[list[str]], alphas: torch.Tensor, scenes: Sequence[Scene]) -> np.ndarray:
    """For each digit word of the scenes' captions: (the heaviest region is at its digit, the word is right), ``(n, 2)``."""
    top = alphas.flatten(2).argmax(-1).numpy()
    return np.array(
        [
            (
                inside(box, *divmod(int(top[i, t]), 8), stride=4, margin=2),
                written[i][t : t + 1] == [scene.words[t]],
            )
            for i, scene in enumerate(scenes)
            for t, box in enumerate(scene.boxes)
            if box
        ]
    )


def share(values: np.ndarray) -> float:
    """Per cent that are true; 0 of none."""
    return 100 * float(np.mean(values)) if len(values) else 0.0


def measure(model: Any, test: torch.Tensor, scenes: Sequence[Scene]) -> dict[str, float]:
    """The MARKS of a model on the test scenes; all but the spread in per cent."""
    written, alphas = write(model, test)
    right, shaped = compare(written, scenes), compare(written, scenes, shape)
    points, named = looks(written, alphas, scenes).T
    shares = right, points, named[points], named[~points], compare(written, scenes, len)
    row = [share(values) for values in shares]
    return dict(zip(MARKS, [*row, alphas.flatten(2).sum(1).std().item(), share(shaped[~right])], strict=True))


def estimates(alpha: torch.Tensor, reward: torch.Tensor, baseline: torch.Tensor | int) -> torch.Tensor:
    """REINFORCE's gradient for each region that could be drawn, (..., L, L)."""
    direction = torch.eye(alpha.shape[-1]) - alpha[..., None, :]
    return (reward - baseline)[..., None] * direction


@torch.no_grad()
def first_look(model: Any, features: torch.Tensor, words: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights (B, L), and log p of the first word had one looked there (B, L)."""
    f, h = model.start(features)
    alpha = model.look(f, h)[1].flatten(1)
    regions = f.flatten(2).transpose(1, 2)
    one = torch.full((alpha.numel(),), BOS)
    h = h.repeat_interleave(alpha.shape[1], 0)
    log_p = model.step(one, regions.flatten(0, 1), h)[0].log_softmax(-1)
    first = words[:, 1:2].repeat_interleave(alpha.shape[1], 0)
    return alpha, log_p.gather(1, first).view(alpha.shape)


def noise(alpha: torch.Tensor, reward: torch.Tensor, baseline: torch.Tensor | int) -> torch.Tensor:
    """How far a single draw is off, in lengths of the exact gradient: (B,)."""
    each = estimates(alpha, reward, baseline)
    exact = (alpha[..., None] * each).sum(1)
    square = ((each - exact[:, None]) ** 2).sum(-1)
    return (alpha * square).sum(1).sqrt() / exact.norm(dim=-1)


KINDS = {  # kind → (channels are weighed, hard, loss)
    "soft": (False, False, caption_loss(0.0)),
    "coverage": (False, False, caption_loss(0.02)),
    "channels": (True, False, caption_loss(0.0)),
    "hard": (False, True, hard_loss),
}


@experiment(settings=[*grid(kind=list(KINDS), scattered=False), {"kind": "soft", "scattered": True}])
def decoders(seed: int, kind: str, scattered: bool) -> Outcome:
    """Caption decoders on the regions of one convolutional network a seed: soft, with coverage, with channels, hard."""
    cnn, crops_right, (train, test) = regions(seed, scattered)
    training.set_seed(seed)
    channels, hard, loss = KINDS[kind]
    model = Captioner(channels, hard)
    numbers = {"crops": crops_right}
    words = [tensors(part)[1] for part in scenes()]
    if kind == "hard":
        alpha, reward = first_look(model, test, words[1])
        for name, baseline in (("none", 0), ("batch", (alpha * reward).sum(1).mean())):
            numbers[f"noise_{name}"] = noise(alpha, reward, baseline).median().item()
    training.train(model, loss, (train, words[0]), **HOW, seed=seed)
    numbers |= measure(model, test, scenes()[1])
    if kind == "soft" and not scattered:
        model.hard = True  # read its heaviest region alone
        numbers |= {f"heaviest_{mark}": x for mark, x in measure(model, test, scenes()[1]).items()}
        model.hard = False
    kept = {f"cnn.{name}": tensor for name, tensor in cnn.state_dict().items()}
    kept |= {f"decoder.{name}": tensor for name, tensor in model.state_dict().items()}
    return Outcome(numbers, kept if seed == 0 and kind == "soft" and not scattered else None)


def _of(runs, mark, kind="soft", scattered=False):
    return runs.values(mark, kind=kind, scattered=scattered)


@decoders.claim
def words_point_at_their_digits(runs: Record) -> Verdict:
    """Nine of ten digit words or more point at their digit, in every kind of soft decoder."""
    kinds = [(kind, False) for kind in ("soft", "coverage", "channels")] + [("soft", True)]
    return all_of(*(above(_of(runs, "points", *kind), 90) for kind in kinds))


@decoders.claim
def most_captions_are_right(runs: Record) -> Verdict:
    """Most captions of unseen digits are wholly right, fewer than digit words that point at their digit."""
    right = _of(runs, "right")
    return all_of(above(right, 65), above(_of(runs, "points") - right, 5))


@decoders.claim
def wrong_captions_are_wrong_in_a_name(runs: Record) -> Verdict:
    """Of the wrong captions four in ten or more are wrong in nothing but the name of a digit."""
    return above(_of(runs, "only"), 40, cap=60)


@decoders.claim
def who_looks_there_names_it_better(runs: Record) -> Verdict:
    """A word that points at its digit is right more often than one that does not."""
    return above(_of(runs, "there") - _of(runs, "off"), 5, cap=20)


@decoders.claim
def the_penalty_evens_out(runs: Record) -> Verdict:
    """The penalty brings the sums of the weights closer together over the regions."""
    return below(_of(runs, "spread", "coverage") / _of(runs, "spread"), 0.85)


def _gain(runs, *setting):
    """Points of right captions more than the soft decoder on the same seed has."""
    return _of(runs, "right", *setting) - _of(runs, "right")


@decoders.claim
def the_penalty_does_not_improve_captions(runs: Record) -> Verdict:
    """With the penalty about as many captions are right: less than eight points more or less."""
    gain = _gain(runs, "coverage")
    return all_of(below(gain, 8), above(gain, -8))


@decoders.claim
def channels_read_no_better(runs: Record) -> Verdict:
    """With channel weights no ten points more of the captions are right, and less than fifteen fewer."""
    gain = _gain(runs, "channels")
    return all_of(below(gain, 10), above(gain, -15))


@decoders.claim
def scattered_evidence_reads_about_as_well(runs: Record) -> Verdict:
    """Features trained on channels' maxima let the decoder read about as well: less than eight points more or less."""
    gain = _gain(runs, "soft", True)
    return all_of(below(gain, 8), above(gain, -8))


@decoders.claim
def hard_looks_and_hardly_reads(runs: Record) -> Verdict:
    """After the same steps the hard decoder points at many digits and writes few captions rightly."""
    return all_of(above(_of(runs, "points", "hard"), 35), below(_of(runs, "right", "hard"), 45))


@decoders.claim
def one_place_is_not_enough(runs: Record) -> Verdict:
    """Soft decoders that get their heaviest region alone write far fewer captions rightly."""
    return above(_of(runs, "right") - _of(runs, "heaviest_right"), 30)


@decoders.claim
def a_baseline_takes_noise_away(runs: Record) -> Verdict:
    """In an untrained network the baseline takes away more than half of the noise of a draw."""
    return below(_of(runs, "noise_batch", "hard") / _of(runs, "noise_none", "hard"), 0.5)
