"""Whole people: garments, hair, bags."""

import dataclasses

import numpy as np
import pytest

from tfreid.pedestrians import appearance
from tfreid.pedestrians.appearance import COLORS, OUTFITS, Appearance
from tfreid.pedestrians.canvas import Canvas
from tfreid.pedestrians.figure import draw_figure, make_figure
from tfreid.pedestrians.layout import VERSION
from tfreid.pedestrians.pose import Gait
from tfreid.pedestrians.tubes import Light, View

HEIGHT, WIDTH = 160, 100
EVEN = Light((0.0, 0.0, 1.0), 1.0, 0.0)
PLAIN = Appearance(
    OUTFITS[0], "tee", "plain", "trousers", "plain", "short", "black", "none", "none", "low", "tan"
)


def _draw(person, yaw=0.3, stride=0.3):
    canvas = Canvas(HEIGHT, WIDTH)
    view = View(yaw, 0.1, 140.0, WIDTH / 2, 152.0, near=0.0)
    draw_figure(canvas, person, Gait(1.0, stride), view, EVEN)
    return np.where(np.isfinite(canvas.depth)[..., None], canvas.color, -1)


def _sum_colors(trait, value):
    person = dataclasses.replace(PLAIN, **{trait: value})
    return sum(np.maximum(_draw(person, yaw), 0).sum((0, 1)) for yaw in (0.3, 3.4))


def test_a_person_fills_the_height_and_stands_on_the_ground():
    rows, columns = np.nonzero(_draw(PLAIN)[..., 0] >= 0)
    assert 8 <= rows.min() <= 16 and 150 <= rows.max() <= 158
    assert 30 <= columns.max() - columns.min() <= 70


def test_a_taller_person_is_taller():
    tall = dataclasses.replace(PLAIN, height=1.06)
    tops = [np.nonzero(_draw(person)[..., 0] >= 0)[0].min() for person in (PLAIN, tall)]
    assert tops[0] - tops[1] == pytest.approx(0.06 * 140, abs=2)


CHANGES = [
    (name, value)
    for name in appearance._CHOICES
    if name != "outfit"
    for value in dict.fromkeys(appearance._CHOICES[name])
    if value != getattr(PLAIN, name)
]


# The colors below, each summed over all pixels.
LOOKS = {
    "upper_cut=tank": (3855.6, 3575.3, 3760.4),
    "upper_cut=long": (4081.9, 4057.2, 4401.4),
    "upper_cut=jacket": (3943.6, 3950.7, 4372.4),
    "upper_cut=coat": (5464.1, 5400.5, 5528.0),
    "upper_pattern=stripes": (3045.0, 2915.5, 3405.3),
    "upper_pattern=bars": (3246.1, 3103.3, 3537.6),
    "upper_pattern=checks": (2996.8, 2870.5, 3373.6),
    "upper_pattern=dots": (3374.0, 3222.8, 3621.7),
    "upper_pattern=emblem": (3562.3, 3398.7, 3745.6),
    "upper_pattern=halves": (3211.8, 3071.3, 3515.0),
    "upper_pattern=yoke": (3143.3, 3007.3, 3469.9),
    "upper_pattern=sash": (3608.3, 3441.7, 3775.9),
    "lower_cut=wide": (3988.0, 3825.8, 4236.2),
    "lower_cut=slim": (3931.5, 3722.9, 3861.4),
    "lower_cut=shorts": (4812.5, 4291.3, 4056.8),
    "lower_cut=skirt": (4411.1, 3982.3, 3974.0),
    "lower_cut=long_skirt": (3980.6, 3839.9, 4340.6),
    "lower_pattern=side_stripe": (4222.7, 4015.7, 4180.1),
    "lower_pattern=checks": (5049.3, 4787.9, 4723.9),
    "lower_pattern=hem": (4222.7, 4015.7, 4180.1),
    "lower_pattern=bars": (4939.6, 4685.4, 4651.7),
    "hair_style=bald": (4079.9, 3852.4, 4063.0),
    "hair_style=bob": (3909.7, 3732.2, 3984.2),
    "hair_style=long": (3663.8, 3490.8, 3754.9),
    "hair_style=ponytail": (3871.9, 3691.6, 3942.0),
    "hair_style=bun": (3950.2, 3760.8, 4002.8),
    "hair_color=brown": (4000.5, 3779.6, 3998.1),
    "hair_color=blond": (4147.7, 3912.0, 4068.7),
    "hair_color=gray": (4106.5, 3917.9, 4157.1),
    "hat=cap": (3923.8, 3756.9, 4053.5),
    "hat=beanie": (3952.7, 3778.2, 4068.2),
    "hat=brim": (3943.3, 3774.5, 4076.5),
    "bag=backpack": (3382.3, 3066.0, 3254.1),
    "bag=shoulder": (3917.4, 3658.9, 3859.4),
    "bag=handbag": (4166.5, 3892.6, 4072.1),
    "bag=trolley": (4644.3, 4222.3, 4323.7),
    "shoes=boots": (4217.8, 4012.0, 4181.6),
    "shoes=sandals": (3936.2, 3737.3, 3972.8),
    "skin=light": (4107.2, 3960.0, 4257.2),
    "skin=brown": (3638.0, 3477.3, 3760.7),
    "skin=dark": (3362.0, 3284.2, 3636.5),
}


def test_every_trait_looks_as_this_version_draws_it():
    """Red, green and blue, summed over two views; whoever changes them raises `VERSION`."""
    assert VERSION == 2
    looks = {f"{trait}={value}": _sum_colors(trait, value) for trait, value in CHANGES}
    assert looks.keys() == LOOKS.keys()
    for name, sums in looks.items():
        np.testing.assert_allclose(sums, LOOKS[name], atol=3, err_msg=name)


def test_a_backpack_is_behind_and_its_straps_ahead():
    person = dataclasses.replace(PLAIN, bag="backpack")
    brown = np.divide(COLORS["brown"], max(COLORS["brown"]))

    def count(yaw):
        picture = _draw(person, yaw, stride=0.0)[50:90]
        share = picture / np.maximum(picture.max(-1, keepdims=True), 1e-3)
        return (np.abs(share - brown).max(-1) < 0.08).sum()

    assert count(np.pi) > 3 * count(0.0) > 30


def test_legs_do_not_show_through_a_skirt():
    """Between waist and hem, seen from the side in full stride, there is no skin."""
    for cut, hem in (("skirt", 0.36), ("long_skirt", 0.14)):
        person = dataclasses.replace(PLAIN, lower_cut=cut)
        picture = _draw(person, np.pi / 2, stride=0.45)
        skirt = picture[int(152 - 0.46 * 140) : int(152 - hem * 140), 35:65]
        skin = (skirt[..., 0] > 1.2 * skirt[..., 2]) & (skirt[..., 0] > 0.4)
        assert skin.sum() <= 25  # the hanging hand; a leg would be 100 and more


def test_body_parts_reach_only_as_far_as_a_body():
    rng = np.random.default_rng(0)
    for person in appearance.draw_people(30, rng):
        for tube in make_figure(person, Gait(rng.uniform(0, 6))):
            points = np.array([tube.start, tube.end])
            assert np.abs(points[:, 0]).max() < 0.3
            assert np.abs(points[:, 2]).max() < 0.45
            assert -0.02 < points[:, 1].min() and points[:, 1].max() < 1.1
            assert max(radius for _, radius in tube.profile) < 0.25
