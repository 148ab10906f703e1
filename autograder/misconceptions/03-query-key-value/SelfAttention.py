"""What people write for ``SelfAttention``."""

from autograder.answers.bank import Layer, again, both, change, right, wrong


def probes(rng):
    def probe(batch, n, width, d, d_v):
        def array(*shape):
            return rng.normal(size=shape).astype(np.float32)

        parameters = {
            "W_q.weight": array(d, width),
            "W_k.weight": array(d, width),
            "W_v.weight": array(d_v, width),
        }
        return Layer((width, d, d_v), parameters, (torch.from_numpy(array(batch, n, width)),))

    return [probe(2, 3, 6, 8, 5), probe(1, 4, 3, 2, 7), probe(4, 4, 4, 4, 4)]


WithBias = wrong(
    "Your layers have a bias. nn.Linear brings one unless told bias=False; here the three projections are matrices only.",
    change("W_q = nn.Linear(width, d, bias=False)", "W_q = nn.Linear(width, d)"),
    change("W_k = nn.Linear(width, d, bias=False)", "W_k = nn.Linear(width, d)"),
    change("d_v, bias=False", "d_v"),
)

OneWithBias = wrong(
    "One of your layers has a bias. nn.Linear brings one unless told bias=False, in each line anew; here all three are matrices only.",
    change("d_v, bias=False)", "d_v)"),
)

BiasedQueries = again(
    OneWithBias, change("W_q = nn.Linear(width, d, bias=False)", "W_q = nn.Linear(width, d)")
)

BiasedKeys = again(OneWithBias, change("W_k = nn.Linear(width, d, bias=False)", "W_k = nn.Linear(width, d)"))


Unscaled = wrong(
    "Your scores are not divided by √d, so their spread grows with the width of queries and keys and the softmax saturates.",
    change(" / math.sqrt(q.shape[-1])", ""),
)

ScaledByValueWidth = wrong(
    "You divide by the root of the values' width; it is the width d of queries and keys that makes the score grow.",
    change("q.shape", "v.shape"),
)

ScaledByInputWidth = wrong(
    "You divide by the root of the input's width; the dot product is taken after the projection, at the width d.",
    change("q.shape", "x.shape"),
)

SoftmaxOverQueries = wrong(
    "Your softmax runs over the tokens that ask (dim=1). Each asking token distributes its own weight: dim=-1.",
    change("dim=-1", "dim=1"),
)

WeightsDetached = wrong(
    "All numbers are right, but the weights are cut off from the gradient (detach, .data or no_grad): W_q and W_k can never learn.",
    change("sqrt(q.shape[-1]), dim=-1)", "sqrt(q.shape[-1]), dim=-1).detach()"),
)

ResultDetached = wrong(
    "The numbers come out right, but no gradient can be computed: the result leaves torch on the way (NumPy, .data, torch.tensor(...), no_grad).",
    change(
        "q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)\n"
        "weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)",
        "with torch.no_grad():\n"
        "    q, k, v = self.W_q(x), self.W_k(x), self.W_v(x)\n"
        "    weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)",
    ),
)

KeysWithWq = wrong(
    "You use W_q for the keys, too; W_k takes no part and gets no gradient.",
    change("self.W_k(x)", "self.W_q(x)"),
)


@wrong(
    "The matrices are plain tensors, which the module does not know as parameters: an optimiser would never see them. Use nn.Linear(…, bias=False)."
)
class PlainTensors(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q, self.W_k, self.W_v = torch.ones(width, d), torch.ones(width, d), torch.ones(width, d_v)

    def forward(self, x):
        q, k, v = x @ self.W_q, x @ self.W_k, x @ self.W_v
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)
        return weights @ v, weights


SoftmaxOverBatch = wrong(
    "Your softmax runs over the batch. dim=0 does that, and so does no dim at all: of three axes torch then takes the first. "
    "Say dim=-1.",
    change("dim=-1", "dim=0"),
)

KeysAsk = wrong(
    "Queries and keys have changed places: in your weights row t belongs to the token that is asked. Rows belong to the one that asks.",
    change("q @ k.", "k @ q."),
)

DividedByD = wrong(
    "You divide by d. The scores' standard deviation grows as √d, and that is the divisor.",
    change("math.sqrt(q.shape[-1])", "q.shape[-1]"),
)

