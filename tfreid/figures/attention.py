"""SONA's attention in the manner of the paper's Figure 3.

A position of the feature map, the reference, attends to all positions: one row of the softmax of
Eq. (2). It is drawn over the picture as a heat map, with the reference in green and the positions
that it attends to most in red.
"""

import dataclasses

import numpy as np
from PIL import Image

from tfreid.figures.canvas import GREEN, RED, draw_mark
from tfreid.figures.heatmap import blend_heatmap
from tfreid.figures.images import read_image

PANEL_HEIGHT = 384  # pixels


@dataclasses.dataclass(frozen=True)
class Reference:
    """A position of the feature map to look from: its name, row and column, from 0."""

    name: str
    row: int
    col: int


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


def find_related(attention, reference, top=10):
    """Returns [(row, col)]: the positions that a reference attends to most, the strongest first.

    The reference itself is left out; equal weights keep the order of reading.

    Args:
      attention: float[h, w, h, w]; attention[y, x] holds the weights of position (y, x).
      reference: (row, col).
      top: how many to return at most.

    Raises:
      ValueError: if attention has another shape, or the reference lies outside the map.
    """
    positions = sort_positions(select_weights(attention, reference))
    return [position for position in positions if position != tuple(reference)][:top]


def sort_positions(weights):
    """Returns [(row, col)] of a map [h, w], the largest weight first, equals as they are read."""
    order = np.argsort(-weights, axis=None, kind="stable")
    return [divmod(int(i), weights.shape[1]) for i in order]


def select_weights(attention, reference):
    """Returns float32[h, w]: one reference's weights over the map. Raises as `find_related`."""
    shape, (row, col) = np.shape(attention), reference
    if len(shape) != 4 or shape[:2] != shape[2:]:
        raise ValueError(f"attention is float[h, w, h, w], not of shape {shape}.")
    if not (0 <= row < shape[0] and 0 <= col < shape[1]):
        raise ValueError(
            f"reference (row {row}, col {col}) lies outside the map of {shape[0]} rows and "
            f"{shape[1]} columns."
        )
    return np.asarray(attention[row, col], np.float32)


def level_reference(weights, reference):
    """Returns the weights with the reference's own lowered to the largest of the others.

    A position mostly resembles itself: unlevelled, its own weight would take the whole color scale.
    """
    others = np.delete(weights.ravel(), reference[0] * weights.shape[1] + reference[1])
    levelled = weights.copy()
    levelled[tuple(reference)] = min(weights[tuple(reference)], others.max(initial=0))
    return levelled


def draw_attention(image, attention, reference, top=10, panel_height=PANEL_HEIGHT):
    """Draws what one reference position attends to among the others (`level_reference`).

    Args:
      image: uint8[H, W, 3], the picture that the network saw.
      attention: float[h, w, h, w]; attention[y, x] holds the weights of position (y, x). The map
        need not have the picture's proportions.
      reference: (row, col) on the map: the green square.
      top: how many red points to draw, the strongest related positions.
      panel_height: height of the drawing in pixels; its width keeps the picture's proportions.

    Returns:
      uint8[panel_height, width, 3].

    Raises:
      ValueError: if attention has another shape, or the reference lies outside the map.
    """
    weights = level_reference(select_weights(attention, reference), reference)
    panel = draw_heat_panel(image, weights, find_related(attention, reference, top), panel_height)
    mark_reference(panel, reference, weights.shape)
    return np.asarray(panel)


def draw_heat_panel(image, weights, marked=(), panel_height=PANEL_HEIGHT):
    """Draws weights as a heat map over a picture, and red points at some positions.

    Args:
      image: uint8[H, W, 3].
      weights: float[h, w].
      marked: [(row, col)] of the red points, the most important first: it is drawn on top.
      panel_height: height of the panel in pixels.

    Returns:
      A `PIL.Image`.
    """
    panel = Image.fromarray(blend_heatmap(enlarge_picture(image, panel_height), weights))
    for position in reversed(marked):
        mark_related(panel, position, weights.shape)
    return panel


def describe_peak(largest, mean):
    """Returns words for how far a weight exceeds the mean, which uniform attention gives to all."""
    return f"max {largest / mean:.2f}× uniform"


def mark_reference(panel, reference, map_size, share=1 / 75):
    """Draws the green square of a reference (row, col); half its side is a share of the height."""
    center = locate_position(reference, map_size, panel.size)
    draw_mark(panel, center, panel.height * share, GREEN, "square")


def mark_related(panel, position, map_size):
    """Draws the red point of a related position (row, col) on a `PIL.Image`."""
    center = locate_position(position, map_size, panel.size)
    draw_mark(panel, center, panel.height / 90, RED)


def locate_position(position, map_size, size):
    """Returns (x, y) in pixels of a map position (row, col) on a picture of (width, height)."""
    return tuple((position[i] + 0.5) * size[1 - i] / map_size[i] for i in (1, 0))


def enlarge_picture(image, panel_height):
    """Returns uint8[panel_height, width, 3]: the picture at the height of a panel."""
    picture = read_image(image)
    width = max(1, round(picture.width * panel_height / picture.height))
    return np.asarray(picture.resize((width, panel_height), Image.Resampling.BICUBIC))
