"""What people write for ``MultiHeadAttention``."""

from autograder.answers.bank import Layer, again, both, change, right, wrong


def probes(rng):
    def probe(b, n, m, d_model, h, mask=None):
        def array(*shape):
            return rng.normal(size=shape).astype(np.float32)

        parameters = {f"W_{name}.weight": array(d_model, d_model) for name in "qkvo"}
        inputs = [torch.from_numpy(array(b, size, d_model)) for size in (n, m, m)]
        if mask is not None:
            inputs.append(torch.from_numpy(mask))
        return Layer((d_model, h), parameters, tuple(inputs))

    some = rng.random((2, 3, 5)) < 0.5
    some[:, :, 0], some[:, :, 1] = True, False
    empty = some.copy()
    empty[1, 2] = False
    triangle = np.tri(4, dtype=bool)
    return [
        probe(2, 3, 5, 8, 2),
        probe(2, 3, 5, 6, 3, some),
        probe(2, 3, 5, 6, 2, empty),
        probe(4, 4, 4, 4, 4, np.stack([triangle, triangle, triangle[::-1], triangle.T])),
        probe(1, 4, 4, 9, 3, triangle),
        Layer((6, 4), {}, tuple(torch.ones(1, 2, 6) for _ in range(3)), raises=ValueError),
    ]


WithBiases = wrong(
    "Your layers have a bias. nn.Linear brings one unless told bias=False; here the four are matrices only.",
    change("self.W_q = nn.Linear(d_model, d_model, bias=False)", "self.W_q = nn.Linear(d_model, d_model)"),
    change("self.W_k = nn.Linear(d_model, d_model, bias=False)", "self.W_k = nn.Linear(d_model, d_model)"),
    change("self.W_v = nn.Linear(d_model, d_model, bias=False)", "self.W_v = nn.Linear(d_model, d_model)"),
    change("self.W_o = nn.Linear(d_model, d_model, bias=False)", "self.W_o = nn.Linear(d_model, d_model)"),
)

OneWithBias = wrong(
    "One of your layers has a bias. nn.Linear brings one unless told bias=False, in each line anew; here all four are matrices only.",
    change("self.W_o = nn.Linear(d_model, d_model, bias=False)", "self.W_o = nn.Linear(d_model, d_model)"),
)

BiasedQueries = again(
    OneWithBias,
    change("self.W_q = nn.Linear(d_model, d_model, bias=False)", "self.W_q = nn.Linear(d_model, d_model)"),
)

BiasedKeys = again(
    OneWithBias,
    change("self.W_k = nn.Linear(d_model, d_model, bias=False)", "self.W_k = nn.Linear(d_model, d_model)"),
)

BiasedValues = again(
    OneWithBias,
    change("self.W_v = nn.Linear(d_model, d_model, bias=False)", "self.W_v = nn.Linear(d_model, d_model)"),
)


NoOutputLayer = wrong(
    "W_o is not used in forward: the heads' answers stand side by side and never meet. The last layer mixes them.",
    change("self.W_o((weights @ v).transpose(1, 2).flatten(2))", "(weights @ v).transpose(1, 2).flatten(2)"),
)

ScaledByDModel = wrong(
    "You divide by the root of d_model. A dot product of one head has d_model/h terms, and its spread grows with their number.",
    change("q.shape[-1]", "query.shape[-1]"),
)

NotScaled = wrong(
    "Your scores are not scaled. The wider a head, the larger they get, and the softmax picks a single key before anything is learned.",
    change(" / q.shape[-1] ** 0.5", ""),
)

HeadsByReshape = wrong(
    "Your heads are cut by a reshape alone, which moves no number past another: a head gets pieces of several positions. Cut the features, then swap two axes.",
    change(
        "self.W_q(query).unflatten(-1, (self.h, -1)).transpose(1, 2)",
        "self.W_q(query).reshape(len(query), self.h, query.shape[1], -1)",
    ),
    change(
        "self.W_k(key).unflatten(-1, (self.h, -1)).transpose(1, 2)",
        "self.W_k(key).reshape(len(key), self.h, key.shape[1], -1)",
    ),
    change(
        "self.W_v(value).unflatten(-1, (self.h, -1)).transpose(1, 2)",
        "self.W_v(value).reshape(len(value), self.h, value.shape[1], -1)",
    ),
)

