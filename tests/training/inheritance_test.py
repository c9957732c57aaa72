"""A training that names no network has that of its initial weights."""

import json
import shutil

import pytest

from tests import tiny_runs
from tfreid.errors import InputError
from tfreid.options import TrainOptions
from tfreid.training.inheritance import inherit_network


def parse(*flags):
    return TrainOptions.parse(inherit_network(["train", "--cutout_probability=0", *flags]))


def test_weights_by_name_bring_their_network():
    options = parse("--initial_weights=tfreid_small")
    assert (options.model.backbone, options.model.frozen_levels) == ("efficientnet_lite0", 3)
    assert (options.data.height, options.data.width) == (256, 128)
    assert parse("--initial_weights=osnet_ain_x0_5_multi_source").model.variant == "ain_x0_5"


def test_the_recipe_for_own_photos_takes_the_network_of_any_weights(runs):
    assert parse("--recipe=own_photos").model.model == "baseline"
    options = parse("--recipe=own_photos", "--initial_weights=osnet_x0_25_msmt17")
    assert options.model.variant == "x0_25"
    options = parse("--recipe=own_photos", f"--initial_weights={runs['sona_net']}")
    assert (options.model.local_dim, options.data.height) == (10, tiny_runs.HEIGHT)
    assert options.learning.epochs == 0


def test_an_export_brings_the_network_that_was_exported(tmp_path):
    """Its card is enough: what it holds is read when it is loaded."""
    flags = {"model": "kvm_mn", "value_dim": "6", "height": "32", "width": "16"}
    card = {"system": "kvm_mn", "fingerprint": "1", "height": 32, "width": 16, "flags": flags}
    (tmp_path / "1" / "assets").mkdir(parents=True)
    (tmp_path / "1" / "saved_model.pb").touch()
    (tmp_path / "1" / "assets" / "model.json").write_text(json.dumps(card))
    options = parse(f"--initial_weights={tmp_path}")
    assert (options.model.model, options.model.value_dim, options.data.height) == ("kvm_mn", 6, 32)


def test_what_is_given_holds_and_only_the_network_is_inherited(runs):
    options = parse("--height=64", f"--initial_weights={runs['sona_net']}", "--local_dim=12")
    assert (options.data.height, options.data.width) == (64, tiny_runs.WIDTH)
    assert (options.model.global_dim, options.model.local_dim) == (6, 12)
    assert parse("--initial_weights=tfreid_small", "--model=osnet").model.variant == "x1_0"


@pytest.mark.parametrize("source", ["imagenet", "resnet50_imagenet", "nowhere.pth", ""])
def test_what_is_no_network_of_its_own_changes_nothing(source):
    assert parse(f"--initial_weights={source}").model == parse().model


def test_a_run_goes_on_when_what_it_began_from_is_gone(runs, tmp_path):
    shutil.copytree(runs["sona_net"], tmp_path / "start")
    flags = [f"--initial_weights={tmp_path / 'start'}", f"--workdir={runs['sona_net']}"]
    before = parse(*flags)
    shutil.rmtree(tmp_path / "start")
    assert parse(*flags) == before != parse()


def test_a_damaged_run_is_refused_by_its_name(tmp_path):
    (tmp_path / "flags.cfg").write_text("--model=sona_net\n")
    with pytest.raises(InputError, match=str(tmp_path)):
        parse(f"--initial_weights={tmp_path}")


def test_a_folder_in_which_a_first_start_was_refused_is_no_run(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    options = parse("--initial_weights=tfreid_small", f"--workdir={tmp_path}")
    assert options.model.backbone == "efficientnet_lite0"
