"""Options of the baseline; their defaults are its paper's."""

import dataclasses

from tfreid.models.backbones import BACKBONES
from tfreid.options.data import AugmentOptions, DataOptions
from tfreid.options.fields import MOST_CHANNELS, Checked, option
from tfreid.systems.embedding.options import EvaluationOptions, ScheduledLearningOptions


@dataclasses.dataclass(frozen=True)
class BaselineOptions(Checked):
    """The baseline: a backbone of keras-cv, average pooling and BNNeck."""

    model: str = option("baseline", "System to build.", choices=("baseline",))
    backbone: str = option("resnet50", "Backbone, of keras-cv.", choices=BACKBONES)
    last_stride: int = option(
        1, "Stride of the backbone's last stage; its own is 2.", choices=(1, 2)
    )
    embedding_dim: int = option(
        0,
        "Size of a linear layer between pooling and neck, which is the embedding's; 0: no such "
        "layer, and the embedding has the backbone's channels.",
        minimum=0,
        maximum=MOST_CHANNELS,
    )
    frozen_levels: int = option(
        0,
        "Halvings of the image up to which the backbone keeps its initial weights: 3 freezes all "
        "layers of 1/8 of the size and before; 0: none.",
        minimum=0,
        maximum=4,
    )


@dataclasses.dataclass(frozen=True)
class BaselineDataOptions(DataOptions, height=256, width=128):
    """Which images, and how they are brought to one size; defaults are the baseline's."""

    # The network itself brings these to what its backbone expects.
    normalization: str = option(
        "inception", "Pixels as the network takes them: in [-1, 1].", choices=("inception",)
    )


@dataclasses.dataclass(frozen=True)
class BaselineAugmentOptions(
    AugmentOptions, crop_padding=10, cutout_probability=0.0, erasing_probability=0.5
):
    """Random changes of training images; defaults are the baseline's (sections 2 and 3.2)."""


@dataclasses.dataclass(frozen=True)
class BaselineLearningOptions(
    ScheduledLearningOptions,
    identities_per_batch=16,
    # 120, 10, 40 and 70 epochs of the paper, four of ours each.
    epochs=480,
    learning_rate=3.5e-4,
    warmup_epochs=40,
    decay_epochs=(160, 280),
    triplet_margin="0.3",
):
    """The baseline's recipe (sections 2 and 3); an epoch shows every identity once.

    The paper counts an epoch in images: of Market-1501, four of ours.
    """


@dataclasses.dataclass(frozen=True)
class BaselineEvaluationOptions(EvaluationOptions, flip_averaging=False):
    """How a trained baseline is measured."""
