"""Options of systems that match: how they learn, and how pairs are scored."""

import dataclasses

from tfreid.errors import InputError
from tfreid.options.fields import Checked, check_batch, option


@dataclasses.dataclass(frozen=True)
class SetwiseLearningOptions(Checked):
    """KVM-MN's recipe: sets of one probe and M gallery images, learned by SGD."""

    SHARED = "sets_per_step"  # what replicas share: a flag that they must divide

    objective: str = option(
        "setwise",
        "What is minimized: 'setwise' (Eq. 7-8), or 'pairwise': every pair classified alone.",
        choices=("setwise", "pairwise"),
    )
    set_size: int = option(15, "M: gallery images of a set, of M different identities.", minimum=2)
    sets_per_step: int = option(20, "Sets of a training step.", minimum=1)
    negatives: str = option(
        "hard",
        "Where a set's M - 1 other identities come from: 'hard' (the probe's nearest images of "
        "other identities) or 'random' (all of them).",
        choices=("hard", "random"),
    )
    num_neighbors: int = option(
        100, "Nearest images of other identities that hard negatives are drawn from.", minimum=1
    )
    refresh_steps: int = option(
        0, "Training steps between two searches for neighbors; 0: once, before training.", minimum=0
    )
    num_sets: int = option(
        500_000,
        "Different sets that training goes through, pass by pass; 0: never the same one again.",
        minimum=0,
        maximum=2**31 - 1,
    )
    mutual_sets: bool = option(
        False,
        "Every gallery image gets a probe of its own: 2 M images make 2 M M pairs. Learns faster "
        "than the paper's sets.",
    )
    steps: int = option(250_000, "Training steps.", minimum=1, may_grow=True)
    learning_rate: float = option(0.01, "Learning rate at first.", minimum=0)
    warmup_steps: int = option(0, "Steps in which the learning rate rises to it.", minimum=0)
    decay_at: tuple = option(
        (0.6, 0.8), "Shares of all steps at which the rate is decayed.", minimum=0, element=float
    )
    decay_factor: float = option(0.1, "Factor of each decay.", minimum=0, maximum=1)
    momentum: float = option(0.9, "Momentum of SGD.", minimum=0, maximum=0.999)
    weight_decay: float = option(
        2e-4, "L2: this times the weight is added to its gradient.", minimum=0
    )
    evaluate_steps: int = option(
        50_000,
        "Steps between two evaluations; 0: only at the end.",
        minimum=0,
        shapes_result=False,
    )
    seed: int = option(0, "Seed of everything random.", minimum=0, maximum=2**31 - 1)

    def check(self):
        check_batch(
            self.sets_per_step * self.images_per_set,
            f"sets_per_step={self.sets_per_step} set_size={self.set_size}",
        )
        if list(self.decay_at) != sorted(set(self.decay_at)) or any(
            share > 1 for share in self.decay_at
        ):
            raise InputError(f"decay_at={self.decay_at}: give shares up to 1, in rising order.")
        if self.negatives == "hard" and self.num_neighbors < self.set_size - 1:
            raise InputError(
                f"num_neighbors={self.num_neighbors}: fewer than the {self.set_size - 1} "
                f"negatives of set_size={self.set_size}; give at least as many."
            )

    @property
    def images_per_set(self):
        """1 + M, or 2 M in a mutual set."""
        return 2 * self.set_size if self.mutual_sets else 1 + self.set_size


@dataclasses.dataclass(frozen=True)
class PairScoringOptions(Checked):
    """How pairs of a trained KVM-MN are scored."""

    evaluation_batch: int = option(
        64, "Images per forward pass in evaluation.", minimum=1, shapes_result=False
    )
    memory_dtype: str = option(
        "float32",
        "Type in which images' memories are kept; the 16-bit ones take half the space.",
        choices=("float32", "float16", "bfloat16"),
        shapes_result=False,
    )
    shortlist: int = option(
        0,
        "Match each query only with the K gallery images nearest by pooled features, of those that "
        "count: not the query's identity by its own camera. (A single gallery shot without the "
        "query's camera has K of other cameras.) 0: all, as in the paper.",
        minimum=0,
        shapes_result=False,
    )
    symmetric: bool = option(
        False, "Average the scores of both directions of a pair.", shapes_result=False
    )
    query_block: int = option(
        8, "Queries that are matched at a time.", minimum=1, shapes_result=False
    )
    gallery_block: int = option(
        32, "Gallery images that are matched at a time.", minimum=1, shapes_result=False
    )

    def list_facts(self):
        """Returns {flag: value} of what a result depends on, to stand beside it."""
        return {
            "memory_dtype": self.memory_dtype,
            "shortlist": self.shortlist,
            "symmetric": self.symmetric,
        }
