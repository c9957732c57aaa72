"""Options of KVM-MN: its network, and its own defaults for images."""

import dataclasses

from tfreid.errors import InputError
from tfreid.options.data import AugmentOptions, DataOptions
from tfreid.options.fields import MOST_CHANNELS, Checked, option

ENDPOINTS = ("Mixed_3b", "Mixed_3c", "Mixed_4b", "Mixed_4c", "Mixed_4d", "Mixed_4e", "Mixed_4f")


@dataclasses.dataclass(frozen=True)
class KvmMnOptions(Checked):
    """KVM-MN: Inception-V1, key-value memory and co-attention matching; defaults are the paper's.

    A dimension of 0 stands for the one that its help names: the paper sets d_o = d_c = d.
    """

    model: str = option("kvm_mn", "System to build.", choices=("kvm_mn",))
    final_endpoint: str = option(
        "Mixed_4f",
        "Map of Inception-V1 to build on; earlier ones suit small images and machines.",
        choices=ENDPOINTS,
    )
    feature_dim: int = option(
        512, "d: channels of a location's feature.", minimum=4, maximum=MOST_CHANNELS
    )
    feature_norm: bool = option(
        True, "Batch norm and ReLU after the 1x1 convolution to d; otherwise a bias."
    )
    position_embedding: bool = option(True, "Add the position to each location (Eq. 1).")
    num_heads: int = option(
        4, "H: heads of the key-value memory.", minimum=1, maximum=MOST_CHANNELS
    )
    key_dim: int = option(64, "d_k: size of a head's key.", minimum=1, maximum=MOST_CHANNELS)
    value_dim: int = option(64, "d_v: size of a head's value.", minimum=1, maximum=MOST_CHANNELS)
    key_equals_value: bool = option(False, "Keys serve as values (K = V of Table 3).")
    attention_dim: int = option(
        0, "d_o: co-attention's output; 0 for d.", minimum=0, maximum=MOST_CHANNELS
    )
    comparison_dim: int = option(
        0, "d_c: comparison's output; 0 for d.", minimum=0, maximum=MOST_CHANNELS
    )
    score_dim: int = option(
        0, "Hidden units of the scoring network; 0 for d_c.", minimum=0, maximum=MOST_CHANNELS
    )
    score_norm: bool = option(
        True, "Batch norm before the scoring network's ReLU; otherwise a bias."
    )
    batch_norm_decay: float = option(
        0.9997, "Share of the old value that batch norm's averages keep.", minimum=0, maximum=1
    )
    sync_matching_norm: bool = option(
        False, "Share the batch-norm statistics of all but the backbone between replicas."
    )

    def check(self):
        if self.position_embedding and self.feature_dim % 4:
            raise InputError(
                f"feature_dim={self.feature_dim}: must be a multiple of 4 for the position "
                "embedding; change it, or give position_embedding=false."
            )
        if self.key_equals_value and self.key_dim != self.value_dim:
            raise InputError(
                f"`key_equals_value` needs key_dim={self.key_dim} and "
                f"value_dim={self.value_dim} to be equal."
            )

        for name in ("key_dim", "value_dim"):
            size = self.num_heads * getattr(self, name)
            if size > MOST_CHANNELS:
                raise InputError(
                    f"num_heads={self.num_heads} {name}={getattr(self, name)}: make {size:,} "
                    f"channels of all heads, which must be at most {MOST_CHANNELS}."
                )

    @property
    def attention_size(self):
        """d_o."""
        return self.attention_dim or self.feature_dim

    @property
    def comparison_size(self):
        """d_c."""
        return self.comparison_dim or self.feature_dim

    @property
    def score_size(self):
        """Hidden units of the scoring network."""
        return self.score_dim or self.comparison_size


@dataclasses.dataclass(frozen=True)
class KvmMnDataOptions(DataOptions, height=224, width=112, normalization="inception"):
    """Which images, and how they are brought to one size; defaults are KVM-MN's."""


@dataclasses.dataclass(frozen=True)
class KvmMnAugmentOptions(
    AugmentOptions,
    flip_probability=0.0,
    cutout_probability=0.0,
    rotation_degrees=11.25,
    erasing_probability=0.5,
):
    """Random changes of training images; defaults are KVM-MN's ("Data augmentation")."""