ScaledAfterSoftmax = wrong(
    "You scale after the softmax: each row of weights sums to 1/√d. Scale the scores, so that the softmax sees the smaller ones.",
    change(" / math.sqrt(q.shape[-1]), dim=-1)", ", dim=-1) / math.sqrt(q.shape[-1])"),
)

NoSoftmax = wrong(
    "Your weights are the scores themselves: without a softmax they can be negative and do not sum to one.",
    change(
        "torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)",
        "q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])",
    ),
)

ValuesFromX = wrong(
    "Your values are x itself: W_v takes no part and gets no gradient. What a token hands over is W_v(x).",
    change("self.W_v(x)", "x"),
)

OutputOnly = wrong(
    "Your output is right; forward should return the weights as well: return output, weights.",
    change("@ v, weights", "@ v"),
)

WeightsFirst = wrong(
    "The two results are right and in the other order: the output comes first, then the weights.",
    change(" @ v, weights", ", weights @ v"),
)

InDouble = wrong(
    "float32 goes in and float64 comes out: a .double() or a float64 tensor on the way lifts all that "
    "follows, and the next layer will refuse it.",
    change(" @ k.transpose", ".double() @ k.double().transpose"),
    change("weights @ v", "weights @ v.double()"),
)

BareParameters = wrong(
    "You keep bare nn.Parameter matrices of shape (width, d). The exercise wants nn.Linear layers, whose parameter is called "
    "W_q.weight and is stored the other way round, (d, width).",
    change("W_q = nn.Linear(width, d, bias=False)", "W_q = nn.Parameter(torch.randn(width, d))"),
    change("W_k = nn.Linear(width, d, bias=False)", "W_k = nn.Parameter(torch.randn(width, d))"),
    change("nn.Linear(width, d_v, bias=False)", "nn.Parameter(torch.randn(width, d_v))"),
    change("self.W_q(x), self.W_k(x), self.W_v(x)", "x @ self.W_q, x @ self.W_k, x @ self.W_v"),
)

LearnedScale = wrong(
    "Your divisor is a parameter, so that training would change it. 1/√d is a constant: keep it as a plain number, self.scale = d**-0.5.",
    change("d_v, bias=False)", "d_v, bias=False)\nself.scale = nn.Parameter(torch.tensor(d**-0.5))"),
    change("/ math.sqrt(q.shape[-1])", "* self.scale"),
)

WithBiasUnscaled = both(WithBias, Unscaled)


@right()
class WithTheLibrarysAttention(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q = nn.Linear(width, d, bias=False)
        self.W_k = nn.Linear(width, d, bias=False)
        self.W_v = nn.Linear(width, d_v, bias=False)
        self.scale = d**-0.5

    def forward(self, x):
        scores = torch.einsum("bid,bjd->bij", self.W_q(x), self.W_k(x)) * self.scale
        weights = nn.functional.softmax(scores, dim=2)
        output = nn.functional.scaled_dot_product_attention(self.W_q(x), self.W_k(x), self.W_v(x))
        return output, weights


@right()
class WithBareMatrices(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.d = d
        self.W_k = nn.Linear(width, d, False)
        self.W_q = nn.Linear(width, d, False)
        self.W_v = nn.Linear(width, d_v, False)

    def forward(self, x):
        scores = (x @ self.W_q.weight.T).bmm((x @ self.W_k.weight.T).mT) / self.d**0.5
        weights = (scores - scores.amax(-1, keepdim=True)).exp()
        weights = weights / weights.sum(-1, keepdim=True)
        return weights.bmm(x @ self.W_v.weight.T), weights


@right()
class WithABuffer(nn.Module):
    def __init__(self, width, d, d_v):
        super().__init__()
        self.W_q, self.W_k = (nn.Linear(width, d, bias=False) for _ in range(2))
        self.W_v = nn.Linear(width, d_v, bias=False)
        self.register_buffer("scale", torch.tensor(d**-0.5))

    def forward(self, x):
        scores = self.W_q(x) @ self.W_k(x).mT
        scores *= self.scale
        weights = scores.softmax(-1)
        return weights @ self.W_v(x), weights
