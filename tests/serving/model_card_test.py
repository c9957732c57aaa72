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


@pytest.fixture(scope="module")
def loaded(workdir):
    return load_network(workdir)


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
def test_a_run_without_whole_metrics_and_provenance_has_a_card(loaded, tmp_path, text):
    for name in ("metrics.jsonl", "provenance.json") if text else ():
        (tmp_path / name).write_text(text)
    card = make_card(*loaded, str(tmp_path))
    assert card["metrics"] == [] and card["data"] is None


def test_an_export_of_another_version_is_not_called_damaged(tmp_path):
    card = {"system": "vision", "fingerprint": "f", "height": 32, "width": 16}
    (tmp_path / "assets").mkdir()
    (tmp_path / CARD).write_text(json.dumps({**card, "versions": {"tfreid": "9.1"}}))
    with pytest.raises(InputError, match="system vision is not known here. It was .* tfreid 9.1"):
        read_card(str(tmp_path))


def test_equal_weights_and_preprocessing_have_one_fingerprint(workdir, loaded):
    prints = {compute_fingerprint(*parts[:2]) for parts in (loaded, load_network(workdir))}
    assert len(prints) == 1 and len(prints.pop()) == 64


@pytest.mark.parametrize(
    "change",
    [
        "--height=48",
        "--normalization=imagenet",
        "--precision=mixed_bfloat16",
        "--position_embedding=false",
    ],
)
def test_another_architecture_or_preprocessing_has_another_fingerprint(workdir, loaded, change):
    network, options, _ = loaded
    other = TrainOptions.read(f"{workdir}/flags.cfg", [change])
    assert compute_fingerprint(network, options) != compute_fingerprint(network, other)


def test_flip_averaging_makes_another_fingerprint(runs, loaded):
    network, _, _ = loaded
    options = [
        TrainOptions.read(f"{runs['sona_net']}/flags.cfg", [f"--flip_averaging={flips}"])
        for flips in ("true", "false")
    ]
    assert compute_fingerprint(network, options[0]) != compute_fingerprint(network, options[1])


def test_other_weights_have_another_fingerprint(workdir):
    network, options, _ = load_network(workdir)
    before = compute_fingerprint(network, options)
    bias = network.variables[-1]
    bias.assign(bias + 1)
    assert compute_fingerprint(network, options) != before


@pytest.mark.parametrize("text", [None, "{", "", "[]", "{}", '{"system": "other", "height": 1}'])
def test_a_missing_or_damaged_card_is_one_line(tmp_path, text):
    if text is not None:
        (tmp_path / "assets").mkdir()
        (tmp_path / CARD).write_text(text)
    with pytest.raises(InputError, match="model.json: .*(no such file|damaged).*; export again"):
        read_card(str(tmp_path))
