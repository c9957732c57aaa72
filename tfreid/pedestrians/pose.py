"""The skeleton of a walking person.

Joints are in body coordinates: x to the left, y up, z ahead; the body is 1 high.
"""

import dataclasses

import numpy as np

_THIGH, _CALF, _ANKLE = 0.245, 0.235, 0.045
_UPPER_ARM, _FOREARM, _HAND = 0.165, 0.145, 0.045
_HIP_WIDTH, _SHOULDER_WIDTH, _SHOULDER_HEIGHT = 0.047, 0.102, 0.79


@dataclasses.dataclass(frozen=True)
class Gait:
    """Where in a step a person is.

    Attributes:
      phase: radians, 0..2 pi over two steps.
      stride: radians that a leg swings; 0 stands still.
      lean: radians that the body leans ahead.
    """

    phase: float = 0.0
    stride: float = 0.4
    lean: float = 0.03


@dataclasses.dataclass(frozen=True)
class Limb:
    """A leg (hip, knee, ankle, toe) or an arm (shoulder, elbow, wrist, fingertips)."""

    root: tuple
    middle: tuple
    end: tuple
    tip: tuple


@dataclasses.dataclass(frozen=True)
class Pose:
    """All joints; `lift` is added to every height so that the lower foot touches the ground."""

    legs: tuple  # left, right
    arms: tuple
    lift: float
    lean: float

    def place(self, x, y, z):
        """Returns a trunk point of the upright body where the pose has it."""
        ahead = max(y - 0.5, 0.0) * np.sin(self.lean)
        return (x, y + self.lift, z + ahead)


def make_pose(gait, shoulders=1.0, hips=1.0, busy_hand=None):
    """Returns the `Pose` of a gait.

    Args:
      gait: a `Gait`.
      shoulders: factor of the shoulders' width.
      hips: factor of the hips' width.
      busy_hand: 0 or 1: the hand that carries something and hangs still; None: both swing.
    """
    legs = [_make_leg(gait, side, hips) for side in (1, -1)]
    lift = _ANKLE - min(leg.end[1] for leg in legs)
    legs = tuple(_raise(leg, lift) for leg in legs)
    arms = []
    for hand, side in enumerate((1, -1)):
        swing = 0.1 if hand == busy_hand else 0.9
        arm = _make_arm(gait, side, shoulders, swing)
        arms.append(_raise(arm, lift))
    return Pose(legs, tuple(arms), lift, gait.lean)


def _make_leg(gait, side, hips):
    swing = side * gait.stride * np.sin(gait.phase)
    forward = max(0.0, side * np.cos(gait.phase))
    bend = 0.08 + 1.6 * gait.stride * forward
    root = (side * _HIP_WIDTH * hips, 0.525, 0.0)
    middle = _step(root, swing + 0.3 * bend, _THIGH)
    end = _step(middle, swing - 0.7 * bend, _CALF)
    pitch = 0.5 * (swing - 0.7 * bend)
    tip = (
        end[0] + side * 0.012,
        end[1] - 0.028 + 0.085 * np.sin(min(pitch, 0.0)),
        end[2] + 0.085 * np.cos(pitch),
    )
    return Limb(root, middle, end, tip)


def _make_arm(gait, side, shoulders, swing):
    angle = -side * swing * gait.stride * np.sin(gait.phase)
    bend = 0.12 + 0.7 * max(angle, 0.0)
    root = (
        side * _SHOULDER_WIDTH * shoulders,
        _SHOULDER_HEIGHT,
        0.3 * np.sin(gait.lean),
    )
    middle = _step(root, angle, _UPPER_ARM, side * 0.025)
    end = _step(middle, angle + bend, _FOREARM, side * 0.012)
    tip = _step(end, angle + bend, _HAND, 0.0)
    return Limb(root, middle, end, tip)


def _step(point, angle, length, outward=0.0):
    """Returns the joint that hangs from another, turned ahead by an angle."""
    return (
        point[0] + outward,
        point[1] - length * float(np.cos(angle)),
        point[2] + length * float(np.sin(angle)),
    )


def _raise(limb, lift):
    return Limb(*((x, y + lift, z) for x, y, z in (limb.root, limb.middle, limb.end, limb.tip)))
