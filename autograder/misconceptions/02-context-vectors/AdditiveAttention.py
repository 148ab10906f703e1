"""What people write for ``AdditiveAttention``."""

from autograder.answers.bank import Layer, again, both, change, right, wrong


def probes(rng):
    def probe(batch, m, query_size, key_size, hidden_size, d_v, masked):
        def array(*shape):
            return rng.normal(size=shape).astype(np.float32)

        parameters = {
            "W_q.weight": array(hidden_size, query_size),
            "W_k.weight": array(hidden_size, key_size),
            "v.weight": array(1, hidden_size),
        }
        shapes = (batch, query_size), (batch, m, key_size), (batch, m, d_v)
        inputs = tuple(torch.from_numpy(array(*shape)) for shape in shapes)
        if masked:
            mask = torch.from_numpy(rng.random((batch, m)) < 0.5)
            mask[:, 0], mask[:, 1] = True, False
            if masked == "one empty":
                mask[-1] = False
            inputs = (*inputs, mask)
        return Layer((query_size, key_size, hidden_size), parameters, inputs)

    return [
        probe(2, 5, 3, 4, 6, 7, False),
        probe(4, 4, 4, 4, 4, 4, False),
        probe(3, 6, 5, 2, 4, 3, "some"),
        probe(4, 4, 4, 4, 4, 4, "some"),
        probe(1, 3, 2, 5, 3, 4, False),
        probe(3, 5, 2, 3, 4, 6, "one empty"),
    ]


WithBias = wrong(
    "Your layers have a bias. nn.Linear brings one unless told bias=False; here the three are matrices only.",
    change("query_size, hidden_size, bias=False", "query_size, hidden_size"),
    change("key_size, hidden_size, bias=False", "key_size, hidden_size"),
    change("1, bias=False)", "1)"),
)

OneWithBias = wrong(
    "One of your layers has a bias. nn.Linear brings one unless told bias=False, in each line anew; here all three are matrices only.",
    change("1, bias=False)", "1)"),
)

BiasedQueries = again(OneWithBias, change("query_size, hidden_size, bias=False", "query_size, hidden_size"))

BiasedKeys = again(OneWithBias, change("key_size, hidden_size, bias=False", "key_size, hidden_size"))


NoTanh = wrong(
    "There is no tanh in your scores. The query then adds the same number to the scores of all keys, and the softmax takes it away again: the weights are the same whatever is asked, and W_q never learns.",
    change("torch.tanh(asked + self.W_k(keys))", "asked + self.W_k(keys)"),
)

TanhLast = wrong(
    "The tanh comes last in your scores, around v. It belongs before v, on the hidden features.",
    change("self.v(torch.tanh(asked + self.W_k(keys)))", "torch.tanh(self.v(asked + self.W_k(keys)))"),
)

QueryNotBroadcast = wrong(
    "The projected query, (B, hidden), is added to the projected keys, (B, m, hidden), as it is: an error, or silent where B = m, and then every sentence gets the queries of all. Give it an axis of length 1 in the keys' place.",
    change("[:, None]", ""),
)

ScaledByRoot = wrong(
    "You divide the scores by a root of the width. That belongs to scaled dot products; additive attention has tanh and v for it.",
    change("squeeze(-1)", "squeeze(-1) / self.v.weight.shape[1] ** 0.5"),
)

PolarityInverted = wrong(
    "Your mask works the wrong way round: the positions that may be attended to get no weight. True means that a query may attend.",
    change("~mask, torch", "mask, torch"),
    change("~mask, 0", "mask, 0"),
)

MaskIgnored = wrong(
    "Your forward ignores the mask: the filling at the end of a sentence gets weight like the words.",
    change("scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)", "pass"),
    change("weights = weights.masked_fill(~mask, 0)", "pass"),
)

MaskedAfterSoftmax = wrong(
    "You mask after the softmax: the filling has taken its share by then, and the weights that are left sum to less than one. Mask the scores before.",
    change("scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)", "pass"),
)

