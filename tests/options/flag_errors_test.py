"""Whatever is wrong with a command line is said in one line."""

import dataclasses

import pytest

from tfreid.errors import InputError
from tfreid.options import flag_errors
from tfreid.options.fields import Checked, option
from tfreid.options.flags import parse


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
    error = flag_errors.explain(ValueError("new trouble\nwith details"), (Options,))
    assert isinstance(error, InputError)
    assert str(error) == "new trouble; give flags as --name=value (--helpfull lists them)."
