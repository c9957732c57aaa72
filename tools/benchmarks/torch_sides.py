"""What the sides of PyTorch have in common. Imports PyTorch only when a side is prepared."""

import os

import numpy as np

from tfreid.errors import InputError

# As written, [B, C, H, W]; with the channels last in memory; and by `torch.compile`.
MODES = ("eager", "channels_last", "compile")


def check_model(model):
    """Raises `InputError` for a network that `torch_sona_net` does not know."""
    if model.sona_after_stage4 != "none":
        raise InputError(
            f"--sona_after_stage4={model.sona_after_stage4}: the network in PyTorch has no such "
            "part; give none."
        )
    if model.drop == "batch_feature_erasing":
        raise InputError(
            f"--drop={model.drop}: the network in PyTorch has no such part; give none, dropblock "
            "or dropblock_plus."
        )


def make_network(model, weights):
    """Returns a `TorchSonaNet` with the weights of an .npz file (see `torch_weights`)."""
    import torch

    from tools.benchmarks.torch_sona_net import TorchSonaNet

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    network = TorchSonaNet(model)
    with np.load(weights) as arrays:
        state = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    state = {name: value for name, value in state.items() if not name.startswith("classifiers.")}
    missing, unexpected = network.load_state_dict(state, strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise ValueError(f"weights that do not fit: missing {missing}, left over {unexpected}.")
    return network


def arrange(network, images, mode):
    """Returns network and images float32[B, H, W, 3] as a mode of `MODES` wants them."""
    import torch

    images = torch.from_numpy(images).permute(0, 3, 1, 2)
    if mode == "channels_last":
        layout = torch.channels_last
    else:
        layout = torch.contiguous_format
    images, network = images.contiguous(memory_format=layout), network.to(memory_format=layout)
    return (torch.compile(network) if mode == "compile" else network), images
