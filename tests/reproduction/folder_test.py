"""One table, scale and data in a folder; one command at a time."""

import json

import pytest

from tfreid.errors import InputError
from tfreid.reproduction.folder import claim_folder

SETTINGS = {"table": "sona_table_2", "scale": "small", "data": {"market1501": "abc"}}


def claim(path, **changes):
    with claim_folder(str(path), {**SETTINGS, **changes}):
        pass


def test_a_new_folder_keeps_its_settings_and_the_same_ones_go_on(tmp_path):
    claim(tmp_path / "new" / "out")
    claim(tmp_path / "new" / "out")
    text = (tmp_path / "new" / "out" / "settings.json").read_text()
    assert json.loads(text) == SETTINGS


def test_other_settings_are_refused_with_what_differs(tmp_path):
    claim(tmp_path)
    with pytest.raises(InputError) as caught:
        claim(tmp_path, table="kvm_table_3", data={"market1501": "xyz"})
    assert str(caught.value) == (
        f"out={tmp_path}: was started with table sona_table_2 (now kvm_table_3), data "
        '{"market1501": "abc"} (now {"market1501": "xyz"}); give the same, or another `out`.'
    )


def test_two_commands_do_not_work_in_one_folder(tmp_path):
    with claim_folder(str(tmp_path), SETTINGS):
        with pytest.raises(InputError, match="another command works there"):
            claim(tmp_path)
    claim(tmp_path)


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"")
    with pytest.raises(InputError, match="holds other things, holiday.jpg for one"):
        claim(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", ""])
def test_damaged_settings_are_told(tmp_path, text):
    (tmp_path / "settings.json").write_text(text)
    with pytest.raises(InputError, match="settings.json: is damaged"):
        claim(tmp_path)


def test_a_file_where_the_folder_should_be_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        claim(tmp_path / "file" / "out")
