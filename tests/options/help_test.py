"""The texts of --help: every flag once, whichever systems have it."""

import dataclasses

from tfreid.options import help as help_texts
from tfreid.options.fields import Checked, option


@dataclasses.dataclass(frozen=True)
class Data(Checked):
    """Which images."""

    model: str = option("one", "System to build.", choices=("one",))
    height: int = option(3, "Height in pixels. More of it.")


@dataclasses.dataclass(frozen=True)
class OtherData(Checked):
    """Which images, for the other."""

    model: str = option("two", "System to build.", choices=("two",))
    height: int = option(5, "Height in pixels. More of it.")


@dataclasses.dataclass(frozen=True)
class Sets(Checked):
    """How sets are made."""

    set_size: int = option(7, "Images of a set, " + "and so on " * 20 + "to the end.")


SYSTEMS = {"one": (Data,), "two": (OtherData, Sets)}


def test_every_flag_is_told_once_with_all_its_defaults():
    text = help_texts.tell_all(SYSTEMS)
    assert [text.count(f"--{name}=") for name in ("height", "set_size")] == [1, 1]
    assert "--height=3  (two: 5)" in text
    assert "--model=one  (two: two)" in text and "One of: one, two." in text
    assert set(help_texts.find_fields(SYSTEMS)) == {"model", "height", "set_size"}


def test_a_flag_of_some_systems_stands_under_their_names():
    shared, own = help_texts.tell_all(SYSTEMS).split("With --model=two only:")
    assert "--height" in shared and "--set_size" not in shared
    assert "--set_size=7" in own and "How sets are made." in own


def test_the_flags_of_every_day_are_a_line_each_that_fits():
    lines = help_texts.tell_everyday(SYSTEMS, ["height", "set_size"]).splitlines()
    assert lines[0].split() == ["--height=3", "Height", "in", "pixels."]
    assert len(lines) == 2 and max(map(len, lines)) <= 100
    assert lines[1].endswith("...")
