"""SONA-Net's training step written a second time, in PyTorch."""

import torch
from torch import nn
from torch.nn import functional

BRANCHES = ("global", "local")


class TorchLearner:
    """The losses and the optimizer of `IdentityLearner`, on a `TorchSonaNet`.

    Args:
      network: maps images to (global, local); possibly compiled.
      dims: their sizes.
      num_identities: classes of each branch's classifier.
      options: `IdentityLearningOptions`; the learning rate is that of the first epoch.
      device: where the network is.
    """

    def __init__(self, network, dims, num_identities, options, device="cpu"):
        if options.triplet_margin != "soft":
            raise ValueError(f"triplet_margin={options.triplet_margin}: only soft is written.")
        self.network = network.train()
        self.classifiers = nn.ModuleList(nn.Linear(size, num_identities) for size in dims)
        self.classifiers.to(device)
        self._label_smoothing = options.label_smoothing
        parameters = [*network.parameters(), *self.classifiers.parameters()]
        # The rate of the first stair, and no schedule: a benchmark takes a few steps.
        stairs = options.warmup_stairs if options.warmup_epochs else 1
        self._optimizer = torch.optim.Adam(
            parameters, options.learning_rate / stairs, weight_decay=options.weight_decay
        )

    def step(self, images, labels):
        """Learns from a batch once; returns its loss, a scalar tensor."""
        loss = 0.0
        for embedding, classifier in zip(self.network(images), self.classifiers):
            loss = loss + compute_triplet_loss(embedding, labels)
            loss = loss + functional.cross_entropy(
                classifier(embedding), labels, label_smoothing=self._label_smoothing
            )
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        return loss.detach()


def compute_triplet_loss(embedding, labels):
    """Returns the mean soft-margin loss of the hardest triplets within a batch."""
    squares = embedding.square().sum(dim=1)
    distances = squares[:, None] + squares[None, :] - 2 * embedding @ embedding.T
    # The root of 0 has no gradient, and an image is at distance 0 from itself.
    distances = distances.clamp_min(1e-12).sqrt()
    same = labels[:, None] == labels[None, :]
    positives = distances.masked_fill(~same, float("-inf")).amax(dim=1)
    negatives = distances.masked_fill(same, float("inf")).amin(dim=1)
    return functional.softplus(positives - negatives).mean()
