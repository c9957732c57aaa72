"""The mean embedding of a query's person in its camera."""

import numpy as np
import pytest

from tests.image_files import encode, make_picture
from tfreid.data.dataset import Dataset, Split, make_empty_split
from tfreid.data.labels import Labels
from tfreid.errors import InputError
from tfreid.evaluation.multi_query import check_multi_query, measure_multi_query
from tfreid.evaluation.retrieval import Retrieval, rank_dataset

# Person 1: a query at -10 by camera 1, another image by it at -6, a match by camera 2 at -7; a
# stranger at -9. Alone the query finds the stranger first; at (-10 - 6) / 2 = -8, both are 1 away.
# Boxes at -10 and 0 in place of those bring it to -5 and to the match, as would an embedding of 0.
QUERY, GALLERY = [[-10.0]], [[-6.0], [-7.0], [-9.0]]


@pytest.fixture
def retrieval(tmp_path):
    query = Split((str(tmp_path / "q.jpg"),), [1], [1])
    gallery = Split(tuple(str(tmp_path / name) for name in "abc"), [1, 1, 9], [1, 2, 2])
    dataset = Dataset("folder", str(tmp_path), make_empty_split(), query, gallery)
    sides = np.array(QUERY, np.float32), np.array(GALLERY, np.float32)
    return Retrieval(dataset, *sides, rank_dataset(dataset, *sides))


def refuse(split):
    raise AssertionError("all embeddings are there already")


def test_images_of_query_and_gallery_are_averaged_without_another_look(retrieval):
    """A tie of two at rank 1: half of the orders are right, rank-1 is 50 and AP (1 + 1/2) / 2."""
    assert retrieval.result.cmc[0] == 0 and retrieval.result.mAP == 50
    measures, images = measure_multi_query(refuse, retrieval)
    assert images == 2
    assert measures.all_pairs.cmc[0] == 50 and measures.all_pairs.mAP == 75


def test_boxes_drawn_by_hand_take_their_place_and_others_are_not_embedded(retrieval, tmp_path):
    (tmp_path / "gt_bbox").mkdir()
    for name in ("0001_c1_0.jpg", "0001_c1_1.jpg", "0001_c2_1.jpg", "0009_c1_1.jpg"):
        (tmp_path / "gt_bbox" / name).write_bytes(encode(make_picture(), "JPEG"))
    asked = []

    def embed(split):
        asked.extend(split.paths)
        return np.array([[-10.0], [0.0]], np.float32)

    measures, images = measure_multi_query(embed, retrieval)
    assert [path[-13:] for path in asked] == ["0001_c1_0.jpg", "0001_c1_1.jpg"] and images == 2
    assert measures.all_pairs.cmc[0] == 100


def test_a_query_without_a_box_keeps_its_own_embedding(retrieval, tmp_path):
    (tmp_path / "gt_bbox").mkdir()
    (tmp_path / "gt_bbox" / "0009_c1_1.jpg").touch()
    measures, images = measure_multi_query(refuse, retrieval)
    assert images == 0 and measures.all_pairs.mAP == retrieval.result.mAP


def test_a_file_that_is_query_and_gallery_counts_once():
    """As in CUHK03: both sides are the same two files of camera 1, and one of camera 2."""
    both = Split(("a", "b", "c"), [1, 1, 1], [1, 1, 2])
    dataset = Dataset("folder", "/no/where", make_empty_split(), both, both)
    sides = [np.array([[0.0], [4.0], [2.0]], np.float32)] * 2
    _, images = measure_multi_query(
        refuse, Retrieval(dataset, *sides, rank_dataset(dataset, *sides))
    )
    assert images == 3


def test_without_cameras_it_is_refused_in_one_line():
    split = Split(("a",), [1], [1], Labels(camids={1: None}))
    with pytest.raises(InputError, match="^multi_query=true: /data tells no cameras"):
        check_multi_query(Dataset("csv", "/data", make_empty_split(), split, split))
