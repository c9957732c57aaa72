"""From files to features."""

import numpy as np
import pytest

from tests.index.stand_in import ColorModel, ProductModel, write_color
from tfreid.errors import InputError
from tfreid.index.features import compute_columns, read_features


def test_batches_are_in_order_and_what_cannot_be_read_is_told(tmp_path):
    paths = [write_color(tmp_path / f"{n}.png", (n, 0, 0)) for n in range(11)]
    for number in (3, 8):
        (tmp_path / f"{number}.png").write_bytes(b"")
    skipped, noticed = [], []
    parts = list(
        read_features(
            ColorModel(),
            paths,
            4,
            lambda *skip: skipped.append(skip),
            lambda i, _: noticed.append(i),
        )
    )
    assert noticed == [0, 1, 2, 4, 5, 6, 7, 9, 10]
    assert [numbers.tolist() for numbers, _ in parts] == [[0, 1, 2, 4], [5, 6, 7, 9], [10]]
    reds = np.concatenate([columns["vectors"][:, 0] for _, columns in parts]) * 255
    np.testing.assert_allclose(reds, [0, 1, 2, 4, 5, 6, 7, 9, 10], atol=1e-4)
    assert [number for number, _ in skipped] == [3, 8]
    assert skipped[0][1].startswith("damaged (")  # the path is not told twice


def test_no_more_than_some_batches_are_decoded_ahead(tmp_path):
    """Memory does not grow with the number of files."""
    model, prepared = ColorModel(), []
    prepare = model.prepare
    model.prepare = lambda item, notice: (prepared.append(item), prepare(item))[1]
    path = write_color(tmp_path / "a.png", (9, 9, 9))
    features = read_features(model, [path] * 100, 4, None, lambda *_: None)
    next(features)
    assert len(prepared) <= 4 + 3 * 4 + 1
    features.close()


def test_memories_are_kept_in_half_the_space():
    pixels = np.full((2, 8, 4, 3), 51, np.uint8)
    columns = compute_columns(ProductModel(), pixels)
    assert {name: values.dtype.str for name, values in columns.items()} == {
        "vectors": "<f4",
        "keys": "<f2",
        "values": "<f2",
    }
    assert columns["keys"].shape == (2, 1, 4, 3)
    np.testing.assert_allclose(columns["values"], 0.4, rtol=1e-3)


def test_numbers_that_overflow_are_one_line():
    model = ProductModel()
    model.embed_prepared = lambda pixels: np.full((len(pixels), 3), 1e6, np.float32)
    with pytest.raises(InputError, match="stand-in: keys of an image are not finite"):
        compute_columns(model, np.zeros((2, 8, 4, 3), np.uint8))
