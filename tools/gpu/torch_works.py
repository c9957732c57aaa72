"""PyTorch's side of a check: the same works, with the channels last, on the same card."""

import torch
from torch.nn import functional

from tools.benchmarks.torch_learning import TorchLearner
from tools.benchmarks.torch_sona_net import TorchSonaNet
from tools.gpu.torch_kvm_mn import TorchKvmMn

_IDENTITIES = 751


def make_work(case, device, compiles):
    """Returns a function that does a case's work once, on a device that may still be busy after.

    Args:
      case: `Case`.
      device: `torch.device`.
      compiles: whether by `torch.compile`.
    """
    torch.backends.cuda.matmul.allow_tf32 = True  # as TensorFlow and XLA multiply float32
    torch.backends.cudnn.benchmark = True
    translate = torch.compile if compiles else (lambda function: function)
    make = _learn if case.work == "train" else _infer
    once = make(case, device, translate)
    bfloat16 = case.precision == "mixed_bfloat16"

    def work():
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            return once()

    return work


def make_network(case):
    """Returns the network in PyTorch of a case."""
    model, data = case.options.model, case.options.data
    if not case.is_kvm:
        return TorchSonaNet(model)
    stride = 8 if model.final_endpoint.startswith("Mixed_3") else 16
    return TorchKvmMn(model, [-(-side // stride) for side in (data.height, data.width)])


def _place(case, device):
    """Returns the network, and the images as it wants them, on the device."""
    network = make_network(case).to(device)
    (network.backbone if case.is_kvm else network).to(memory_format=torch.channels_last)
    # Seen as [..., 3, H, W], stored with the channels last.
    return network, torch.from_numpy(case.draw_images()).to(device).movedim(-1, -3)


def _infer(case, device, translate):
    if case.work == "match":
        network = make_network(case).to(device)
        rows, columns = network.locations
        parts = [torch.from_numpy(part).to(device) for part in case.draw_memories(rows * columns)]
        arguments = [*(part[:, None] for part in parts[:2]), *(part[None] for part in parts[2:])]
        call = network.match
    else:
        network, images = _place(case, device)
        arguments, call = [images], network
    network.eval()
    call = translate(call)

    def once():
        with torch.inference_mode():
            return call(*arguments)

    return once


def _learn(case, device, translate):
    network, images = _place(case, device)
    learning = case.options.learning
    if case.is_kvm:
        sets = images.unflatten(0, (learning.sets_per_step, learning.images_per_set))
        return _learn_sets(network.train(), translate, sets, learning)
    labels = torch.from_numpy(case.make_labels()).long().to(device)
    dims = (case.options.model.global_dim, case.options.model.local_dim)
    learner = TorchLearner(translate(network), dims, _IDENTITIES, learning, device)
    return lambda: learner.step(images, labels)


def _learn_sets(network, translate, sets, learning):
    labels = torch.zeros(len(sets), dtype=torch.long, device=sets.device)
    optimizer = torch.optim.SGD(
        network.parameters(),
        learning.learning_rate,
        learning.momentum,
        weight_decay=learning.weight_decay,
    )
    score = translate(network)

    def once():
        optimizer.zero_grad()
        functional.cross_entropy(score(sets).float(), labels).backward()
        optimizer.step()

    return once
