import torch


def tensors(seed, *shapes, dtype=torch.float32):
    """Tensors of normal numbers, one for each shape."""
    return [torch.from_numpy(part).to(dtype) for part in numbers(seed, *shapes)]


def parameters_of(layer):
    """Name -> shape of a module's parameters."""
    return {name: tuple(parameter.shape) for name, parameter in layer.named_parameters()}


def load(layer, parameters):
    """Set a module's parameters to the given arrays; buffers of its own stay as they are."""
    state = {name: torch.as_tensor(array) for name, array in parameters.items()}
    layer.load_state_dict(state, strict=False)


def gradients_of(layer, *inputs):
    """Name -> gradient of the sum of the output's squares, None where none arrives."""
    layer.zero_grad()
    output = layer(*inputs)[0]
    if output.requires_grad:
        (output**2).sum().backward()
    return {name: parameter.grad for name, parameter in layer.named_parameters()}
