"""From labeled images to a calibration."""

import os

import numpy as np
import pytest

from tests.index.stand_in import ColorModel, ProductModel, write_color, write_colors
from tfreid.errors import InputError
from tfreid.index import calibrating
from tfreid.index.index import Index
from tfreid.index.sources import list_source
from tfreid.options.search import RetrievalOptions


@pytest.fixture
def photos(tmp_path):
    """80 images of 20 people, four cameras; two images of nobody, one without a label."""
    write_colors(tmp_path / "photos", 80, people=20)
    for name in ("0000_c1_1.png", "-1_c2_1.png", "photo.png"):
        write_color(tmp_path / "photos" / name, (5, 5, 5))
    return str(tmp_path / "photos")


def compare_by_hand(photos, model, value):
    """Returns (values of pairs of one person, of two people), from different cameras only."""
    source = list_source(photos, "calibrate")
    rows = np.flatnonzero(source.pids > 0)
    colors = [model.embed_prepared(model.prepare(source.paths[row])[None])[0] for row in rows]
    same, other = [], []
    for i in range(len(rows)):
        for j in range(i + 1, len(rows)):
            if source.camids[rows[i]] != source.camids[rows[j]]:
                is_same = source.pids[rows[i]] == source.pids[rows[j]]
                (same if is_same else other).append(value(colors[i], colors[j]))
    return np.array(same), np.array(other)


def test_all_pairs_from_different_cameras_are_counted_by_distance(tmp_path, photos):
    model = ColorModel()
    result = Index(str(tmp_path / "i"), model).calibrate(photos)
    same, other = compare_by_hand(photos, model, lambda a, b: np.linalg.norm(a - b))
    assert (result.images, result.identities, result.cameras) == (80, 20, 4)
    assert (result.same_pairs, result.other_pairs) == (len(same), len(other)) == (120, 2280)
    point = result.find_point(5.0)
    threshold = point["threshold"]
    assert point["false_accepts"] == np.count_nonzero(other <= threshold)
    assert point["true_accepts"] == np.count_nonzero(same <= threshold)


def test_kvm_mn_is_calibrated_on_the_scores_of_all_pairs(tmp_path, photos):
    model = ProductModel()
    result = Index(str(tmp_path / "i"), model).calibrate(photos)
    same, other = compare_by_hand(photos, model, lambda a, b: -20 * np.abs(a - b).sum())
    assert (result.same_pairs, result.other_pairs) == (len(same), len(other))
    assert result.measure == "score"
    point = result.find_point(5.0)
    assert abs(point["false_accepts"] - np.count_nonzero(other >= point["threshold"])) <= 3


@pytest.mark.parametrize("model_class", [ColorModel, ProductModel])
def test_of_too_many_pairs_the_same_sample_is_drawn_each_time(tmp_path, photos, model_class):
    results = [
        Index(str(tmp_path / name), model_class()).calibrate(photos, max_pairs=600)
        for name in ("i", "j")
    ]
    assert results[0] == results[1]
    assert 500 < results[0].other_pairs < 700 and results[0].all_other_pairs == 2280
    assert results[0].same_pairs == results[0].all_same_pairs == 120  # not too many


def interrupt_calibration(index, photos, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(calibrating, "_compare", stop)
        with pytest.raises(KeyboardInterrupt):
            index.calibrate(photos)


def test_a_removal_takes_the_features_of_an_interrupted_calibration(tmp_path, photos, monkeypatch):
    index = Index(str(tmp_path / "i"), ColorModel())
    index.add(photos)
    interrupt_calibration(index, photos, monkeypatch)
    assert "calibrating" in os.listdir(tmp_path / "i")
    index.remove(os.path.join(photos, "0001_c1_0000.png"))
    assert "calibrating" not in os.listdir(tmp_path / "i")
    assert index.calibrate(photos).images == 80


def test_a_removal_follows_no_link_in_place_of_a_calibration(tmp_path, photos):
    other = Index(str(tmp_path / "other"), ColorModel())
    other.add(photos)
    index = Index(str(tmp_path / "i"), ColorModel())
    index.add(photos)
    os.symlink(tmp_path / "other", tmp_path / "i" / "calibrating")
    index.remove(os.path.join(photos, "0001_c1_0000.png"))
    assert len(other) == len(index) + 1
    with pytest.raises(InputError, match="calibrating: is a link"):
        index.calibrate(photos)
    assert len(other) == len(index) + 1


def test_an_interrupted_calibration_goes_on_where_it_stopped(tmp_path, photos, monkeypatch):
    folder, model = str(tmp_path / "i"), ColorModel()
    interrupt_calibration(Index(folder, model), photos, monkeypatch)
    assert model.embedded == 80
    Index(folder, model).calibrate(photos)
    assert model.embedded == 80
    assert sorted(os.listdir(folder)) == ["gallery.db", "reserve"]


@pytest.mark.parametrize("model_class", [ColorModel, ProductModel])
def test_what_the_index_holds_and_has_not_changed_is_not_computed_again(
    tmp_path, photos, model_class
):
    fresh = Index(str(tmp_path / "fresh"), model_class()).calibrate(photos)
    gallery = Index(str(tmp_path / "i"), model_class())
    gallery.add(photos)
    write_color(os.path.join(photos, "0001_c1_0000.png"), (250, 250, 250))
    before = gallery.model.embedded
    again = gallery.calibrate(photos)
    assert (again.same_pairs, again.other_pairs) == (fresh.same_pairs, fresh.other_pairs)
    assert gallery.model.embedded == before + 1


def test_images_of_a_calibration_are_not_found_by_searches(tmp_path, photos):
    gallery = Index(str(tmp_path / "i"), ColorModel())
    gallery.calibrate(photos)
    assert len(gallery) == 0
    with pytest.raises(InputError, match="holds no images"):
        gallery.search([write_color(tmp_path / "q.png", (1, 2, 3))])


def test_a_search_keeps_to_the_calibrated_threshold(tmp_path, photos):
    gallery = Index(str(tmp_path / "i"), ColorModel())
    gallery.add(photos)
    query = write_color(tmp_path / "q.png", (255, 255, 255))
    options = RetrievalOptions(max_false_accepts=5.0)
    with pytest.raises(InputError, match="is not calibrated"):
        gallery.search([query], options)
    threshold = gallery.calibrate(photos).find_point(5.0)["threshold"]
    known = os.path.join(photos, "0001_c1_0000.png")
    result = gallery.search([query, known], options)
    assert result.threshold["value"] == threshold
    stranger, person = result.answers
    assert stranger.matches == () and stranger.nearest > threshold
    assert {match.pid for match in person.matches[:3]} == {1}
    assert all(match.value <= threshold for match in person.matches)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a.png"], "no image tells its person .* PID_cCAMERA"),
        (["0000_c1_1.png", "-1_c2_1.png"], "no image tells its person"),
        (["0001_c1_1.png", "0002_c2_1.png"], "no pair of one person from different cameras"),
        (["0001_c1_1.png", "0001_c2_1.png"], "no pair of two people from different cameras"),
        (
            ["0001_c1_1.png", "0001_c1_2.png", "0002_c1_1.png"],
            "among 3 images of 2 people and 1 camera; give",
        ),
    ],
)
def test_images_that_teach_nothing_are_one_line(tmp_path, names, message):
    for name in names:
        write_color(tmp_path / "few" / name, (1, 2, 3))
    with pytest.raises(InputError, match=message) as caught:
        Index(str(tmp_path / "i"), ColorModel()).calibrate(str(tmp_path / "few"))
    assert "\n" not in str(caught.value)
