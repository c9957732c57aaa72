"""People keep their numbers: tracks with one or two numbers as embeddings."""

import types

import numpy as np
import pytest

from tfreid.errors import InputError
from tfreid.frames.rejoining import Rejoiner


class Places:
    """Embeds a box as its left edge, so that who looks like whom is plain."""

    dim = 1

    def extract_embeddings(self, boxes, frame):
        return np.float32(boxes).reshape(-1, 4)[:, :1]


def follow(rejoiner, *people):
    """Shows a frame of (track, look) pairs; returns the numbers."""
    tracks, looks = zip(*people) if people else ((), ())
    boxes = [[look, 0, look + 1, 1] for look in looks]
    detections = types.SimpleNamespace(tracker_id=np.array(tracks), xyxy=np.array(boxes))
    return rejoiner.update(detections, None).tolist()


def test_who_comes_back_under_another_track_has_the_same_number():
    rejoiner = Rejoiner(Places(), farthest=5)
    assert follow(rejoiner, (7, 100), (8, 200)) == [0, 1]
    assert follow(rejoiner, (8, 200), (7, 100)) == [1, 0]
    assert follow(rejoiner) == []
    assert follow(rejoiner, (3, 203), (4, 103), (5, 300)) == [1, 0, 2]
    assert follow(rejoiner, (6, 306)) == [3] and rejoiner.count == 4  # farther than 5


def test_who_is_in_the_frame_is_nobody_elses_and_two_do_not_share_a_number():
    rejoiner = Rejoiner(Places(), farthest=5)
    follow(rejoiner, (1, 100))
    assert follow(rejoiner, (1, 100), (2, 100)) == [0, 1]
    assert sorted(follow(rejoiner, (3, 101), (4, 99), (5, 100))) == [0, 1, 2]


def test_who_is_not_tracked_yet_has_no_number():
    rejoiner = Rejoiner(Places(), farthest=5)
    assert follow(rejoiner, (-1, 100), (1, 200)) == [-1, 0]
    assert follow(rejoiner, (2, 100), (1, 200)) == [1, 0]


def test_a_look_follows_slowly():
    """After 100 and ten frames of 110 it is 110 - 10 x 0.9^10 = 106.5."""
    rejoiner = Rejoiner(Places(), farthest=1)
    follow(rejoiner, (1, 100))
    for _ in range(10):
        follow(rejoiner, (1, 110))
    assert follow(rejoiner, (2, 106.5)) == [0]
    assert follow(rejoiner, (3, 110)) == [1]


@pytest.mark.parametrize("farthest", [0, -1, float("nan")])
def test_a_distance_that_nobody_is_within_is_refused(farthest):
    with pytest.raises(InputError, match="farthest="):
        Rejoiner(Places(), farthest)