MergedByReshape = wrong(
    "You join the heads by a reshape alone. Positions stand between heads and features, and rows get mixed: swap back first.",
    change("transpose(1, 2).flatten(2)", "reshape(query.shape)"),
)

MaskIgnoredHere = wrong(
    "The mask does nothing in your module. It belongs on the scores, before the softmax.",
    change("mask is None", "True"),
)

MaskWithoutHeads = wrong(
    "Your mask has no axis for the heads: its batch meets them. That is an error, or, where there are as many sequences as heads, something silent.",
    change("~mask[..., None, :, :]", "~mask"),
)

MaskInverted = wrong(
    "Your mask is read the wrong way round. In this course True means may attend; torch's own module has it the other way.",
    change("~mask[..., None, :, :]", "mask[..., None, :, :]"),
)

MaskedLate = wrong(
    "You mask after the softmax. What was forbidden has taken its share by then, and the rest no longer sums to 1.",
    change("scores = scores.masked_fill(forbidden, torch.finfo(scores.dtype).min)", ""),
)

NaNWithNothing = wrong(
    "A query that may attend to nothing gets NaN: a softmax over nothing but −∞ is 0/0. It should get zeros.",
    change("torch.finfo(scores.dtype).min", "-torch.inf"),
    change(".masked_fill(forbidden, 0)", ""),
)

UniformWithNothing = wrong(
    "A query that may attend to nothing spreads its weight evenly over keys that are forbidden: all have the same low score. Its weights are 0.",
    change(".masked_fill(forbidden, 0)", ""),
)

NaNInTheGradient = wrong(
    "Your output is mended, and its gradient is not: −∞ is added before the softmax of an empty row, and on the way back 0 times NaN is NaN. Keep NaN from arising at all.",
    change(
        "scores.masked_fill(forbidden, torch.finfo(scores.dtype).min)",
        "scores + torch.zeros(forbidden.shape).masked_fill(forbidden, -torch.inf)",
    ),
    change(
        "torch.softmax(scores, dim=-1).masked_fill(forbidden, 0)",
        "torch.where(forbidden, 0, torch.softmax(scores, dim=-1))",
    ),
)

ValuesFromKeys = wrong(
    "Your values are made from key. The two are often the same tensor, but the module takes both, and they may differ.",
    change("self.W_v(value)", "self.W_v(key)"),
)

KeysThroughWq = wrong(
    "Keys pass through W_q as the queries do, and W_k never learns. What is asked for and what is offered are projected by layers of their own.",
    change("self.W_k(key)", "self.W_q(key)"),
)

WeightsAveraged = wrong(
    "The weights of your heads are averaged before they come back, as torch's module does by default. What each head looks at is then lost: keep the axis.",
    change("flatten(2)), weights", "flatten(2)), weights.mean(dim=1)"),
)

SoftmaxOverQueries = wrong(
    "Your softmax runs over the queries. Each query shares out 1 among the keys, the last axis of the scores.",
    change(
        "if mask is None:\n    weights = torch.softmax(scores, dim=-1)",
        "if mask is None:\n    weights = torch.softmax(scores, dim=-2)",
    ),
    change("dim=-1).masked_fill", "dim=-2).masked_fill"),
)

SoftmaxOverHeads = wrong(
    "Your softmax runs over the heads, so that these compete for each key. Heads do not know of each other; the competition is among the keys.",
    change(
        "if mask is None:\n    weights = torch.softmax(scores, dim=-1)",
        "if mask is None:\n    weights = torch.softmax(scores, dim=1)",
    ),
    change("dim=-1).masked_fill", "dim=1).masked_fill"),
)

Detached = wrong(
    "Your weights are detached from the computation. The output is right, and W_q and W_k receive no gradient: where to look is never learned.",
    change("return", "weights = weights.detach()\nreturn"),
)

