"""Tests of the way from a command line to options and back."""

import dataclasses

import pytest

from tfreid.errors import InputError
from tfreid.options import TrainOptions, list_groups, to_flagfile
from tfreid.options.data import TableOptions
from tfreid.options.fields import Checked, option
from tfreid.options.flags import explain, is_quiet, parse
from tfreid.options.help import tell_all
from tfreid.systems import SYSTEMS


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
    data = TrainOptions.read(str(path), ["--width=16", "--cutout_probability=0"]).data
    assert (data.height, data.width) == (64, 16)


def test_paths_become_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = TrainOptions.parse(["tfreid", "--workdir=w", "--data_dir=d"]).with_absolute_paths()
    assert options.run.workdir == str(tmp_path / "w")
    assert options.data.data_dir == str(tmp_path / "d")
    assert options.run.initial_weights == ""


def test_help_names_every_flag_with_its_default():
    text = tell_all(list_groups())
    assert "--sona_stages=2\n" in text and "--jit_compile=false\n" in text


def test_a_flag_of_another_system_is_told_as_that():
    with pytest.raises(InputError, match="^--set_size: a flag of --model=kvm_mn only"):
        TrainOptions.parse(["tfreid", "--set_size=3"])
    assert TrainOptions.parse(["tfreid", "--model=kvm_mn", "--set_size=3"]).learning.set_size == 3


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--hight=3", "--hight=3: no such flag; did you mean --height? --helpfull lists all."),
        ("--height=tall", "--height=tall: give a whole number of at least 16 and at most 2048"),
        ("--height=4", "height=4: must be at least 16"),
        ("--learning_rate=nan", "learning_rate=nan: give a finite number"),
        ("--dataset=market", "dataset=market: did you mean market1501? allowed values are"),
        ("--dataset=Market-1501", "dataset=Market-1501: did you mean market1501? allowed"),
        ("--recipe=SONA2_market", "--recipe=SONA2_market: no such recipe; did you mean sona2_m"),
        ("--model=SONA-Net", "--model=SONA-Net: did you mean sona_net? allowed values are"),
        ("--sona_stages=4", "sona_stages=4: allowed values are 2, 3"),
        ("--sona_stages=2,2", "name each stage once"),
        ("--sona_stages=two", "give int values separated by commas"),
        ("--drop=dropblock", "drops squares, but drop_height=5 and drop_width=8"),
        ("--decay_epochs=300,200", "give them in rising order"),
        ("--decay_epochs=,", "--decay_epochs=,: give int values separated by commas"),
        ("--sona_stages= ", "--sona_stages= : give int values separated by commas"),
        ("--triplet_margin=hard", "give 'soft' or a number >= 0"),
        ("--triplet_margin=-1", "give 'soft' or a number >= 0"),
        ("--devices=cpus:0", "give one, gpus or cpus:N"),
        ("--jit_compile", "give deterministic=false"),
        ("--cutout_width=200", "larger than the image"),
        ("--flagfile=/no/such/file.cfg", "--flagfile=/no/such/file.cfg: no such file"),
        ("stray", "stray: flags are given as --name=value"),
    ],
)
def test_a_wrong_flag_is_one_line_that_names_it(flag, message):
    with pytest.raises(InputError) as caught:
        TrainOptions.parse(["tfreid", flag])
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_flagfile_is_named():
    with pytest.raises(InputError, match="nowhere.cfg: no such flagfile"):
        TrainOptions.read("nowhere.cfg")


def test_parsing_twice_in_one_process_remembers_nothing():
    parse(["tfreid", "--height=64"], SYSTEMS["sona_net"].options)
    assert TrainOptions.parse(["tfreid"]).data.height == 384


def test_each_system_has_its_own_flags_and_defaults(tmp_path):
    path = tmp_path / "kvm.cfg"
    path.write_text("--model=kvm_mn\n--num_heads=2\n", encoding="utf-8")
    options = TrainOptions.parse(["tfreid", f"--flagfile={path}", "--set_size=5"])
    assert options.model.model == "kvm_mn" and options.model.num_heads == 2
    assert options.learning.set_size == 5 and options.learning.learning_rate == 0.01
    assert (options.data.height, options.data.width, options.data.normalization) == (
        224,
        112,
        "inception",
    )
    assert options.augment.rotation_degrees == 180 / 16
    flagfile = tmp_path / "again.cfg"
    flagfile.write_text(to_flagfile(options), encoding="utf-8")
    assert TrainOptions.read(str(flagfile)) == options


def test_a_flag_of_the_other_system_is_refused():
    with pytest.raises(InputError, match="sona_stages"):
        TrainOptions.parse(["tfreid", "--model=kvm_mn", "--sona_stages=2"])


