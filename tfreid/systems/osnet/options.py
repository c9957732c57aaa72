"""Options of OSNet; their defaults are those of its authors' recipe."""

import dataclasses

from tfreid.options.data import AugmentOptions, DataOptions
from tfreid.options.fields import Checked, option
from tfreid.systems.embedding.options import EvaluationOptions, ScheduledLearningOptions

WIDTHS = {"x1_0": 64, "x0_75": 48, "x0_5": 32, "x0_25": 16}  # channels of the first map
PLAIN, IBN, AIN = "", "ibn", "ain"
VARIANTS = (*WIDTHS, "ibn_x1_0", *(f"ain_{width}" for width in WIDTHS))


@dataclasses.dataclass(frozen=True)
class OsnetOptions(Checked):
    """OSNet: which of its variants, and how its embeddings are compared."""

    model: str = option("osnet", "System to build.", choices=("osnet",))
    variant: str = option(
        "x1_0",
        "Width, from x1_0 to x0_25; with instance norm at fixed places (ibn_) or where a search "
        "found it best for other cameras (ain_).",
        choices=VARIANTS,
    )
    unit_length: bool = option(
        False, "Scale embeddings to length 1, so that their distance orders as the cosine does."
    )

    @property
    def kind(self):
        """`PLAIN`, `IBN` or `AIN`."""
        return self.variant.rpartition("_x")[0]

    @property
    def channels(self):
        """Channels of the first map; the other three have 4, 6 and 8 times as many."""
        return WIDTHS[self.variant.removeprefix(f"{self.kind}_")]


@dataclasses.dataclass(frozen=True)
class OsnetDataOptions(DataOptions, height=256, width=128):
    """Which images, and how they are brought to one size; defaults are OSNet's."""


@dataclasses.dataclass(frozen=True)
class OsnetAugmentOptions(AugmentOptions, cutout_probability=0.0):
    """Random changes of training images; a flip is OSNet's only one."""


@dataclasses.dataclass(frozen=True)
class OsnetLearningOptions(
    ScheduledLearningOptions,
    identities_per_batch=16,
    epochs=1000,
    # torchreid's recipe, as the schedule and the batch of 64 are; it counts epochs in images.
    learning_rate=1.5e-3,
    warmup_epochs=0,
    schedule="cosine",
):
    """OSNet's recipe; an epoch shows every identity once."""

    triplet_weight: float = option(
        0.0, "Share of the triplet loss beside the identity loss; 0: identities alone.", minimum=0
    )

    def learns_triplets(self):
        return self.triplet_weight > 0


@dataclasses.dataclass(frozen=True)
class OsnetEvaluationOptions(EvaluationOptions, flip_averaging=False):
    """How a trained OSNet is measured."""
