"""A run becomes weights by name: what they are used with is what the run says."""

import json

import numpy as np
import pytest

from tests import tiny_runs
from tfreid.evaluation.report import append_metrics
from tfreid.runs.loading import load_network
from tfreid.serving.loaded import load
from tfreid.weights.catalogue import WEIGHTS, read_card
from tools import pack_weights

NAME = "tfreid_test"
FIGURES = {"source": "evaluate", "rank1": 87.654, "mAP": 75.0}


@pytest.fixture
def packed(tmp_path):
    """The folder of a packed run whose network and input size are far from the defaults."""
    workdir = tiny_runs.write_run(tmp_path / "w", "sona_net", flip_averaging="false")
    for step, dataset in ((1, "old"), (tiny_runs.STEPS, "market1501")):
        append_metrics(f"{workdir}/metrics.jsonl", {**FIGURES, "step": step, "dataset": dataset})
    others = {"rank1": 99.0, "mAP": 99.0, "step": tiny_runs.STEPS}
    several = {**others, "dataset": "market1501", "protocol": "all_pairs_multi_query"}
    append_metrics(f"{workdir}/metrics.jsonl", several, {**others, "dataset": "mot", "gap": 1})
    flags = {"workdir": workdir, "name": NAME, "trained_on": "drawn people", "terms": "any use"}
    argv = ["tools", *(f"--{name}={value}" for name, value in flags.items())]
    assert pack_weights.main([*argv, f"--out={tmp_path / 'out'}"]) == 0
    return tmp_path


def test_the_card_says_where_it_is_from_how_it_is_made_and_what_it_reaches(packed):
    card = json.loads((packed / "out" / f"{NAME}.json").read_text())
    assert (card["trained_on"], card["terms"]) == ("drawn people", "any use")
    assert card["own"] == {"market1501": [87.7, 75.0]}
    expected = {"model": "sona_net", "height": "32", "width": "16", "flip_averaging": "false"}
    assert expected.items() <= card["flags"].items()
    assert "cutout_height" not in card["flags"] and "learning_rate" not in card["flags"]
    text = (packed / "out" / f"{NAME}.md").read_text()
    assert all(word in text for word in ("drawn people", "any use", "| market1501 | 87.7 | 75.0 |"))


@pytest.mark.usefixtures("functions_run_eagerly")
def test_its_name_answers_as_its_run_does(packed, monkeypatch):
    """But for weights in half precision."""
    weights = read_card(packed / "out" / f"{NAME}.json")
    monkeypatch.setitem(WEIGHTS, NAME, weights)
    place = str(packed / "out" / f"{NAME}.safetensors")
    monkeypatch.setattr("tfreid.weights.fetching.find_place", lambda *_: place)
    model, run = load(NAME), load(str(packed / "w"))
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 16, 3), dtype=np.uint8)
    expected = run.embed(pixels)
    np.testing.assert_allclose(model.embed(pixels), expected, atol=2e-2 * np.abs(expected).max())
    assert model.card["flags"]["global_dim"] == "6" and model.dim == run.dim
    assert model.card["training"]["weights"]["terms"] == "any use"
    network = load_network(NAME)[0]
    assert network.count_params() == load_network(str(packed / "w"))[0].count_params()
