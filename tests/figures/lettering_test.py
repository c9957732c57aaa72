"""Words below pictures."""

import pytest

from tfreid.figures import lettering
from tfreid.figures.canvas import CROSS, TICK, make_figure, render_figure, write
from tfreid.figures.lettering import (
    choose_fonts,
    describe_image,
    describe_number,
    describe_pid,
    make_showable,
)


@pytest.mark.parametrize(
    "value, words",
    [
        (0.5134, "0.513"),
        (9.9994, "9.999"),
        (9.9996, "10.00"),
        (10.0, "10.00"),
        (99.996, "100.0"),
        (123.456, "123.5"),
        (-3.21, "-3.210"),
        (-0.0001, "0.000"),
        (123456.0, "1.235e+05"),
    ],
)
def test_numbers_have_four_digits_and_keep_their_zeros(value, words):
    assert describe_number(value) == words


def test_an_image_is_described_by_identity_and_camera():
    assert describe_image(7, 3) == "id 7 · cam 3"
    assert describe_image(0, 1) == "distractor · cam 1"
    assert describe_pid(0) == "distractor" and describe_pid(12) == "id 12"


def test_what_controls_something_is_escaped_and_names_that_fonts_have_are_kept():
    assert make_showable("a\n\x1b[31mb\u202e\udc80") == "a\\n\\x1b[31mb\\u202e\\udc80"
    assert make_showable("Zoë Łuczak №5 · Иван.jpg") == "Zoë Łuczak №5 · Иван.jpg"
    assert make_showable("Zoe\u0308") == "Zoë"
    assert make_showable(f"{TICK} {CROSS}") == f"{TICK} {CROSS}"


@pytest.fixture
def families(monkeypatch):
    """The fonts of an imaginary machine: {family: its characters}."""
    families = {lettering.FONT: set("abc."), "Song": set("abc人")}
    monkeypatch.setattr(lettering, "_list_families", lambda: ["Song"])
    monkeypatch.setattr(lettering, "_read_characters", families.__getitem__)
    return families


def test_a_chinese_name_takes_a_font_that_has_it_or_becomes_escapes(families):
    assert make_showable("人a.") == "人a." and choose_fonts("人a.") == [lettering.FONT, "Song"]
    families["Song"].remove("人")
    assert make_showable("人a.") == "\\u4ebaa."


def test_an_arabic_name_is_escaped_where_matplotlib_cannot_join_its_letters(families, monkeypatch):
    families["Song"].update("محد")
    monkeypatch.setattr(lettering.stack, "can_shape_text", lambda: True)
    assert make_showable("محمد") == "محمد"
    monkeypatch.setattr(lettering.stack, "can_shape_text", lambda: False)
    assert make_showable("محمد") == "\\u0645\\u062d\\u0645\\u062f"


def test_every_text_is_drawn_without_an_empty_box():
    """matplotlib warns of a missing glyph, and warnings are errors here."""
    figure = make_figure(600, 60)
    write(figure, 5, 5, "人 محمد \U0001f600 \uffff \ue000 é Ж", bold=True)
    render_figure(figure)
