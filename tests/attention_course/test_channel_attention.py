"""The gates of chapter 6 against their formulas, written out with loops."""

import math

import pytest
import torch

from attention_course.mechanisms import channel_attention as ca


@pytest.fixture
def x():
    torch.manual_seed(0)
    return torch.randn(3, 8, 5, 6)


def test_squeeze_and_excite_by_hand():
    maps = torch.tensor([[[[1.0, 3], [3, 1]], [[0, 0], [0, 4]]]])
    z = ca.squeeze(maps)
    assert z.tolist() == [[2, 1]]
    gates = ca.excite(z, torch.tensor([[1.0, -1]]), torch.tensor([[1.0], [-1]]))
    assert torch.allclose(gates, torch.sigmoid(torch.tensor([[1.0, -1]])))


def test_se_block_scales_each_map_by_one_gate(x):
    block = ca.SEBlock(8, 2)
    out = block(x)
    gates = ca.excite(ca.squeeze(x), block.down.weight, block.up.weight)
    for b in range(3):
        for c in range(8):
            assert torch.allclose(out[b, c], gates[b, c] * x[b, c])
    assert torch.equal(block.gates, gates) and not block.gates.requires_grad
    assert sum(p.numel() for p in block.parameters()) == 2 * 8 * 8 // 2


@pytest.mark.parametrize("block", [ca.SEBlock, ca.CBAM])
@pytest.mark.parametrize("reduction", [0, 3])
def test_a_reduction_that_does_not_divide_is_refused(block, reduction):
    with pytest.raises(ValueError, match="reduction"):
        block(8, reduction)


@pytest.mark.parametrize(
    ("channels", "size"), [(8, 3), (24, 3), (64, 3), (128, 5), (256, 5), (512, 5), (2, 1)]
)
def test_eca_kernel_size(channels, size):
    assert ca.eca_kernel_size(channels) == size


def test_eca_slides_one_kernel_along_the_channels(x):
    block = ca.ECABlock(8)
    block(x)
    w, z = block.kernel.weight[0, 0], ca.squeeze(x)
    for c in range(8):
        around = [z[:, c + j] * w[j + 1] for j in (-1, 0, 1) if 0 <= c + j < 8]
        assert torch.allclose(block.gates[:, c], torch.sigmoid(sum(around)), atol=1e-6)


def test_channel_gate_sums_both_pools_inside_the_sigmoid(x):
    W_1, W_2 = torch.randn(2, 8), torch.randn(8, 2)
    scores = [torch.relu(z @ W_1.T) @ W_2.T for z in (x.mean((2, 3)), x.flatten(2).max(2).values)]
    assert torch.allclose(ca.channel_gate(x, W_1, W_2), torch.sigmoid(scores[0] + scores[1]), atol=1e-6)


def test_spatial_gate_reads_mean_then_maximum(x):
    kernel = torch.zeros(1, 2, 3, 3)
    kernel[0, 0, 1, 1], kernel[0, 1, 1, 1] = 2.0, -1.0
    expected = torch.sigmoid(2 * x.mean(1) - x.max(1).values)
    assert torch.allclose(ca.spatial_gate(x, kernel)[:, 0], expected, atol=1e-6)
    with pytest.raises(ValueError, match="odd"):
        ca.spatial_gate(x, torch.zeros(1, 2, 4, 4))


def test_cbam_gates_channels_first(x):
    block = ca.CBAM(8, 2, kernel_size=3)
    out = block(x)
    gates = ca.channel_gate(x, block.down.weight, block.up.weight)
    within = ca.scale(x, gates)
    assert torch.allclose(out, within * ca.spatial_gate(within, block.conv.weight))
    assert block.places.shape == (3, 1, 5, 6)
    assert math.isclose(float(block.places.max()), float(block.places.max().clamp(0, 1)))
