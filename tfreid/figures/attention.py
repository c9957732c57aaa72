"""What a position of a feature map attends to: one row of a softmax over all positions."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Reference:
    """A position of the feature map to look from: its name, row and column, from 0."""

    name: str
    row: int
    col: int

    @property
    def place(self):
        """(row, col)."""
        return self.row, self.col


def choose_references(map_size):
    """Returns [Reference]: where head, torso and legs usually are, and a corner of background.

    The body's positions lie in the middle column, at the heights that they have in a well-cut
    pedestrian box; a box that is cut badly shifts them.

    Args:
      map_size: (h, w) of the feature map.
    """
    h, w = map_size
    places = (
        ("head", 0.12, 0.5),
        ("torso", 0.35, 0.5),
        ("legs", 0.78, 0.5),
        ("background", 0.05, 0.1),
    )
    return [Reference(name, int(y * h), int(x * w)) for name, y, x in places]


def select_weights(attention, place):
    """Returns float32[h, w]: one position's weights over the map.

    Args:
      attention: float[h, w, h, w]; attention[y, x] holds the weights of position (y, x).
      place: (row, col) of the position.

    Raises:
      ValueError: if attention has another shape, or the position lies outside the map.
    """
    shape, (row, col) = np.shape(attention), place
    if len(shape) != 4 or shape[:2] != shape[2:]:
        raise ValueError(f"attention is float[h, w, h, w], not of shape {shape}.")
    if not (0 <= row < shape[0] and 0 <= col < shape[1]):
        raise ValueError(
            f"reference (row {row}, col {col}) lies outside the map of {shape[0]} rows and "
            f"{shape[1]} columns."
        )
    return np.asarray(attention[row, col], np.float32)


def sort_positions(weights):
    """Returns [(row, col)] of a map [h, w], the largest weight first, equals as they are read."""
    order = np.argsort(-weights, axis=None, kind="stable")
    return [divmod(int(i), weights.shape[1]) for i in order]
