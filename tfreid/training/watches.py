"""Signs in the losses that a training learns nothing; each is told with its cure."""

import math

from absl import logging

_COLLAPSED_INTERVALS = 8
_COLLAPSE_BAND = 0.05  # a gap of 0.1 between the two distances
_STILL_INTERVALS = 5
_STILL = 0.98  # a loss that is above this share of what it was has not fallen
_COLLAPSED_DISTANCE = 0.1  # between images of different people; else it is of the order of 10


class CollapseWatch:
    """Warns when the soft margin sits at ln 2 and nobody is far from anybody: all have become one.

    The loss alone does not tell: it passes ln 2 whenever the hardest positive and the hardest
    negative happen to be equally far.
    """

    def __init__(self):
        self._intervals = 0

    def look(self, step, values, branches):
        """Takes the averages of an interval; of each of the branches that learn from triplets."""
        sits = any(
            abs(values[f"triplet_{branch}"] - math.log(2)) < _COLLAPSE_BAND
            and values[f"hardest_negative_{branch}"] < _COLLAPSED_DISTANCE
            for branch in branches
            if f"triplet_{branch}" in values
        )
        self._intervals = self._intervals + 1 if sits else 0
        if self._intervals == _COLLAPSED_INTERVALS:
            logging.warning(
                "step %d: the triplet loss has stayed at ln 2 = 0.693, as if all embeddings were "
                "equal (collapse). Begin with identities alone (`identity_epochs`), lower "
                "`learning_rate`, or lengthen `warmup_epochs`.",
                step,
            )


class StandstillWatch:
    """Warns when triplets point the wrong way for long, and nothing falls.

    In healthy trainings from random weights, too, other people are nearer than the same one at
    first, and every triplet is active; but their losses fall. Once the learning rate has been
    lowered, losses stand still in every training.
    """

    def __init__(self):
        self._losses = []  # of the intervals so far
        self._highest_rate = 0.0

    def look(self, step, values, branches):
        """Takes the averages of an interval, as `CollapseWatch.look` does."""
        learning = [branch for branch in branches if f"triplet_{branch}" in values]
        self._highest_rate = max(self._highest_rate, values["learning_rate"])
        # Half: a staircase falls to a tenth at once, a cosine to half in the middle of its way.
        is_lowered = values["learning_rate"] < self._highest_rate / 2
        if is_lowered or not learning or not all(_is_astray(values, b) for b in learning):
            self._losses.clear()
            return
        self._losses.append([values[f"{k}_{b}"] for b in learning for k in ("triplet", "identity")])
        if len(self._losses) < _STILL_INTERVALS:
            return
        before = self._losses.pop(0)
        if all(now > _STILL * then for then, now in zip(before, self._losses[-1])):
            self._losses.clear()
            logging.warning(
                "step %d: the triplet loss stays above ln 2 = 0.693 with every triplet active, and "
                "no loss falls: nothing is learned. Lower `learning_rate`, lengthen "
                "`warmup_epochs`, or begin with identities alone (`identity_epochs`) or with more "
                "steps of smaller images (`half_size_epochs`).",
                step,
            )


def _is_astray(values, branch):
    return values[f"triplet_{branch}"] > math.log(2) and values[f"active_triplets_{branch}"] == 100
