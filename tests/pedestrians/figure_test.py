"""Whole people: garments, hair, bags."""

import dataclasses

import numpy as np
import pytest

from tfreid.pedestrians import appearance
from tfreid.pedestrians.appearance import COLORS, OUTFITS, Appearance
from tfreid.pedestrians.canvas import Canvas
from tfreid.pedestrians.figure import draw_figure, make_figure
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


def _measure_change(trait, value, yaw):
    """Returns how many pixels of a person's picture another value of a trait changes."""
    other = dataclasses.replace(PLAIN, **{trait: value})
    return (np.abs(_draw(PLAIN, yaw) - _draw(other, yaw)).max(-1) > 0.1).sum()


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


@pytest.mark.parametrize("trait, value", CHANGES)
def test_every_trait_can_be_seen(trait, value):
    """From ahead or from behind, a person of about 5,000 pixels changes by 25 or more."""
    assert max(_measure_change(trait, value, yaw) for yaw in (0.3, 3.4)) >= 25


def test_clothes_have_the_colors_of_the_outfit():
    """White tee at chest height, navy trousers at the shin."""
    picture = _draw(PLAIN, stride=0.0)
    chest, shin = picture[152 - 95, 50], picture[152 - 35]
    assert chest.min() > 0.6
    shin = shin[shin[:, 0] >= 0].mean(0)
    np.testing.assert_allclose(shin / shin.max(), np.divide(COLORS["navy"], 0.36), atol=0.1)


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


@pytest.mark.parametrize("cut", ["skirt", "long_skirt"])
def test_skirts_shorten_the_step(cut):
    def spread(person):
        feet = [t for t in make_figure(person, Gait(1.57, 0.45)) if t.end[1] < 0.2]
        return max(t.end[2] for t in feet) - min(t.end[2] for t in feet)

    assert spread(dataclasses.replace(PLAIN, lower_cut=cut)) < 0.85 * spread(PLAIN)
