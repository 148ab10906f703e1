import math

import numpy as np
import pytest
import torch
from torch import nn

from attention_course.mechanisms.multi_head import MultiHeadAttention, merge_heads, split_heads

B, h, n, m, d = 2, 3, 4, 5, 12


def layer_and_inputs(seed=0):
    torch.manual_seed(seed)
    layer = MultiHeadAttention(d, h).double()
    return layer, torch.randn(B, n, d).double(), torch.randn(B, m, d).double(), torch.randn(B, m, d).double()


def test_splitting_gives_each_head_a_block_of_neighbouring_features():
    x = np.arange(B * n * d).reshape(B, n, d)
    heads = split_heads(x, h)
    assert heads.shape == (B, h, n, d // h)
    for i in range(h):
        assert np.array_equal(heads[:, i], x[:, :, 4 * i : 4 * i + 4])
    assert torch.equal(split_heads(torch.from_numpy(x), h), torch.from_numpy(heads.copy()))


@pytest.mark.parametrize("heads", [1, 2, 3, 12])
def test_merging_is_the_way_back(heads):
    x = torch.randn(B, n, d)
    assert torch.equal(merge_heads(split_heads(x, heads)), x)


def test_what_does_not_divide_or_fit_is_refused():
    x = torch.randn(B, n, d)
    for heads in (0, 5, 24):
        with pytest.raises(ValueError):
            split_heads(x, heads)
        with pytest.raises(ValueError):
            MultiHeadAttention(d, heads)
    with pytest.raises(ValueError):
        split_heads(x[0], h)
    with pytest.raises(ValueError):
        merge_heads(x)
    with pytest.raises(TypeError):
        MultiHeadAttention(d, h)(x, x, x, torch.ones(n, n))


@pytest.mark.parametrize("masked", [False, True])
def test_the_layer_is_torchs(masked):
    layer, query, key, value = layer_and_inputs()
    theirs = nn.MultiheadAttention(d, h, bias=False, batch_first=True).double()
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([layer.W_q.weight, layer.W_k.weight, layer.W_v.weight]))
        theirs.out_proj.weight.copy_(layer.W_o.weight)
    mask = torch.rand(B, h, n, m) < 0.6
    mask[..., 0] = True
    ignore = ~mask.reshape(B * h, n, m) if masked else None
    out, weights = layer(query, key, value, mask if masked else None)
    wanted, wanted_weights = theirs(query, key, value, attn_mask=ignore, average_attn_weights=False)
    assert torch.allclose(out, wanted, atol=1e-12) and torch.allclose(weights, wanted_weights, atol=1e-12)


def test_a_head_is_an_attention_of_its_own_rows():
    layer, query, key, value = layer_and_inputs()
    out, weights = layer(query, key, value)
    total = 0
    for i in range(h):
        rows = slice(4 * i, 4 * i + 4)
        q, k, v = (
            x @ W.weight[rows].T for x, W in ((query, layer.W_q), (key, layer.W_k), (value, layer.W_v))
        )
        alone = torch.softmax(q @ k.transpose(1, 2) / math.sqrt(d / h), dim=-1)
        assert torch.allclose(alone, weights[:, i])
        total = total + alone @ v @ layer.W_o.weight[:, rows].T
    assert torch.allclose(out, total)


def test_a_mask_broadcasts_and_true_may_attend():
    layer, query, key, value = layer_and_inputs()
    allowed = torch.tensor([[True] * 5, [True, True, False, False, False]])
    out, weights = layer(query, key, value, allowed[:, None, None, :])
    assert weights[1, :, :, 2:].abs().max() == 0 and weights[0].min() > 0
    short, _ = layer(query[1:], key[1:, :2], value[1:, :2])
    assert torch.allclose(out[1:], short)
    causal = torch.ones(n, n, dtype=torch.bool).tril()
    assert layer(query, query, query, causal)[1].triu(1).abs().max() == 0


def test_a_query_without_a_key_gets_zeros_and_a_clean_gradient():
    layer, query, key, value = layer_and_inputs()
    mask = torch.ones(B, 1, n, m, dtype=torch.bool)
    mask[0, :, 2] = False
    query.requires_grad_()
    out, weights = layer(query, key, value, mask)
    assert weights[0, :, 2].abs().max() == 0 and out[0, 2].abs().max() == 0
    out.square().sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in layer.parameters()) and torch.isfinite(query.grad).all()
    assert query.grad[0, 2].abs().max() == 0 < query.grad[0, 1].abs().max()


def test_a_gate_of_zero_is_a_head_without_output_weights():
    layer, query, key, value = layer_and_inputs()
    whole, weights = layer(query, key, value)
    layer.head_gate[1] = 0
    gated, same = layer(query, key, value)
    assert torch.equal(weights, same) and not torch.allclose(whole, gated)
    layer.head_gate[1] = 1
    with torch.no_grad():
        layer.W_o.weight[:, 4:8] = 0
    assert torch.allclose(layer(query, key, value)[0], gated)
    assert set(dict(layer.state_dict())) == {f"W_{name}.weight" for name in "qkvo"}
