"""Losses: as functions of embeddings, logits or scores, and as Keras losses for `compile`."""

from tfreid.losses.batch_hard_triplet import BatchHardTripletLoss, HardTriplets, mine_batch_hard
from tfreid.losses.setwise import (
    PairwiseLoss,
    SetwiseLoss,
    compute_pairwise_losses,
    compute_setwise_losses,
)
from tfreid.losses.smoothed_identity import SmoothedIdentityLoss, compute_identity_losses

__all__ = [
    "BatchHardTripletLoss",
    "HardTriplets",
    "PairwiseLoss",
    "SetwiseLoss",
    "SmoothedIdentityLoss",
    "compute_identity_losses",
    "compute_pairwise_losses",
    "compute_setwise_losses",
    "mine_batch_hard",
]
