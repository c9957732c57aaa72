"""Figures, panels, frames and lines of text."""

import numpy as np
import pytest
from PIL import Image

from tfreid.errors import InputError
from tfreid.figures import canvas
from tfreid.figures.canvas import (
    GREEN,
    RED,
    add_panel,
    draw_frame,
    make_figure,
    render_figure,
    save_pictures,
)


def to_rgb(color):
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]


@pytest.mark.parametrize("size", [(300, 200), (1384, 969)])
def test_a_figure_has_its_size_in_pixels(size):
    assert render_figure(make_figure(*size)).shape == (size[1], size[0], 3)


def test_a_panel_lies_where_it_was_put_and_a_picture_keeps_its_shape():
    """A picture of 20 x 10 in a panel of 60 x 60 is 60 x 30, between pale bars."""
    figure = make_figure(100, 90)
    panel = add_panel(figure, 20, 10, 60, 60)
    canvas.show_picture(panel, np.full((20, 10, 3), to_rgb(GREEN), np.uint8))
    pixels = render_figure(figure)
    rows, columns = np.nonzero((pixels == to_rgb(GREEN)).all(axis=-1))
    assert [rows.min(), rows.max(), columns.min(), columns.max()] == [10, 69, 35, 64]
    assert pixels[40, 25].tolist() == to_rgb(canvas.PALE)
    assert pixels[40, 15].tolist() == pixels[75, 40].tolist() == to_rgb(canvas.PAPER)


def test_a_whole_frame_surrounds_its_panel_and_a_dashed_one_has_gaps():
    shares = []
    for dashed in (False, True):
        figure = make_figure(100, 100)
        draw_frame(add_panel(figure, 20, 20, 60, 60), RED, 6, dashed)
        pixels = render_figure(figure)
        shares.append((pixels[17, 14:86] == to_rgb(RED)).all(axis=-1).mean())
        assert (pixels[20:80, 20:80] == to_rgb(canvas.PALE)).mean() > 0.99
    assert shares[0] == 1 and 0.4 < shares[1] < 0.9


def test_long_text_is_cut_to_its_room_and_a_dollar_begins_no_formula():
    figure = make_figure(300, 40)
    line = canvas.write(figure, 5, 5, "a very long file name of $x_1$.jpg", width=120)
    assert line.get_window_extent().width <= 120 and line.get_text().endswith("…")
    assert canvas.write(figure, 5, 5, "$x_1$", width=120).get_text() == "$x_1$"
    assert not line.get_parse_math()


def test_named_pictures_become_files_in_folders_to_the_bit(tmp_path):
    ramp = np.arange(45, dtype=np.uint8).reshape(5, 3, 3)
    paths = save_pictures({"synthetic/best": ramp, "batch": ramp[:2]}, str(tmp_path))
    assert paths == [str(tmp_path / "synthetic" / "best.png"), str(tmp_path / "batch.png")]
    for path, picture in zip(paths, (ramp, ramp[:2])):
        np.testing.assert_array_equal(np.asarray(Image.open(path)), picture)


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        save_pictures({"taken/picture": np.zeros((2, 2, 3), np.uint8)}, str(tmp_path))
