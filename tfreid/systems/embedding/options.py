"""Options of systems that embed: how they learn, and how they are measured."""

import dataclasses
import math

from tfreid.errors import InputError
from tfreid.options.fields import Checked, check_batch, option

# Of a fine-tuning: a batch of 32 images is learned 600 times though there are ten people, and a
# night on a CPU is enough though there are thousands. Not tuned.
_USUAL_EPOCHS, _FEWEST_STEPS, _MOST_STEPS = 60, 600, 12_000


@dataclasses.dataclass(frozen=True)
class IdentityLearningOptions(Checked):
    """SONA-Net's recipe (section 3.2); an epoch shows every identity once."""

    SHARED = "identities_per_batch"  # what replicas share: a flag that they must divide

    identities_per_batch: int = option(32, "P: identities in a batch.", minimum=2)
    images_per_identity: int = option(4, "K: images of each of them.", minimum=1)
    # The paper's: of Market-1501 such an epoch has 23 steps, and 400 of them fit its 2.5 hours.
    epochs: int = option(
        400,
        "Epochs to train; each shows every identity once. 0: 60, but 600 steps at least, and at "
        "most as many as 12,000 steps.",
        minimum=0,
        may_grow=True,
    )
    half_size_epochs: int = option(
        0,
        "Epochs at the beginning in which images have half the height and width: four times as "
        "many are learned from in the same time. A cosine schedule begins anew after them.",
        minimum=0,
        is_new=True,
    )
    identity_epochs: int = option(
        0,
        "Epochs at the beginning that learn identities before triplets: a batch of them has one "
        "image of each of P x K people.",
        minimum=0,
        is_new=True,
    )
    learning_rate: float = option(1e-3, "Learning rate after the warm-up.", minimum=0)
    warmup_epochs: int = option(50, "Epochs of the staircase warm-up; 0 for none.", minimum=0)
    warmup_stairs: int = option(
        10, "Stairs of the warm-up: it starts at learning_rate / stairs.", minimum=1
    )
    decay_epochs: tuple = option(
        (200, 300), "Epochs at which the learning rate is decayed.", minimum=1, element=int
    )
    decay_factor: float = option(0.1, "Factor of each decay.", minimum=0, maximum=1)
    # BFE's, the paper's base code: the paper gives none. Label smoothing likewise.
    weight_decay: float = option(
        5e-4, "L2: this times the weight is added to its gradient.", minimum=0
    )
    triplet_margin: str = option("soft", "Triplet margin: 'soft' (softplus) or a number.")
    label_smoothing: float = option(
        0.1, "Share of the target spread over all identities.", minimum=0, maximum=0.99
    )
    evaluate_epochs: int = option(
        50, "Epochs between two evaluations; 0: only at the end.", minimum=0, shapes_result=False
    )
    seed: int = option(0, "Seed of everything random.", minimum=0, maximum=2**31 - 1)

    def complete(self, identities):
        """Returns the options with the epochs that 0 stands for.

        Args:
          identities: how many are learned from.
        """
        if self.epochs:
            return self
        steps_per_epoch = max(1, identities // self.identities_per_batch)
        steps = min(max(_USUAL_EPOCHS * steps_per_epoch, _FEWEST_STEPS), _MOST_STEPS)
        return dataclasses.replace(self, epochs=math.ceil(steps / steps_per_epoch))

    def learns_triplets(self):
        """Whether the triplet loss is learned from, and not only shown."""
        return True

    def check(self):
        if self.images_per_identity < 2 and self.learns_triplets():
            raise InputError(
                f"images_per_identity={self.images_per_identity}: must be at least 2 for triplets."
            )
        check_batch(
            self.identities_per_batch * self.images_per_identity,
            f"identities_per_batch={self.identities_per_batch} "
            f"images_per_identity={self.images_per_identity}",
        )
        for name in ("half_size_epochs", "identity_epochs"):
            if self.epochs and getattr(self, name) > self.epochs:
                raise InputError(
                    f"{name}={getattr(self, name)}: must not be larger than epochs={self.epochs}."
                )
        if list(self.decay_epochs) != sorted(set(self.decay_epochs)):
            raise InputError(f"decay_epochs={self.decay_epochs}: give them in rising order.")
        if self.triplet_margin == "soft":
            return
        try:
            margin = float(self.triplet_margin)
        except ValueError:
            margin = -1.0
        # Written so that NaN is refused, too.
        if not 0 <= margin < float("inf"):
            raise InputError(f"triplet_margin={self.triplet_margin}: give 'soft' or a number >= 0.")


@dataclasses.dataclass(frozen=True)
class ScheduledLearningOptions(IdentityLearningOptions):
    """The same with a choice of what comes after the warm-up."""

    schedule: str = option(
        "stairs",
        "After the warm-up: 'stairs' down at the decay epochs, or the half 'cosine' from the "
        "learning rate to 0.",
        choices=("stairs", "cosine"),
    )


@dataclasses.dataclass(frozen=True)
class EvaluationOptions(Checked):
    """How a trained network is measured (SONA-Net, sections 3.2 and 3.3)."""

    evaluation_batch: int = option(
        64, "Images per forward pass in evaluation.", minimum=1, shapes_result=False
    )
    flip_averaging: bool = option(
        True, "Average the embeddings of an image and its mirror image.", shapes_result=False
    )

    def list_facts(self):
        """Returns {flag: value} of what a result depends on, to stand beside it."""
        return {"flip_averaging": self.flip_averaging}
