"""Arms and legs: segments that are bare, covered by cloth, or covered down to some place."""

import numpy as np

from tfreid.pedestrians.fabric import paint_where
from tfreid.pedestrians.tubes import Tube


def cover_segment(start, end, profile, wide, reach, loose, cloth, skin):
    """Returns a limb segment of which the share `reach` from its start is covered by cloth."""
    if reach <= 0:
        paint, profile = skin, tuple((t, r * wide) for t, r in profile)
    elif reach >= 1:
        paint, profile = cloth, tuple((t, r * wide * loose) for t, r in profile)
    else:
        paint = paint_where(lambda angle, along: along < reach, cloth, skin)
        places, radii = zip(*profile)
        steps = sorted({*places, reach - 0.01, reach + 0.01})
        profile = tuple(
            (t, float(np.interp(t, places, radii)) * wide * (loose if t < reach else 1))
            for t in steps
        )
    return Tube(start, end, profile, paint, rounded=True)
