"""Who is seen how often and by which cameras."""

import numpy as np
import pytest

from tfreid.data import coverage
from tfreid.data.dataset import Dataset, Split, make_empty_split
from tfreid.data.findings import EVALUATION, TRAINING
from tfreid.errors import InputError


def _make(*rows):
    """Returns a split of (pid, camid) rows; the files are called by their row."""
    pids, camids = zip(*rows) if rows else ((), ())
    return Split([f"{row}.jpg" for row in range(len(rows))], pids, camids)


def _make_dataset(train=(), query=(), gallery=()):
    return Dataset("folder", "here", _make(*train), _make(*query), _make(*gallery))


def _tell(findings):
    return [(finding.level, finding.text) for finding in findings]


def test_training_identities_are_described():
    """Identities 1, 2, 3 with 2, 4 and 3 images, seen by 2, 3 and 1 cameras."""
    rows = [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (2, 3), (3, 5), (3, 5), (3, 5)]
    assert _tell(coverage.check_training(_make(*rows), 2, 3)) == [
        ("ok", "2 identities a batch make an epoch of 1 step."),
        (
            "ok",
            "Training identities have at least 2, typically 3, at most 4 images. With fewer than "
            "images_per_identity=3 there are 1: a batch shows their images repeatedly.",
        ),
        (
            "ok",
            "Training identities by the number of cameras that see them: 1 by 1, 1 by 2, 1 by 3. "
            "Setwise learning takes no probes of the 1 seen by one only.",
        ),
    ]


def test_nothing_is_said_about_training_without_images():
    assert coverage.check_training(make_empty_split(), 2, 4) == []


def test_identities_with_one_image_are_a_warning():
    finding = coverage.check_training(_make((1, 1), (2, 1), (2, 2), (3, 1), (3, 2)), 2, 2)[1]
    assert finding.level == "warning"
    assert finding.text.endswith(
        "With one image only: 1; no batch shows two views of them to compare."
    )


def test_a_majority_with_few_images_is_a_warning():
    rows = [(pid, camid) for pid in (1, 2, 3) for camid in (1, 2)]
    assert coverage.check_training(_make(*rows), 2, 2)[1].level == "ok"
    assert coverage.check_training(_make(*rows), 2, 3)[1].level == "warning"


def test_fewer_identities_than_a_planned_batch_needs_stop_training():
    rows = [(pid, camid) for pid in (1, 2, 3) for camid in (1, 2)]
    assert coverage.check_training(_make(*rows), 3, 2)[0].level == "ok"
    finding = coverage.check_training(_make(*rows), 4, 2)[0]
    assert finding.level == "error" and finding.stops == (TRAINING,)
    assert "identities_per_batch=4" in finding.text
    assert finding.text.endswith("there are 3: give it at most 3.")


def test_fewer_identities_than_the_recipes_batch_are_told_what_is_possible():
    rows = [(pid, camid) for pid in (1, 2, 3) for camid in (1, 2)]
    finding = coverage.check_training(_make(*rows), None, 2)[0]
    assert finding.level == "warning" and not finding.stops
    assert finding.text == (
        "There are 3 training identities, fewer than the 32 that a batch shows by default: "
        "training is possible with identities_per_batch=3."
    )
    many = _make(*((pid, 1) for pid in range(64)))
    assert coverage.check_training(many, None, 2)[0].text.startswith("32 identities a batch make")


def test_one_identity_cannot_be_trained_on():
    finding = coverage.check_training(_make((1, 1), (1, 2)), 2, 2)[0]
    assert finding.level == "error" and finding.stops == (TRAINING,)


def test_training_with_one_camera_for_each_person_is_a_warning():
    """Two cameras in all, but nobody is seen by both."""
    finding = coverage.check_training(_make((1, 1), (1, 1), (2, 2), (2, 2)), 2, 2)[2]
    assert finding.level == "warning" and "seen by one camera only" in finding.text


def test_a_query_needs_its_identity_in_another_camera():
    """Same camera only, other identity only, both right, junk and distractors: no, no, yes, no."""
    query = _make((1, 1), (2, 1), (3, 1), (4, 1))
    gallery = _make((1, 1), (5, 2), (3, 1), (3, 2), (-1, 2), (0, 2), (4, 1))
    np.testing.assert_array_equal(
        coverage.find_matched(query, gallery), [False, False, True, False]
    )


