import numpy as np
import pytest
import tensorflow as tf

from tfreid.errors import InputError
from tfreid.evaluation.sides import make_sides


def make_arguments():
    """Two queries and three gallery images of four dimensions."""
    return {
        "query_features": np.ones((2, 4), np.float32),
        "gallery_features": np.ones((3, 4), np.float32),
        "query_pids": np.array([1, 2]),
        "gallery_pids": np.array([1, 2, -1]),
        "query_camids": np.array([1, 1]),
        "gallery_camids": np.array([2, 2, 2]),
    }


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int8, np.uint8, bool])
def test_features_of_any_real_dtype_become_float32(dtype):
    arguments = {**make_arguments(), "query_features": np.eye(2, 4, dtype=dtype)}
    query, _ = make_sides(**arguments)
    assert query.features.dtype == np.float32
    np.testing.assert_array_equal(query.features, np.eye(2, 4))


def test_tensors_lists_and_bfloat16_are_taken():
    arguments = make_arguments()
    arguments["query_features"] = tf.ones((2, 4), tf.bfloat16)
    arguments["gallery_features"] = [[1.0, 2.0, 3.0, 4.0]] * 3
    query, gallery = make_sides(**arguments)
    np.testing.assert_array_equal(query.features, np.ones((2, 4)))
    np.testing.assert_array_equal(gallery.features[0], [1, 2, 3, 4])


def test_float32_features_are_not_copied():
    arguments = make_arguments()
    query, _ = make_sides(**arguments)
    assert query.features is arguments["query_features"]


def test_transposed_features_are_read_by_rows():
    arguments = {**make_arguments(), "query_features": np.arange(8.0).reshape(4, 2).T}
    query, _ = make_sides(**arguments)
    assert query.features.flags.c_contiguous
    np.testing.assert_array_equal(query.features[1], [1, 3, 5, 7])


def test_whole_floats_are_identities():
    query, _ = make_sides(**{**make_arguments(), "query_pids": np.array([1.0, 1501.0])})
    assert query.pids.dtype == np.int64
    np.testing.assert_array_equal(query.pids, [1, 1501])


def spoil(row, value):
    features = np.ones((3, 4))
    features[row, 2] = value
    return features


@pytest.mark.parametrize(
    "name, value, message",
    [
        (
            "query_features",
            np.ones(4),
            "query_features has shape (4,); give [images, dimensions], at least one of each.",
        ),
        (
            "gallery_features",
            np.ones((0, 4)),
            "gallery_features has shape (0, 4); give [images, dimensions], at least one of each.",
        ),
        (
            "gallery_features",
            np.ones((3, 5)),
            "query_features have 4 dimensions, gallery_features have 5: take both from the same "
            "network.",
        ),
        (
            "gallery_features",
            spoil(1, np.nan),
            "gallery_features: row 1, dimension 2 is not a finite float32; the network that made "
            "it diverged, or the file is damaged.",
        ),
        (
            "gallery_features",
            spoil(2, -np.inf),
            "gallery_features: row 2, dimension 2 is not a finite float32; the network that made "
            "it diverged, or the file is damaged.",
        ),
        (
            "gallery_features",
            spoil(0, 1e39),
            "gallery_features: row 0, dimension 2 is not a finite float32; the network that made "
            "it diverged, or the file is damaged.",
        ),
        (
            "query_features",
            [["a", "b"]],
            "query_features has dtype <U1; give real numbers.",
        ),
        (
            "query_features",
            np.ones((2, 4), complex),
            "query_features has dtype complex128; give real numbers.",
        ),
        (
            "query_features",
            [[1.0, 2.0], [1.0]],
            "query_features: its rows differ in length; give one array.",
        ),
        (
            "query_pids",
            [1, 2, 3],
            "query_pids has shape (3,); give one number for each of the 2 features.",
        ),
        (
            "gallery_camids",
            np.ones((1, 3)),
            "gallery_camids has shape (1, 3); give one number for each of the 3 features.",
        ),
        ("gallery_camids", [1, 1.5, 2], "gallery_camids: row 1 is 1.5; give whole numbers."),
        ("query_pids", [1, np.nan], "query_pids: row 1 is nan; give whole numbers."),
        (
            "gallery_pids",
            [4, 5, -2],
            "gallery_pids: row 2 is -2; identities are numbered from 0, and -1 means junk.",
        ),
    ],
)
def test_wrong_columns_are_named(name, value, message):
    with pytest.raises(InputError) as error:
        make_sides(**{**make_arguments(), name: value})
    assert str(error.value) == message


def test_a_late_row_is_named_by_its_number():
    """Features are checked in pieces: the row counts from the start of the array."""
    features = np.ones((3000, 4), np.float32)
    features[2500, 1] = np.nan
    arguments = {**make_arguments(), "gallery_features": features}
    with pytest.raises(InputError, match="row 2500, dimension 1 "):
        make_sides(**arguments)
