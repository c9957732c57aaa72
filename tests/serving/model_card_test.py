"""What a model says of itself."""

import json

import pytest

from tests.tiny_runs import STEPS, write_run
from tfreid.errors import InputError
from tfreid.options import TrainOptions
from tfreid.runs.loading import load_network
from tfreid.serving.model_card import CARD, compute_fingerprint, make_card, read_card


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("card") / "w", "kvm_mn")


def test_the_card_tells_system_size_training_data_metrics_and_flags(workdir):
    lines = [{"step": 3, "mAP": 1.0}, {"step": STEPS, "mAP": 2.0}]
    with open(f"{workdir}/metrics.jsonl", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    with open(f"{workdir}/provenance.json", "w", encoding="utf-8") as file:
        json.dump({"data": {"sha256": "abc"}}, file)
    network, options, origin = load_network(workdir)
    card = json.loads(json.dumps(make_card(network, options, origin, workdir)))
    assert card["system"] == "kvm_mn" and (card["height"], card["width"]) == (32, 16)
    assert card["metrics"] == [{"step": STEPS, "mAP": 2.0}]
    assert card["data"] == {"sha256": "abc"}
    assert card["training"]["steps"] == STEPS and card["training"]["dataset"] == "folder"
    again = [f"--{name}={value}" for name, value in card["flags"].items()]
    assert TrainOptions.parse(["x", *again]) == options
    assert not {"workdir", "data_dir", "initial_weights"} & set(card["flags"])


@pytest.mark.parametrize("text", [None, "{", "[]"])
def test_a_run_without_whole_metrics_and_provenance_has_a_card(tmp_path, text):
    workdir = write_run(tmp_path / "w", "kvm_mn")
    for name in ("metrics.jsonl", "provenance.json") if text else ():
        (tmp_path / "w" / name).write_text(text)
    card = make_card(*load_network(workdir), workdir)
    assert card["metrics"] == [] and card["data"] is None


def test_equal_weights_and_preprocessing_have_one_fingerprint(workdir):
    prints = {compute_fingerprint(*load_network(workdir)[:2]) for _ in range(2)}
    assert len(prints) == 1 and len(prints.pop()) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"height": 48},
        {"normalization": "imagenet"},
        {"precision": "mixed_bfloat16"},
        {"position_embedding": "false"},
    ],
    ids=["weights", "size", "normalization", "precision", "architecture"],
)
def test_another_network_or_preprocessing_has_another_fingerprint(workdir, tmp_path, change):
    other = write_run(tmp_path / "w", "kvm_mn", **change)
    one, two = (compute_fingerprint(*load_network(path)[:2]) for path in (workdir, other))
    assert one != two


def test_flip_averaging_makes_another_fingerprint(tmp_path):
    network, options, _ = load_network(write_run(tmp_path / "w", "sona_net"))
    other = write_run(tmp_path / "v", "sona_net", flip_averaging="false")
    assert compute_fingerprint(network, options) != compute_fingerprint(
        network, load_network(other)[1]
    )


@pytest.mark.parametrize("text", [None, "{", "", "[]", "{}", '{"system": "other", "height": 1}'])
def test_a_missing_or_damaged_card_is_one_line(tmp_path, text):
    if text is not None:
        (tmp_path / "assets").mkdir()
        (tmp_path / CARD).write_text(text)
    with pytest.raises(InputError, match="model.json: .* missing or damaged .*; export again"):
        read_card(str(tmp_path))