def test_an_unknown_system_is_refused():
    with pytest.raises(InputError, match="--model=hal: allowed values are sona_net, kvm_mn"):
        TrainOptions.parse(["tfreid", "--model=hal"])


@pytest.mark.parametrize("argv", [["FOLDER", "--seed=3"], ["--seed=3", "FOLDER"]])
def test_one_value_may_stand_alone_where_a_command_says_so(argv):
    (options,) = parse(["test", *argv], (TableOptions,), positional="folder")
    assert (options.folder, options.seed) == ("FOLDER", 3)
    for wrong in ([*argv, "MORE"], ["--folder=F", *argv, "MORE"]):
        with pytest.raises(InputError, match="this is not one"):
            parse(["test", *wrong], (TableOptions,), positional="folder")


@pytest.mark.parametrize(
    "path",
    ["/a\n--seed=99", "/a\r--seed=99", "/a ", "/a\u00a0", "/a\udcff", '"/a"', "/a --seed=99"],
)
@pytest.mark.parametrize("flag", ["workdir", "data_dir", "initial_weights"])
def test_a_path_that_a_flagfile_would_not_give_back_is_refused(flag, path):
    with pytest.raises(InputError, match=f"^{flag}=.*: cannot be kept in a run's flags.cfg"):
        TrainOptions.parse(["tfreid", f"--{flag}={path}"])


def test_quiet_is_a_flag_of_every_command_and_of_flagfiles(tmp_path):
    (tmp_path / "a.cfg").write_text("--quiet\n--height=64\n")
    assert is_quiet(["tfreid", f"--flagfile={tmp_path}/a.cfg"]) and is_quiet(["tfreid", "--quiet"])
    assert not is_quiet(["tfreid", "--height=64"]) and not is_quiet(["tfreid", "--quiet=false"])
    assert TrainOptions.parse(["tfreid", "--quiet"]) == TrainOptions.parse(["tfreid"])


@dataclasses.dataclass(frozen=True)
class Options(Checked):
    """One field of each kind."""

    height: int = option(384, "Height.", minimum=16, maximum=2048)
    rate: float = option(0.5, "Rate.", maximum=1)
    steps: int = option(7, "Steps.", minimum=1)
    quiet: bool = option(True, "Quiet.")
    mode: str = option("a", "Mode.", choices=("a", "b", ""))
    stages: tuple = option((2, 3), "Stages.", choices=(2, 3), element=int)
    name: str = option("", "Name.")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ["--height=abc"],
            "--height=abc: give a whole number of at least 16 and at most 2048, as in "
            "--height=384.",
        ),
        (["--steps=1.5"], "--steps=1.5: give a whole number of at least 1, as in --steps=7."),
        (["--steps="], "--steps=: give a whole number of at least 1, as in --steps=7."),
        (["--rate=a: b"], "--rate=a: b: give a number of at most 1, as in --rate=0.5."),
        (["--quiet=maybe"], "--quiet=maybe: give true or false, as in --quiet=true."),
        (["--steps"], "--steps: has no value; give a whole number of at least 1, as in --steps=7."),
        (["--mode"], "--mode: has no value; give one of a, b, (empty)."),
        (
            ["--stages"],
            "--stages: has no value; give int values separated by commas, as in --stages=2,3.",
        ),
        (["--name", "--steps=3"], "--name: has no value; give a value, as in --name=VALUE."),
        (["--name"], "--name: has no value; give a value, as in --name=VALUE."),
        (["--hieght=3"], "--hieght=3: no such flag; did you mean --height? --helpfull lists all."),
        (["--noquite"], "--noquite: no such flag; did you mean --noquiet? --helpfull lists all."),
        (["--zzz"], "--zzz: no such flag; --helpfull lists all."),
        (
            ["--noquiet=1"],
            "--noquiet=1 does not take an argument; give flags as --name=value (--helpfull lists "
            "them).",
        ),
        (["--flagfile="], "--flagfile=: give the path of a flagfile, or leave the flag out."),
    ],
)
def test_flag_value_allowed_and_cure_are_in_one_line(argv, message):
    with pytest.raises(InputError) as caught:
        parse(["door", *argv], (Options,))
    assert str(caught.value) == message


def test_a_value_inside_a_flagfile_is_told_like_one_outside(tmp_path):
    path = tmp_path / "flags.cfg"
    path.write_text("--height=64x\n", encoding="utf-8")
    with pytest.raises(InputError, match="^--height=64x: give a whole number"):
        parse(["door", f"--flagfile={path}"], (Options,))


def test_what_absl_may_say_in_the_future_is_still_one_line():
    error = explain(ValueError("new trouble\nwith details"), (Options,))
    assert isinstance(error, InputError)
    assert str(error) == "new trouble; give flags as --name=value (--helpfull lists them)."
