"""The scales of `--scale`: the papers' recipes as they are, or all of them made small.

The small scale is for a laptop: small images, narrow networks, few steps. What a row is about
(attention, what is dropped, heads, M, augmentation) stays as the row says. Where a row says it by a
size, that size is divided, so that rows still differ by the same factor.
"""

import dataclasses
import math

from tfreid.options import KVM_MN, SONA_NET
from tfreid.options.fields import to_text

PAPER, SMALL = "paper", "small"


@dataclasses.dataclass(frozen=True)
class Overlay:
    """What a scale changes in every recipe of a system.

    Attributes:
      values: {flag: value in all recipes}.
      divisors: {flag: what the recipe's own value is divided by}; rounded up.
    """

    values: dict
    divisors: dict

    def list_flags(self, options):
        """Returns the flags ["--name=value", ...] that make a recipe's `TrainOptions` small."""
        recipe = {name: value for group in options for name, value in vars(group).items()}
        divided = {
            name: math.ceil(recipe[name] / divisor) for name, divisor in self.divisors.items()
        }
        changes = {**self.values, **divided}
        return [f"--{name}={to_text(value)}" for name, value in changes.items()]


OVERLAYS = {
    # As configs/sona_small_market1501.cfg, the recipe behind the README's figures.
    SONA_NET: Overlay(
        values={
            "height": 128,
            "width": 64,
            "cutout_height": 24,
            "cutout_width": 24,
            "width_multiplier": 0.25,
            "epochs": 48,
            "learning_rate": 0.003,
            "warmup_epochs": 4,
            "warmup_stairs": 4,
            "decay_epochs": (34, 43),
            "log_steps": 23,
            "checkpoint_steps": 230,
            "evaluate_epochs": 0,
            "cache_images": True,
        },
        # The map has a third of the rows and half of the columns.
        divisors={"drop_height": 2, "drop_width": 2},
    ),
    KVM_MN: Overlay(
        values={
            "height": 128,
            "width": 64,
            "final_endpoint": "Mixed_4b",
            "flip_probability": 0.5,
            "batch_norm_decay": 0.99,
            "mutual_sets": True,
            "num_sets": 0,
            "refresh_steps": 1000,
            "learning_rate": 0.05,
            "warmup_steps": 60,
            "weight_decay": 0.0005,
            "decay_at": (0.6, 0.85),
            "log_steps": 20,
            "checkpoint_steps": 200,
            "evaluate_steps": 0,
            "cache_images": True,
            "memory_dtype": "float16",
            "shortlist": 500,  # of Market-1501's 15,913 images: all pairs take most of an hour
        },
        divisors={
            "feature_dim": 4,
            "key_dim": 4,
            "value_dim": 4,
            "sets_per_step": 5,
            "steps": 50,
        },
    ),
}


# What headings and notes say of the small scale.
WARNING = "SMALL SCALE"
EXPLANATION = (
    "Small scale: small images, narrow networks, few steps. This is not the paper's experiment; "
    "its figures are not to be expected."
)
