"""Tests of the way from a command line to options and back."""

import pytest

from tfreid.errors import InputError
from tfreid.options import TRAIN_GROUPS, TrainOptions, describe, parse, read_flagfile, to_flagfile


def test_defaults_are_the_papers():
    options = TrainOptions.parse(["tfreid"])
    assert (options.data.height, options.data.width) == (384, 128)
    assert options.model.sona_stages == (2,) and options.learning.epochs == 400
    assert options.learning.decay_epochs == (200, 300)


def test_a_flagfile_repeats_the_options_exactly(tmp_path):
    given = ["tfreid", "--sona_stages=2,3", "--decay_epochs=", "--nodeterministic", "--seed=7"]
    options = TrainOptions.parse(given)
    path = tmp_path / "flags.cfg"
    path.write_text(to_flagfile(options), encoding="utf-8")
    assert TrainOptions.read(str(path)) == options
    assert options.model.sona_stages == (2, 3) and options.learning.decay_epochs == ()


def test_what_comes_after_a_flagfile_overrides_it(tmp_path):
    path = tmp_path / "flags.cfg"
    path.write_text("# a comment\n--height=64\n--width=32\n", encoding="utf-8")
    (data, *_) = read_flagfile(str(path), TRAIN_GROUPS, ["--width=16"])
    assert (data.height, data.width) == (64, 16)


def test_paths_become_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = TrainOptions.parse(["tfreid", "--workdir=w", "--data_dir=d"]).with_absolute_paths()
    assert options.run.workdir == str(tmp_path / "w")
    assert options.data.data_dir == str(tmp_path / "d")
    assert options.run.initial_weights == ""


def test_help_names_every_flag_with_its_default():
    text = describe(TRAIN_GROUPS)
    assert "--sona_stages=2\n" in text and "--jit_compile=false\n" in text


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--hight=3", "Unknown command line flag 'hight'"),
        ("--height=tall", "--height=tall"),
        ("--height=4", "--height=4: must be at least 16"),
        ("--learning_rate=nan", "--learning_rate=nan: give a finite number"),
        ("--dataset=market", "--dataset=market: allowed values are market1501,"),
        ("--sona_stages=4", "--sona_stages=4: allowed values are 2, 3"),
        ("--sona_stages=2,2", "name each stage once"),
        ("--sona_stages=two", "give int values separated by commas"),
        ("--drop=dropblock", "drops squares, but --drop_height=5 and --drop_width=8"),
        ("--decay_epochs=300,200", "give them in rising order"),
        ("--triplet_margin=hard", "give 'soft' or a number >= 0"),
        ("--triplet_margin=-1", "give 'soft' or a number >= 0"),
        ("--devices=cpus:0", "give one, gpus or cpus:N"),
        ("--jit_compile", "give --deterministic=false"),
        ("--cutout_width=200", "larger than the image"),
        ("--flagfile=/no/such/file.cfg", "Unable to open flagfile"),
        ("stray", "stray: flags are given as --name=value"),
    ],
)
def test_a_wrong_flag_is_one_line_that_names_it(flag, message):
    with pytest.raises(InputError) as caught:
        TrainOptions.parse(["tfreid", flag])
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_flagfile_is_named():
    with pytest.raises(InputError, match="nowhere.cfg: no such flagfile"):
        read_flagfile("nowhere.cfg", TRAIN_GROUPS)


def test_parsing_twice_in_one_process_remembers_nothing():
    parse(["tfreid", "--height=64"], TRAIN_GROUPS)
    assert TrainOptions.parse(["tfreid"]).data.height == 384
