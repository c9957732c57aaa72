"""What a check of a GPU measures: which network does what, in which precision."""

import dataclasses

import numpy as np

from tfreid.options import TrainOptions

PRECISIONS = ("float32", "mixed_bfloat16")
REPLICAS = "replicas"
_FLAGS = {
    "sona": ("--model=sona_net", "--identities_per_batch=16"),
    "baseline": ("--model=sona_net", "--identities_per_batch=16", "--sona_stages="),
    "kvm": ("--model=kvm_mn", "--query_block=16", "--gallery_block=64"),
}
_SMALL_SONA = (
    "--height=32 --width=16 --width_multiplier=0.0625 --drop=none --identities_per_batch=2"
)
_SMALL_KVM = (
    "--height=33 --width=17 --final_endpoint=Mixed_3b --feature_dim=8 --num_heads=2 --key_dim=4 "
    "--value_dim=4 --sets_per_step=2 --set_size=3 --query_block=2 --gallery_block=3"
)


@dataclasses.dataclass(frozen=True)
class Case:
    """One work of one network.

    Attributes:
      network: "sona", "baseline" (SONA-Net without SONA) or "kvm".
      work: "one" (the network on one image, or one pair), "batch" (a training batch's images),
        "match" (all pairs of a block of memories) or "train" (a training step).
      precision: Keras policy, of `PRECISIONS`.
      small: whether at sizes that only show that it works; otherwise at the paper's.
    """

    network: str
    work: str
    precision: str = "float32"
    small: bool = False

    @property
    def name(self):
        return f"{self.network}_{self.work}_{self.precision}"

    @property
    def is_kvm(self):
        return self.network == "kvm"

    @property
    def options(self):
        """`TrainOptions` of the network; all but sizes are the papers'."""
        small = _SMALL_KVM if self.is_kvm else _SMALL_SONA
        flags = ["--nodeterministic", "--cutout_probability=0", f"--precision={self.precision}"]
        flags += small.split() if self.small else []
        return TrainOptions.parse(["", *_FLAGS[self.network], *flags])

    @property
    def count(self):
        """Images, or with "match" and KVM-MN's "one" pairs."""
        learning, evaluation = self.options.learning, self.options.evaluation
        if self.work == "one":
            return 1
        if self.work == "match":
            return evaluation.query_block * evaluation.gallery_block
        if self.is_kvm:
            return learning.sets_per_step * learning.images_per_set
        return learning.identities_per_batch * learning.images_per_identity

    def draw_images(self):
        """Returns random images, float32[count, H, W, 3]; of KVM-MN's one pair [1, 2, H, W, 3]."""
        data = self.options.data
        pair = [2] if self.is_kvm and self.work == "one" else []
        shape = [self.count, *pair, data.height, data.width, 3]
        return np.random.default_rng(1).standard_normal(shape, np.float32)

    def make_labels(self):
        """Returns int32[count]: four images of each person; or a probe, its match, and others."""
        if not self.is_kvm:
            return (np.arange(self.count) // 4).astype(np.int32)
        one_set = np.maximum(np.arange(self.options.learning.images_per_set) - 1, 0)
        starts = 100 * np.arange(self.options.learning.sets_per_step)
        return (starts[:, None] + one_set).reshape(-1).astype(np.int32)

    def draw_memories(self, locations):
        """Returns keys and values of queries, then of a gallery, float32[B, heads, L, dim]."""
        model, evaluation = self.options.model, self.options.evaluation
        generator = np.random.default_rng(2)
        return [
            generator.random([count, model.num_heads, locations, dim], np.float32)
            for count in (evaluation.query_block, evaluation.gallery_block)
            for dim in (model.key_dim, model.value_dim)
        ]


def list_cases(small=False):
    """Returns all cases; what the papers state was measured in float32."""
    cases = [Case(network, "one", small=small) for network in _FLAGS]
    cases.append(Case("baseline", "batch", small=small))
    works = (("sona", "batch"), ("kvm", "match"), ("sona", "train"), ("kvm", "train"))
    cases += [Case(*work, precision, small) for precision in PRECISIONS for work in works]
    return cases


NAMES = (*(case.name for case in list_cases()), REPLICAS)