ScoresTimesMask = wrong(
    "You multiply the scores by the mask. A score of 0 is not low: its exponential is 1, and the filling gets weight. (Filling with 1e-9 comes to the same.) What is left out needs a score far below all others.",
    change("scores.masked_fill(~mask, torch.finfo(scores.dtype).min)", "scores * mask"),
    change("weights = weights.masked_fill(~mask, 0)", "pass"),
)

MaskAdded = wrong(
    "You add the mask to the scores, where True counts as 1: what may be attended to is favoured a little, and nothing is left out. Select, do not add.",
    change("scores.masked_fill(~mask, torch.finfo(scores.dtype).min)", "scores + mask"),
    change("weights = weights.masked_fill(~mask, 0)", "pass"),
)

NaNForNothing = wrong(
    "A query that may attend to nothing gets NaN: a softmax over nothing but −∞ is 0/0. Fill with a large negative number that is finite, and set the weights of what is masked to 0 after the softmax.",
    change("torch.finfo(scores.dtype).min", "-torch.inf"),
    change("weights = weights.masked_fill(~mask, 0)", "pass"),
)

NaNReplaced = wrong(
    "You replace the NaN after the softmax. The output is right then, but on its way back the gradient passes through the NaN and becomes one, and after one step of training all parameters are. Do not let it arise: fill the scores with a finite number.",
    change(
        "scores.masked_fill(~mask, torch.finfo(scores.dtype).min)",
        "scores + torch.zeros_like(scores).masked_fill(~mask, -torch.inf)",
    ),
)

EvenForNothing = wrong(
    "A query that may attend to nothing spreads its weight evenly over the filling: all its scores are equally low. Set the weights to 0 where the mask is False, after the softmax.",
    change("weights = weights.masked_fill(~mask, 0)", "pass"),
)

SoftmaxOverBatch = wrong(
    "Your softmax runs over the batch, so that sentences compete. It runs over the positions, the last axis of the scores: dim=-1.",
    change("dim=-1", "dim=0"),
)

WeightsDetached = wrong(
    "All numbers are right, but the weights, or the whole result, are cut off from the gradient (NumPy, detach, .data or no_grad): none of the three layers can ever learn.",
    change("scores, dim=-1)", "scores, dim=-1).detach()"),
)

ContextOnly = wrong(
    "Your context is right; forward should return the weights as well: return context, weights.",
    change("sum(dim=1), weights", "sum(1)"),
)

WeightsFirst = wrong(
    "The two results are right and in the other order: the context comes first, then the weights.",
    change(
        "(weights[:, :, None] * values).sum(dim=1), weights", "weights, (weights[:, :, None] * values).sum(1)"
    ),
)

AveragesProjectedKeys = wrong(
    "You average the projected keys. They are made for being compared; what a query reads are the values.",
    change("* values", "* self.W_k(keys)"),
)

AveragesKeys = wrong(
    "You average the keys. They are what a query is compared with; what it reads are the values.",
    change("* values", "* keys"),
)

SqueezedTooMuch = wrong(
    "A plain .squeeze() takes away every axis of length 1, the batch too when it holds one sentence. Say which: .squeeze(-1).",
    change("squeeze(-1)", "squeeze()"),
    change("[:, :, None]", ".unsqueeze(-1)"),
)

OneAxisTooMany = wrong(
    "Your weights keep the axis of length 1 that v leaves behind: (B, m, 1). One number for each position is expected, (B, m).",
    change(".squeeze(-1)", ""),
    change("mask, torch", "mask[:, :, None], torch"),
    change("dim=-1", "dim=1"),
    change("mask, 0", "mask[:, :, None], 0"),
    change("[:, :, None]", ""),
)

VAsParameter = wrong(
    "v is a bare nn.Parameter in your module, called v. The exercise wants a linear layer to one number, whose parameter is called v.weight and has the shape (1, hidden_size).",
    change("nn.Linear(hidden_size, 1, bias=False)", "nn.Parameter(torch.randn(hidden_size))"),
    change(
        "self.v(torch.tanh(asked + self.W_k(keys))).squeeze(-1)",
        "torch.tanh(asked + self.W_k(keys)) @ self.v",
    ),
)