@pytest.mark.parametrize("pid", [-1, 0])
def test_junk_and_distractors_match_nobody(pid):
    assert not coverage.find_matched(_make((pid, 1)), _make((pid, 2))).any()


def test_matches_agree_with_brute_force(rng):
    query = _make(*rng.integers(1, 9, (60, 2)).tolist())
    gallery = _make(*rng.integers(1, 9, (12, 2)).tolist())
    same_pid = query.pids[:, None] == gallery.pids
    other_camera = query.camids[:, None] != gallery.camids
    expected = (same_pid & other_camera).any(axis=1)
    assert 0 < expected.sum() < 60
    np.testing.assert_array_equal(coverage.find_matched(query, gallery), expected)


def test_cameras_are_counted_per_identity():
    split = _make((7, 1), (3, 2), (7, 1), (7, 4), (3, 2))
    assert coverage.count_cameras(split).tolist() == [1, 2]


def test_queries_with_and_without_a_match_are_counted():
    gallery = _make((1, 2), (2, 1))
    assert _tell(coverage.check_evaluation(_make((1, 1)), gallery)) == [
        ("ok", "Test identities by the number of cameras that see them: 1 by 1, 1 by 2."),
        ("ok", "All 1 queries have a match by another camera."),
    ]
    assert _tell(coverage.check_evaluation(_make((1, 1), (2, 1), (3, 1)), gallery)) == [
        ("ok", "Test identities by the number of cameras that see them: 2 by 1, 1 by 2."),
        (
            "warning",
            "Without a match by another camera: 2 of 3 queries. The scores leave them out; the "
            "first is 1.jpg.",
        ),
    ]
    assert coverage.check_evaluation(make_empty_split(), gallery) == []


@pytest.mark.parametrize(
    ("query", "gallery", "words"),
    [
        ([(1, 3)], [(1, 3), (2, 3)], "All query and gallery images are of camera 3. Re-ident"),
        ([(1, 1)], [(7, 2), (8, 2)], "No query identity is in the gallery: queries show 1, the g"),
        ([(0, 1)], [(0, 2), (8, 2)], "No query identity is in the gallery: queries show 0, the g"),
        ([(1, 1)], [(1, 1), (2, 2)], "Every query's gallery images are of the query's own camera"),
    ],
)
def test_no_match_at_all_is_an_error_that_explains_itself(query, gallery, words):
    _, finding = coverage.check_evaluation(_make(*query), _make(*gallery))
    assert finding.level == "error" and finding.stops == (EVALUATION,)
    assert finding.text.startswith(words)
    with pytest.raises(InputError, match=f"^here: {words}") as caught:
        coverage.check_evaluable(_make_dataset(query=query, gallery=gallery))
    assert "\n" not in str(caught.value)


def test_one_camera_is_told_what_to_do():
    _, finding = coverage.check_evaluation(_make((1, 1)), _make((1, 1)))
    for words in ("0007_c1_0001.jpg and 0007_c2_0001.jpg", "number its places or days as cameras"):
        assert words in finding.text


def test_cameras_of_the_test_identities_leave_out_junk_and_distractors():
    finding, _ = coverage.check_evaluation(_make((1, 1)), _make((1, 2), (-1, 3), (0, 4)))
    assert finding.text.endswith("see them: 1 by 2.")


def test_data_with_matches_are_evaluable():
    coverage.check_evaluable(_make_dataset(query=[(1, 1), (9, 1)], gallery=[(1, 2)]))


def test_identities_in_training_and_test_are_told():
    dataset = _make_dataset(
        train=[(pid, 1) for pid in range(1, 10)],
        query=[(2, 1)],
        gallery=[(2, 2), (0, 1), (-1, 1), *((pid, 1) for pid in range(4, 20))],
    )
    (finding,) = coverage.check_overlap(dataset)
    assert finding.level == "warning"
    assert "test splits: 7 identities (2, 4, 5, 6, 7, ...). If" in finding.text
    assert coverage.check_overlap(_make_dataset(train=[(1, 1)], gallery=[(0, 1), (2, 1)])) == []
