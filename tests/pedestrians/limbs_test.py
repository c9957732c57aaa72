"""Arms and legs, bare and covered."""

import numpy as np
import pytest

from tfreid.pedestrians.fabric import paint_plain
from tfreid.pedestrians.limbs import cover_segment

CLOTH, SKIN = paint_plain((1, 0, 0)), paint_plain((0, 0, 1))
PROFILE = ((0, 0.04), (1, 0.02))
PLACES = np.linspace(0, 1, 11, dtype=np.float32)


def _cover(reach):
    tube = cover_segment((0, 1, 0), (0, 0, 0), PROFILE, 1.0, reach, 1.5, CLOTH, SKIN)
    cloth = tube.paint(np.zeros(11, np.float32), PLACES)[:, 0]
    radius = np.interp(PLACES, *zip(*tube.profile))
    return cloth, radius


@pytest.mark.parametrize("reach, covered", [(-1, 0), (0, 0), (0.45, 5), (1, 11), (2, 11)])
def test_cloth_reaches_as_far_as_told(reach, covered):
    """Of 11 places from 0 to 1, those below the reach are covered."""
    cloth, _ = _cover(reach)
    assert cloth.tolist() == [1] * covered + [0] * (11 - covered)


def test_cloth_is_wider_than_the_limb():
    """Radius 0.04 falling to 0.02, half as much again under cloth: at 0.2 and at 0.8."""
    _, radius = _cover(0.45)
    assert radius[2] == pytest.approx(0.036 * 1.5)
    assert radius[8] == pytest.approx(0.024)