@wrong(
    "You keep bare nn.Parameter matrices. The exercise wants nn.Linear layers, whose parameter is called W_q.weight and is stored the other way round, (hidden_size, query_size)."
)
class BareParameters(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Parameter(torch.randn(query_size, hidden_size))
        self.W_k = nn.Parameter(torch.randn(key_size, hidden_size))
        self.v = nn.Parameter(torch.randn(hidden_size))

    def forward(self, query, keys, values, mask=None):
        scores = torch.tanh((query @ self.W_q)[:, None] + keys @ self.W_k) @ self.v
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights[:, :, None] * values).sum(1), weights


@wrong(
    "The matrices are plain tensors, which the module does not know as parameters: an optimiser would never see them. Use nn.Linear(…, bias=False)."
)
class PlainTensors(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q, self.W_k = torch.ones(query_size, hidden_size), torch.ones(key_size, hidden_size)
        self.v = torch.ones(hidden_size)

    def forward(self, query, keys, values, mask=None):
        scores = torch.tanh((query @ self.W_q)[:, None] + keys @ self.W_k) @ self.v
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0)
        return (weights[:, :, None] * values).sum(1), weights


InDouble = wrong(
    "float32 goes in and float64 comes out: a .double() or a float64 tensor on the way lifts all that follows, and the next layer will refuse it.",
    change("scores, dim", "scores.double(), dim"),
)

WithBiasAndNaN = both(WithBias, NaNForNothing)

NoTanhNoMask = both(NoTanh, MaskIgnored)

NoTanhNaN = both(NoTanh, NaNForNothing)

WeightsFirstNaN = both(WeightsFirst, NaNForNothing)

PolarityInvertedAfterSoftmax = both(
    PolarityInverted,
    MaskedAfterSoftmax,
    change("scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)", "pass"),
    change("~mask, 0", "mask, 0"),
)

NothingReplaced = right(
    change("asked = self.W_q(query)[:, None]", ""),
    change("asked +", "self.W_q(query)[:, None] +"),
    change("torch.finfo(scores.dtype).min", "-torch.inf"),
    change("scores, dim=-1)", "scores, dim=-1).nan_to_num()"),
    change("weights = weights.masked_fill(~mask, 0)", "pass"),
)


@right()
class WithExponentials(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.v = nn.Linear(hidden_size, 1, False)
        self.W_k = nn.Linear(key_size, hidden_size, False)
        self.W_q = nn.Linear(query_size, hidden_size, False)

    def forward(self, query, keys, values, mask=None):
        hidden = torch.tanh(self.W_k(keys) + self.W_q(query).unsqueeze(1))
        scores = torch.einsum("bmh,oh->bm", hidden, self.v.weight)
        raw = (scores - scores.amax(-1, keepdim=True).detach()).exp()
        if mask is not None:
            raw = raw * mask
        weights = raw / raw.sum(-1, keepdim=True).clamp(min=1e-20)
        return torch.einsum("bm,bmd->bd", weights, values), weights


@right()
class NothingIsEverythingForAMoment(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, hidden_size, bias=False)
        self.W_k = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        if mask is None:
            mask = torch.ones(keys.shape[:2], dtype=torch.bool)
        asked = (query @ self.W_q.weight.T)[:, None].expand(-1, keys.shape[1], -1)
        scores = self.v((asked + self.W_k(keys)).tanh())[..., 0]
        allowed = mask | ~mask.any(-1, keepdim=True)
        weights = torch.where(allowed, scores, -torch.inf).softmax(-1) * mask
        return (weights.unsqueeze(1) @ values).squeeze(1), weights


@right()
class WithAFixedLowScore(nn.Module):
    def __init__(self, query_size, key_size, hidden_size):
        super().__init__()
        self.W_q, self.W_k = (nn.Linear(size, hidden_size, bias=False) for size in (query_size, key_size))
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, values, mask=None):
        scores = self.v(torch.tanh(self.W_q(query[:, None]) + self.W_k(keys))).flatten(1)
        if mask is not None:
            scores = torch.where(mask, scores, -1e9)
        weights = nn.functional.softmax(scores, 1)
        if mask is not None:
            weights = weights * mask.float()
        return torch.bmm(weights[:, None], values)[:, 0], weights
