"""Boxes: cut at the frame's edge, refused by number where they cannot be meant."""

import types

import numpy as np
import pytest

from tfreid.errors import InputError
from tfreid.frames.boxes import cut_boxes

FRAME = np.arange(6 * 9 * 3, dtype=np.uint8).reshape(6, 9, 3)  # wider than high


def test_a_box_is_cut_at_the_nearest_pixels():
    crops = cut_boxes(FRAME, [[1.4, 0.6, 3.6, 4.4], [0, 0, 9, 6]])
    np.testing.assert_array_equal(crops[0], FRAME[1:4, 1:4])
    np.testing.assert_array_equal(crops[1], FRAME)


def test_what_reaches_out_of_the_frame_ends_there_and_keeps_a_pixel():
    crops = cut_boxes(FRAME, [[-5, -2, 2, 99], [8.9, 5.9, 40, 40], [-3, 2, 0.1, 5], [4, 2, 4.2, 5]])
    np.testing.assert_array_equal(crops[0], FRAME[:, :2])
    np.testing.assert_array_equal(crops[1], FRAME[5:, 8:])
    np.testing.assert_array_equal(crops[2], FRAME[2:5, :1])
    np.testing.assert_array_equal(crops[3], FRAME[2:5, 4:5])


def test_detections_bring_their_boxes_and_none_are_none():
    detections = types.SimpleNamespace(xyxy=np.float32([[1, 2, 3, 5]]))
    np.testing.assert_array_equal(cut_boxes(FRAME, detections)[0], FRAME[2:5, 1:3])
    assert cut_boxes(FRAME, []) == cut_boxes(FRAME, np.zeros((0, 4))) == []


GOOD = [1, 2, 3, 5]


@pytest.mark.parametrize(
    "boxes, told",
    [
        (GOOD, r"boxes of shape \[4\]"),
        ([GOOD[:3]], r"boxes of shape \[1, 3\]"),
        ([GOOD, GOOD[:3]], "boxes: "),
        ("people", "boxes: "),
        ([GOOD, [1, 2, np.nan, 5]], r"boxes\[1\]: \[1, 2, nan, 5\]"),
        ([GOOD, [1, 2, np.inf, 5]], r"boxes\[1\]"),
        ([[5, 2, 3, 4]], r"boxes\[0\].*left, top, width, height"),
        ([GOOD, GOOD, [3, 2, 3, 5]], r"boxes\[2\]"),
        ([[0.5, 0.4, 0.6, 0.9]], "boxes: .*shares"),
        ([GOOD, [9, 2, 12, 5]], r"boxes\[1\].*outside.*9 x 6"),
        ([[-4, 2, 0, 5]], r"boxes\[0\].*outside"),
    ],
)
def test_what_cannot_be_a_box_is_one_line(boxes, told):
    with pytest.raises(InputError, match=told) as caught:
        cut_boxes(FRAME, boxes)
    assert "\n" not in str(caught.value)
