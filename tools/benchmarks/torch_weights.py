"""The weights of our SONA-Net under the names, and in the axes, of `torch_sona_net`."""

import numpy as np


def draw_weights(network, seed=0):
    """Gives every weight of a built network a random value of its usual size.

    A new network's blocks start as their shortcuts, so that most of its weights change nothing:
    two networks could differ in them and still agree.
    """
    generator = np.random.default_rng(seed)
    for variable in network.variables:
        shape, name = tuple(variable.shape), variable.name.split(":")[0]
        if not variable.dtype.is_floating:
            continue
        if len(shape) > 1:
            fan_in = int(np.prod(shape[:-1]))
            values = generator.standard_normal(shape) / fan_in**0.5
        else:
            values = 0.1 * generator.standard_normal(shape)
            values += name.endswith(("gamma", "moving_variance"))
        variable.assign(values.astype(np.float32))


def convert_weights(network):
    """Returns {PyTorch's name: float32 array} of a built `SonaNet`."""
    weights = {}
    for name, layer in network.backbone.torch_names():
        _add(weights, _rename(name), layer)
    for stage, attention in network.backbone.after_stage.items():
        for part in ("theta", "theta_norm", "g", "p"):
            _add(weights, f"attentions.{stage}.{part}", getattr(attention, part))
    for name, layer in network.local_branch.bottleneck.torch_names():
        _add(weights, f"bottleneck.{name}", layer)
    for branch in ("global", "local"):
        reduction = getattr(network, f"{branch}_branch").reduction
        _add(weights, f"{branch}_reduction.dense", reduction.dense)
        _add(weights, f"{branch}_reduction.norm", reduction.norm)
    return weights


def _rename(name):
    """torchvision's "layer1.0.conv1" -> "stages.0.0.conv1"."""
    if not name.startswith("layer"):
        return name
    stage, rest = name[len("layer") :].split(".", 1)
    return f"stages.{int(stage) - 1}.{rest}"


def _add(weights, name, layer):
    if hasattr(layer, "moving_mean"):
        weights[f"{name}.weight"] = layer.gamma.numpy()
        weights[f"{name}.bias"] = layer.beta.numpy()
        weights[f"{name}.running_mean"] = layer.moving_mean.numpy()
        weights[f"{name}.running_var"] = layer.moving_variance.numpy()
        return
    kernel = layer.kernel.numpy()
    axes = (3, 2, 0, 1) if kernel.ndim == 4 else (1, 0)  # HWIO -> OIHW, IO -> OI
    weights[f"{name}.weight"] = np.ascontiguousarray(kernel.transpose(axes))
    if layer.use_bias:
        weights[f"{name}.bias"] = layer.bias.numpy()