WeightsBeforeOutput = wrong(
    "The weights come first in your tuple, then the output. Callers unpack in the stated order: output, weights.",
    change(
        "self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights",
        "weights, self.W_o((weights @ v).transpose(1, 2).flatten(2))",
    ),
)


@wrong(
    "A number of heads that does not divide d_model raises no ValueError when the module is made. The mistake then shows much later, as an error of shapes deep inside."
)
class AnyNumberOfHeads(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part[..., : part.shape[-1] // self.h * self.h].unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return nn.functional.linear(
            (weights @ v).transpose(1, 2).flatten(2), self.W_o.weight[:, : v.shape[-1] * self.h]
        ), weights


Asserted = wrong(
    "Your module raises another error than a ValueError where h does not divide d_model. An assert is for what can never happen, and python -O leaves it out; what a caller got wrong is said by the kind of error that fits.",
    change("ValueError", "AssertionError"),
)

NoHeadsAxisAndUniform = both(MaskWithoutHeads, UniformWithNothing)

BiasesAndNoScale = both(WithBiases, NotScaled)

WideScaleAndNaN = both(ScaledByDModel, NaNWithNothing)


@right()
class WithTorchsOwn(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        self.heads = h
        assert d_model >= 1
        if d_model // h * h != d_model:
            raise ValueError("no")
        for name in ("W_q", "W_k", "W_v", "W_o"):
            setattr(self, name, nn.Linear(d_model, d_model, False))

    def forward(self, query, key, value, mask=None):
        weights = [
            self.W_q(query).view(*query.shape[:2], self.heads, -1).movedim(2, 1),
            self.W_k(key).view(*key.shape[:2], self.heads, -1).movedim(2, 1),
        ]
        scores = torch.einsum("bhnd,bhmd->bhnm", *weights) * weights[0].shape[-1] ** -0.5
        allowed = torch.ones_like(scores, dtype=torch.bool)
        if mask is not None:
            allowed = allowed & (mask[:, None] if mask.dim() == 3 else mask)
        shares = torch.where(allowed, scores, -1e30).softmax(-1) * allowed
        values = self.W_v(value).view(*value.shape[:2], self.heads, -1)
        found = torch.einsum("bhnm,bmhd->bnhd", shares, values)
        return self.W_o(found.reshape(*query.shape)), shares


@right()
class HeadAfterHead(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h != 0:
            raise ValueError("no")
        self.width = d_model // h
        self.W_o = nn.Linear(d_model, d_model, bias=False)
        self.W_v = nn.Linear(d_model, d_model, bias=False)
        self.W_k = nn.Linear(d_model, d_model, bias=False)
        self.W_q = nn.Linear(d_model, d_model, bias=False)

    def forward(self, query, key, value, mask=None):
        parts = [
            layer(x).split(self.width, dim=-1)
            for layer, x in zip((self.W_q, self.W_k, self.W_v), (query, key, value), strict=True)
        ]
        found, shares = [], []
        for q, k, v in zip(*parts, strict=True):
            raw = torch.bmm(q, k.mT) / self.width**0.5
            raw = (raw - raw.detach().amax(-1, keepdim=True)).exp()
            if mask is not None:
                raw = raw * mask
            shares.append(raw / raw.sum(-1, keepdim=True).clamp(min=1e-30))
            found.append(shares[-1] @ v)
        return self.W_o(torch.cat(found, -1)), torch.stack(shares, 1)


@right()
class MendedOnTheWayBack(nn.Module):
    def __init__(self, d_model, h):
        super().__init__()
        if d_model % h:
            raise ValueError
        self.h = h
        self.W_q, self.W_k = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))
        self.W_v, self.W_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(2))

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in (self.W_q(query), self.W_k(key), self.W_v(value))
        )
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        if mask is not None:
            mask = mask[..., None, :, :]
            scores = scores.masked_fill(~mask, -torch.inf)
        weights = torch.softmax(scores, dim=-1)
        weights = weights.nan_to_num()
        return self.W_o((weights @ v).transpose(1, 2).flatten(2)), weights
