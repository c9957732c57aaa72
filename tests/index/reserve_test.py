"""The file beside the database: what it tells, what it frees, and whose files it leaves alone."""

import os
import stat

import pytest

from tfreid.index.reserve import Reserve


@pytest.fixture
def reserve(tmp_path):
    return Reserve(str(tmp_path))


def test_it_tells_the_last_change_and_keeps_its_megabytes(reserve):
    assert reserve.read() == 0
    for number in (7, 8):
        reserve.write(number)
        assert reserve.read() == number and os.stat(reserve.path).st_blocks * 512 >= 2**22
    reserve.remove()
    assert reserve.read() == 0


def test_one_that_is_cut_off_tells_nothing_and_is_made_whole(reserve):
    with open(reserve.path, "wb") as file:
        file.write(b"abc")
    assert reserve.read() == 0
    reserve.write(5)
    assert reserve.read() == 5 and os.path.getsize(reserve.path) == 2**22


def test_a_pipe_in_its_place_is_not_waited_for(reserve):
    os.mkfifo(reserve.path)
    assert reserve.read() == 0
    reserve.write(5)
    assert reserve.read() == 0 and stat.S_ISFIFO(os.lstat(reserve.path).st_mode)
    reserve.remove()
    assert not os.path.exists(reserve.path)


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_link_in_its_place_stays_untouched(reserve, tmp_path, link):
    outside = tmp_path / "outside"
    outside.write_bytes(b"precious file")
    link(outside, reserve.path)
    reserve.write(5)
    assert outside.read_bytes() == b"precious file" and reserve.read() == 0
    reserve.remove()
    assert outside.read_bytes() == b"precious file"
