"""A pickle of a few bytes that asks for gigabytes is refused before it gets them."""

import io
import pickle
import struct

import pytest

from tests.torch_files import write_zip
from tfreid.models.pickle_sizes import check_sizes
from tfreid.models.pth import read_state_dict

BOMBS = {  # each makes the unpickler ask for 4 GB or more
    "a number for later": b"}r" + struct.pack("<I", 2**32 - 2),
    "the same in letters": b"}p%d\n" % 2**32,
    "a text": b"X" + struct.pack("<I", 2**32 - 2),
    "a longer text": b"\x8d" + struct.pack("<Q", 2**50),
    "bytes": b"\x8e" + struct.pack("<Q", 2**33),
    "bytes that change": b"\x96" + struct.pack("<Q", 2**33),
    "a number": b"\x8b" + struct.pack("<i", 2**31 - 1),
    "a frame": b"\x95" + struct.pack("<Q", 2**33) + b"N.",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_no_room_is_made_for_what_is_not_there(tmp_path, bomb):
    content = b"\x80\x04" + bomb + b"."
    with pytest.raises(ValueError, match="4,294|1,125|8,589|2,147"):
        check_sizes(io.BytesIO(content), len(content))
    (tmp_path / "a.pth").write_bytes(content)
    for path in (tmp_path / "a.pth", write_zip(tmp_path / "b.pth", bomb, {})):
        with pytest.raises(ValueError, match="in a file of"):
            read_state_dict(path)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_pickle_writes_is_let_through_and_read_from_its_beginning(protocol):
    things = [(n, str(n), bytes([n % 256]) * n) for n in range(400)]
    content = pickle.dumps([things, things[7:]], protocol)
    file = io.BytesIO(b"before" + content + b"after")
    file.seek(6)
    check_sizes(file, len(content))
    assert pickle.load(file) == [things, things[7:]] and file.read() == b"after"
