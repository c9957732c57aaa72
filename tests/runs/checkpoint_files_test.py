"""Which files are checkpoints, and whether they are as they were written."""

import os
import threading

import pytest

from tfreid.errors import InputError
from tfreid.runs.checkpoint_files import check_sums, list_steps, write_sums
from tfreid.text_files import MOST_BYTES


@pytest.fixture
def path(tmp_path):
    """The beginning of the names of a checkpoint of step 2."""
    for name in ("step-2.index", "step-2.data-00000-of-00001"):
        (tmp_path / name).write_bytes(name.encode())
    write_sums(str(tmp_path / "step-2"))
    return tmp_path / "step-2"


@pytest.mark.parametrize("name", ["step-2 (copy)", "step-2.bak", "step-last", "step-٣"])
def test_a_copy_of_sums_is_no_checkpoint(path, name):
    (path.parent / f"{name}.sha256").write_bytes((path.parent / "step-2.sha256").read_bytes())
    assert list_steps(str(path.parent)) == [2]


def test_only_sums_of_all_files_say_that_they_are_as_they_were(path):
    assert check_sums(str(path))
    sums = path.parent / "step-2.sha256"
    first, second = sums.read_text().splitlines(keepends=True)
    for left in (first, first + "?" + second[1:], ""):
        sums.write_text(left)
        assert not check_sums(str(path))


def _be_huge(place):
    place.touch()
    os.truncate(place, MOST_BYTES + 1)


@pytest.mark.parametrize("name", ["checkpoint", "step-2.sha256"])
@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_be_huge, "more than"),
        (lambda place: place.symlink_to(place), "symbolic links"),
        (lambda place: place.mkdir(), "directory"),
        (lambda place: place.symlink_to("/dev/zero"), "device"),
    ],
)
def test_what_no_run_wrote_is_told_as_that(path, name, spoil, told):
    place = path.parent / name
    place.unlink(missing_ok=True)
    spoil(place)
    with pytest.raises(InputError) as caught:
        list_steps(str(path.parent))
        check_sums(str(path))
    message = str(caught.value)
    assert str(place) in message and told in message
    assert "move it elsewhere" in message and "rights" not in message


@pytest.mark.parametrize("name", ["checkpoint", "step-2.sha256", "step-2.index"])
def test_a_pipe_in_place_of_a_file_is_told_and_not_waited_for(path, name):
    place = path.parent / name
    place.unlink(missing_ok=True)
    os.mkfifo(place)
    told = []

    def look():
        with pytest.raises(InputError) as caught:
            list_steps(str(path.parent))
            check_sums(str(path))
        told.append(str(caught.value))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(10)
    assert told and str(place) in told[0] and "pipe" in told[0]
