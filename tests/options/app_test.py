"""Options of the page in the browser."""

import os

import pytest

from tfreid.errors import InputError
from tfreid.options import parse
from tfreid.options.app import AppOptions


def read(*flags):
    return parse(["tfreid", *flags], (AppOptions,))[0]


def test_folders_hold_from_every_current_directory_and_names_stay_names():
    options = read("--workdir=w", "--index=i").with_absolute_paths()
    assert (options.place, options.index) == (os.path.abspath("w"), os.path.abspath("i"))
    assert read("--model=osnet_x0_25_msmt17", "--index=i").place == "osnet_x0_25_msmt17"


def test_it_listens_on_this_machine_alone_unless_told_otherwise():
    assert read("--workdir=w", "--index=i").host == "127.0.0.1"


@pytest.mark.parametrize(
    "flags, words",
    [
        (["--index=i"], "`model` and `workdir` are empty"),
        (["--workdir=w"], "`index` is empty"),
        (["--model=osnet_x0_25_msmt17", "--workdir=w", "--index=i"], "leave `workdir` out"),
        (["--model=osmet", "--index=i"], "osmet: no such weights"),
        (["--workdir=w", "--index=i", "--port=70000"], "port=70000"),
        (["--workdir=w", "--index=i", "--host="], "`host` is empty"),
    ],
)
def test_what_is_missing_or_odd_is_one_line(flags, words):
    with pytest.raises(InputError, match=words):
        read(*flags)
