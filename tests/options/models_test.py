"""Commands take a network by name in place of a workdir."""

import pytest

from tfreid.errors import InputError
from tfreid.options import find_system, parse
from tfreid.options.evaluate import CheckpointOptions, ExportOptions
from tfreid.options.search import SearchOptions
from tfreid.runs.workdir import read_options

NAME = "osnet_ain_x1_0_msmt17"
COMMANDS = [
    (CheckpointOptions, {}),
    (ExportOptions, {"export_dir": "e"}),
    (SearchOptions, {"index": "i", "add": "a"}),
]


def read(group, **flags):
    (options,) = parse(["tfreid", *(f"--{name}={value}" for name, value in flags.items())], [group])
    return options


@pytest.mark.parametrize(("group", "others"), COMMANDS)
def test_a_name_is_a_place_and_stays_one_in_any_folder(group, others):
    options = read(group, model=NAME, **others)
    assert options.place == options.with_absolute_paths().place == NAME
    options = read(group, workdir="w", **others).with_absolute_paths()
    assert options.place.endswith("/w")


@pytest.mark.parametrize(("group", "others"), COMMANDS)
def test_a_wrong_name_a_start_and_both_at_once_are_refused(group, others):
    for flags, told in (
        ({"model": "osnet_ain_x1_0_msmt71"}, NAME),
        ({"model": "resnet50_imagenet"}, "initial_weights=resnet50"),
        ({"model": NAME, "workdir": "w"}, "`workdir`"),
    ):
        with pytest.raises(InputError) as caught:
            assert read(group, **flags, **others).place
        assert told in str(caught.value)


def test_an_export_of_a_name_needs_a_folder():
    with pytest.raises(InputError):
        read(ExportOptions, model=NAME)


def test_the_flags_of_a_name_make_its_network():
    options = read_options(NAME)
    assert options.system is find_system(["tfreid", "--model=osnet"])
    assert (options.model.variant, options.model.unit_length) == ("ain_x1_0", True)
