"""Boxes of people in a frame: left, top, right, bottom, in pixels from its upper left corner."""

import math

import numpy as np

from tfreid.errors import InputError

_EDGES = "give [left, top, right, bottom] in pixels (not left, top, width, height)"


def cut_boxes(frame, boxes):
    """Cuts boxes out of a frame.

    Edges are rounded to whole pixels and boxes end where the frame does; each keeps a pixel.

    Args:
      frame: array [h, w, ...].
      boxes: float[N, 4], left, top, right, bottom; or anything that has them as `xyxy`, such as
        supervision's `Detections`.

    Returns:
      List of N arrays, views of the frame.

    Raises:
      InputError: for boxes of another shape; or naming the first, from 0, with a number that is not
        finite, without extent, or outside the frame.
    """
    boxes = check_boxes(getattr(boxes, "xyxy", boxes))
    height, width = frame.shape[:2]
    outside = ~reach_into(boxes, height, width)
    if outside.any():
        number = int(np.argmax(outside))
        raise InputError(
            f"boxes[{number}]: {_tell(boxes[number])} lies outside the frame of {width} x {height} "
            "pixels; leave it out."
        )
    return slice_boxes(frame, boxes)


def slice_boxes(frame, boxes):
    """Returns what boxes float[N, 4] that reach into a frame hold of it: a list of N views."""
    places = round_boxes(boxes, *frame.shape[:2])
    return [frame[top:bottom, left:right] for left, top, right, bottom in places]


def check_boxes(boxes):
    """Returns boxes as float64[N, 4]; raises `InputError` as `cut_boxes` does."""
    try:
        values = np.asarray(boxes, np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"boxes: no array of numbers ({error}); {_EDGES} of each.") from error
    if values.size == 0:
        return np.zeros((0, 4))
    if values.ndim != 2 or values.shape[1] != 4:
        raise InputError(f"boxes of shape {list(values.shape)}: must be [N, 4]; {_EDGES} of each.")
    faults = map(find_fault, values)
    for number, fault in enumerate(faults):
        if fault:
            raise InputError(f"boxes[{number}]: {_tell(values[number])} {fault}; {_EDGES}.")
    check_unit("boxes", values)
    return values


def check_unit(name, boxes):
    """Raises `InputError` where all boxes float[N, 4] are within one pixel."""
    if boxes.max() <= 1:
        raise InputError(
            f"{name}: no number is above 1, as in shares of a frame; multiply them by its width "
            "and height."
        )


def find_fault(box):
    """Returns what is wrong with left, top, right, bottom in words; None if nothing is."""
    left, top, right, bottom = box
    if not all(map(math.isfinite, box)):
        return "has a number that is not finite"
    if right < left or bottom < top:
        return "ends before it begins"
    if right == left or bottom == top:
        return "has no extent"
    return None


def reach_into(boxes, height, width):
    """Returns bool[N]: which boxes have a part inside a frame."""
    left, top, right, bottom = boxes.T
    return (left < width) & (top < height) & (right > 0) & (bottom > 0)


def round_boxes(boxes, height, width):
    """Returns int[N, 4] of boxes that reach into a frame: whole pixels of it, at least one."""
    limits = [width, height]
    starts = np.clip(np.rint(boxes[:, :2]), 0, np.subtract(limits, 1))
    stops = np.clip(np.rint(boxes[:, 2:]), starts + 1, limits)
    return np.hstack([starts, stops]).astype(np.int64)


def _tell(box):
    return f"[{', '.join(f'{value:g}' for value in box)}]"
