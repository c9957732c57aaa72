"""State dicts are read without PyTorch; a file that wants anything else to be run is refused."""

import os
import zipfile

import numpy as np
import pytest

from tests.torch_files import (
    pickle_arrays,
    pickle_call,
    pickle_dictionary,
    pickle_number,
    pickle_tensor,
    pickle_text,
    pickle_tuple,
    write_pickles,
    write_zip,
)
from tfreid.models import pth
from tfreid.models.pth import ForbiddenNameError, read_state_dict

ARRAYS = {
    "a.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "half": np.array([0.5, -2], np.float16),
    "double": np.array([[1 / 3]]),
    "flags": np.array([True, False]),
    "bytes": np.array([0, 255], np.uint8),
    "count": np.array(3, np.int64),
    "empty": np.zeros([0, 3], np.float32),
}


def check(arrays, expected=ARRAYS):
    assert list(arrays) == list(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype and arrays[name].shape == array.shape


@pytest.mark.parametrize("write", [write_zip, write_pickles])
def test_both_forms_are_read_with_every_kind_of_number(tmp_path, write):
    check(read_state_dict(write(tmp_path / "m.pth", *pickle_arrays(ARRAYS))))


def test_a_training_checkpoint_of_data_parallel_is_unwrapped(tmp_path):
    content, storages = pickle_arrays({f"module.{name}": a for name, a in ARRAYS.items()})
    checkpoint = pickle_dictionary({"epoch": pickle_number(3), "state_dict": content})
    check(read_state_dict(write_zip(tmp_path / "m.pth", checkpoint, storages)))


def test_bfloat16_becomes_float32(tmp_path):
    """It is the upper half of a float32: 1 is 0x3F80, -2 is 0xC000."""
    content, storages = pickle_arrays({"a": np.array([0x3F80, 0xC000], np.uint16)})
    arrays = read_state_dict(write_zip(tmp_path / "m.pth", content, storages))
    check(arrays, {"a": np.array([1, -2], np.float32)})


def test_a_tensor_may_be_a_turned_part_of_its_storage(tmp_path):
    array = np.arange(24, dtype=np.float32)
    window = pickle_tensor(array, "0", offset=4, shape=(2, 3), steps=(1, 4))
    arrays = read_state_dict(
        write_zip(tmp_path / "m.pth", pickle_dictionary({"a": window}), {"0": array})
    )
    check(arrays, {"a": array[4:16].reshape(3, 4)[:, :2].T})


@pytest.mark.parametrize(
    "window",
    [
        {"offset": 20, "shape": (5,), "steps": (1,)},
        {"offset": -1, "shape": (2,), "steps": (1,)},
        {"shape": (2,), "steps": (-1,)},
        {"shape": (2, 2), "steps": (23, 1)},
        {"shape": (40000, 40000), "steps": (0, 0)},  # 6 GB of one number
        {"shape": (2000000000,), "steps": (1,)},
    ],
)
def test_a_window_that_leaves_its_storage_is_refused(tmp_path, window):
    array = np.arange(24, dtype=np.float32)
    content = pickle_dictionary({"a": pickle_tensor(array, "0", **window)})
    with pytest.raises(ValueError):
        read_state_dict(write_zip(tmp_path / "m.pth", content, {"0": array}))


def test_a_storage_of_another_size_than_was_said_is_refused(tmp_path):
    said, there = np.arange(24, dtype=np.float32), np.arange(25, dtype=np.float32)
    content = pickle_dictionary({"a": pickle_tensor(said, "0")})
    with pytest.raises(ValueError, match="another size"):
        read_state_dict(write_pickles(tmp_path / "m.pth", content, {"0": there}))


@pytest.mark.parametrize("write", [write_zip, write_pickles])
def test_what_promises_more_than_a_file_holds_is_refused_before_it_is_read(
    tmp_path, monkeypatch, write
):
    """Tensors may share a storage, but not by the thousand; the numbers may be packed."""
    monkeypatch.setattr(pth, "_ROOM", 10_000)
    array = np.zeros(1000, np.float32)
    tensor = pickle_tensor(array, "0")
    shared = pickle_dictionary({"a": tensor, "b": tensor})
    assert len(read_state_dict(write(tmp_path / "m.pth", shared, {"0": array}))) == 2
    many = pickle_dictionary({str(number): tensor for number in range(40)})
    with pytest.raises(ValueError, match="promises 160,000 bytes in a file of"):
        read_state_dict(write(tmp_path / "m.pth", many, {"0": array}))


def test_a_packed_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(pth, "_ROOM", 10_000)
    array = np.zeros(4000, np.float32)
    path = write_zip(tmp_path / "m.pth", *pickle_arrays({"a": array}))
    assert len(read_state_dict(path)) == 1
    packed = str(tmp_path / "packed.pth")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(ValueError, match="promises 16,"):
        read_state_dict(packed)


def test_a_storage_of_a_big_endian_machine_is_refused(tmp_path):
    with pytest.raises(ValueError):
        read_state_dict(write_zip(tmp_path / "m.pth", *pickle_arrays(ARRAYS), byteorder="big"))


CALLS = {
    "a command": pickle_call("os.system", pickle_text("touch ran")),
    "a command by another name": pickle_call("posix.system", pickle_text("touch ran")),
    "code": pickle_call("builtins.eval", pickle_text("open('ran', 'w')")),
    "an attribute": pickle_call("builtins.getattr", pickle_dictionary({}), pickle_text("get")),
    "a name within a known module": pickle_call("collections.namedtuple", pickle_text("a")),
    "PyTorch's own loader": pickle_call("torch.load", pickle_text("other.pth")),
    "a name without a call": b"cos\nsystem\n",
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("write", [write_zip, write_pickles])
def test_what_a_file_wants_to_call_is_not_called(tmp_path, monkeypatch, call, write):
    monkeypatch.chdir(tmp_path)
    content, storages = pickle_arrays(ARRAYS)
    hostile = pickle_dictionary({"state_dict": content, "more": call})
    with pytest.raises(ForbiddenNameError):
        read_state_dict(write("m.pth", hostile, storages))
    assert os.listdir() == ["m.pth"]


@pytest.mark.parametrize("name", ["torch._utils._rebuild_tensor_v2", "collections.OrderedDict"])
def test_a_file_cannot_change_what_its_names_stand_for(tmp_path, name):
    """The opcode BUILD sets attributes: here `__defaults__` of a known function."""
    module, function = name.rsplit(".", 1)
    state = pickle_tuple(b"N", pickle_dictionary({"__defaults__": pickle_tuple()}))
    content = f"c{module}\n{function}\n".encode() + state + b"b"
    with pytest.raises(ForbiddenNameError):
        read_state_dict(write_zip(tmp_path / "m.pth", content, {}))


def test_the_attributes_of_a_state_dict_are_ignored(tmp_path):
    """PyTorch hangs `_metadata` on it; a tensor's own would replace its window."""
    items, storages = pickle_arrays(ARRAYS)
    empty = pickle_call("collections.OrderedDict")
    named = empty + items[1:] + pickle_dictionary({"_metadata": b"N"}) + b"b"
    check(read_state_dict(write_zip(tmp_path / "m.pth", named, storages)))
    tensor = pickle_tensor(ARRAYS["a.weight"], "0") + pickle_dictionary({"_offset": b"N"}) + b"b"
    with pytest.raises(ForbiddenNameError):
        content = pickle_dictionary({"a": tensor})
        read_state_dict(write_zip(tmp_path / "m.pth", content, {"0": ARRAYS["a.weight"]}))


def test_scores_and_counters_of_a_training_are_passed_over(tmp_path):
    """A numpy number is written as a dtype, whose state BUILD sets, and its bytes."""
    numbers = pickle_tuple(pickle_number(3), pickle_text("<"), b"N", b"N")
    kind = pickle_call("numpy.dtype", pickle_text("f8")) + numbers + b"b"
    content = pickle_call("_codecs.encode", pickle_text("12345678"), pickle_text("latin1"))
    score = pickle_call("numpy.core.multiarray.scalar", kind, content)
    counter = pickle_call("collections.Counter", pickle_dictionary({"3": pickle_number(1)}))
    tensors, storages = pickle_arrays(ARRAYS)
    checkpoint = pickle_dictionary({"state_dict": tensors, "rank1": score, "scheduler": counter})
    check(read_state_dict(write_zip(tmp_path / "m.pth", checkpoint, storages)))
