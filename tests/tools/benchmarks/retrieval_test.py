import numpy as np
import pytest

from tests.tiny_runs import write_run
from tfreid import evaluate
from tfreid.data.dataset import Split
from tfreid.errors import InputError
from tfreid.index.results import Match
from tfreid.json_lines import read_lines
from tools.benchmarks import retrieval

pytestmark = pytest.mark.usefixtures("functions_run_eagerly")


def make_images(pids, camids):
    paths = [f"{row}.jpg" for row in range(len(pids))]
    return Split(paths, np.array(pids, np.int32), np.array(camids, np.int32))


def find(images, rows):
    """The images of some rows as matches, best first."""
    return [
        Match(rank + 1, row, images.paths[row], images.pids[row], images.camids[row], 0.0)
        for rank, row in enumerate(rows)
    ]


def test_matches_are_scored_without_the_querys_own_camera():
    """Person 7 of camera 1: rows 1 and 3 are right, row 0 does not count: 1/1 and 2/3 of 2."""
    images = make_images([7, 7, 5, 7], [1, 2, 2, 3])
    precision, first = retrieval.score_matches(find(images, [0, 1, 2, 3]), 7, 1, images)
    assert (precision, first) == (pytest.approx((1 + 2 / 3) / 2), 1.0)


def test_a_match_that_is_not_among_the_nearest_was_not_found():
    images = make_images([7, 7, 5, 7], [1, 2, 2, 3])
    assert retrieval.score_matches(find(images, [2, 3]), 7, 1, images) == (0.25, 0.0)
    assert retrieval.score_matches([], 7, 1, images) == (0.0, 0.0)


def test_a_query_without_a_match_anywhere_has_no_score():
    assert retrieval.score_matches([], 7, 1, make_images([7, 5], [1, 2])) is None


def test_every_way_is_measured_beside_the_plain_search_of_which_map_is_the_evaluators(
    market_folder, tmp_path
):
    run = write_run(tmp_path / "run", "sona_net", data_dir=market_folder(junk=2))
    numbers = retrieval.measure(retrieval.RetrievalBenchmark(workdir=run))
    assert list(numbers["ways"]) == ["plain", *retrieval.WAYS]
    for way, gain in numbers["gains"].items():
        assert gain == round(numbers["ways"][way]["mAP"] - numbers["ways"]["plain"]["mAP"], 2)
    evaluate.main(["tfreid.evaluate", f"--workdir={run}"])
    expected = read_lines(f"{run}/metrics.jsonl")[-1]["mAP"]
    assert numbers["ways"]["plain"]["mAP"] == pytest.approx(expected, abs=0.006)


def test_some_queries_of_a_network_that_scores_pairs(market_folder, tmp_path):
    run = write_run(tmp_path / "run", "kvm_mn", data_dir=market_folder(junk=2))
    numbers = retrieval.measure(retrieval.RetrievalBenchmark(workdir=run, queries=2, nearest=5))
    assert (numbers["queries"], numbers["gallery"]) == (2, 4 * 2 * 2)
    assert all(0 < way["mAP"] <= 100 for way in numbers["ways"].values())


@pytest.mark.parametrize(
    ("workdir", "message"), [("", "--workdir is empty: give"), ("no", "no: no run")]
)
def test_without_a_run_there_is_nothing_to_measure(workdir, message):
    with pytest.raises(InputError, match=message):
        retrieval.measure(retrieval.RetrievalBenchmark(workdir=workdir))
