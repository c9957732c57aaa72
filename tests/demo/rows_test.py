"""The demo's rows: the color-histogram baseline."""

import numpy as np
import pytest
from PIL import Image

from tfreid.demo.rows import SIZE, embed_color_histograms, embed_image
from tfreid.errors import InputError

HEIGHT, WIDTH = 96, 48  # what images are resized to


def _make_image(pixels):
    return Image.fromarray(np.asarray(pixels, np.uint8))


def _make_noise(seed, height=HEIGHT, width=WIDTH):
    return np.random.default_rng(seed).integers(60, 180, (height, width, 3))


def test_each_stripe_is_a_histogram_under_the_square_root():
    """Squares of a stripe's part sum to 1: the Euclidean distance is the Hellinger distance."""
    parts = embed_image(_make_image(_make_noise(0))).reshape(6, -1)
    assert parts.shape == (6, 3 * 8 * 8) and SIZE == 6 * 192
    np.testing.assert_allclose((parts**2).sum(1), 1, rtol=1e-5)


def test_a_gray_picture_is_one_bin_in_each_stripe():
    """Gray 200 is balanced to 110: Y of 110 * 3 / 256 -> 1, Cb and Cr of 128 * 8 / 256 -> 4."""
    parts = embed_image(_make_image(np.full((HEIGHT, WIDTH, 3), 200))).reshape(6, 3, 8, 8)
    expected = np.zeros((6, 3, 8, 8))
    expected[:, 1, 4, 4] = 1
    np.testing.assert_allclose(parts, expected)


def test_halves_of_two_colors_share_their_stripe_by_weight():
    """Left half dark, right half bright: the bell over the columns is even, so each gets 1/2."""
    pixels = np.full((HEIGHT, WIDTH, 3), 40)
    pixels[:, WIDTH // 2 :] = 160  # means 100: balanced to 44 and 176, bins 0 and 2
    parts = embed_image(_make_image(pixels)).reshape(6, 3, 8, 8)
    np.testing.assert_allclose(parts[:, [0, 2], 4, 4], np.sqrt(0.5), rtol=1e-5)


def test_the_middle_counts_more_than_the_sides():
    """The outer half of the columns holds the share erfc(0.25 / 0.12 / sqrt(2)), about 4 %."""
    pixels = np.full((HEIGHT, WIDTH, 3), 160)
    pixels[:, WIDTH // 4 : 3 * WIDTH // 4] = 40
    parts = embed_image(_make_image(pixels)).reshape(6, 3, 8, 8)
    outer = parts[:, 2, 4, 4] ** 2
    np.testing.assert_allclose(outer, 0.037, atol=0.01)


def test_a_colored_light_of_a_camera_is_undone():
    """Gray-world: twice the red and half the blue everywhere change nothing but roundings."""
    pixels = _make_noise(1) // 2
    lit = np.clip(pixels * (2.0, 1.0, 0.5), 0, 255)
    same = np.linalg.norm(embed_image(_make_image(pixels)) - embed_image(_make_image(lit)))
    other = np.linalg.norm(embed_image(_make_image(pixels)) - embed_image(_make_image(
        pixels[:, :, ::-1] * np.linspace(0.3, 1, HEIGHT)[:, None, None])))  # fmt: skip
    assert same < 0.5 * other


def test_stripes_tell_where_a_color_is():
    """A red shirt over blue trousers is not a blue shirt over red trousers."""
    pixels = np.full((HEIGHT, WIDTH, 3), 90)
    pixels[: HEIGHT // 2, :, 0] += 100
    pixels[HEIGHT // 2 :, :, 2] += 100
    upright, upside_down = (embed_image(_make_image(p)) for p in (pixels, pixels[::-1]))
    assert np.linalg.norm(upright - upside_down) > 2


def test_a_mirror_image_is_the_same():
    pixels = _make_noise(2)
    np.testing.assert_allclose(
        embed_image(_make_image(pixels)), embed_image(_make_image(pixels[:, ::-1])), atol=1e-6
    )


def test_files_of_any_size_become_rows(tmp_path):
    paths = []
    for i, size in enumerate([(128, 64), (50, 30)]):
        paths.append(str(tmp_path / f"{i}.png"))
        _make_image(_make_noise(i, *size)).save(paths[-1])
    features = embed_color_histograms(paths)
    assert features.shape == (2, SIZE) and features.dtype == np.float32
    with Image.open(paths[1]) as image:
        np.testing.assert_array_equal(features[1], embed_image(image))


def test_gray_files_count_as_color():
    gray = Image.fromarray(np.full((HEIGHT, WIDTH), 128, np.uint8))
    np.testing.assert_array_equal(embed_image(gray), embed_image(gray.convert("RGB")))


def test_a_black_picture_gives_numbers():
    assert np.isfinite(embed_image(_make_image(np.zeros((HEIGHT, WIDTH, 3))))).all()


def test_no_files_give_no_rows():
    assert embed_color_histograms([]).shape == (0, SIZE)


def test_a_file_that_is_no_image_is_named(tmp_path):
    path = tmp_path / "text.jpg"
    path.write_text("not an image")
    with pytest.raises(InputError) as caught:
        embed_color_histograms([str(path)])
    assert str(caught.value).startswith(f"{path}: ")
