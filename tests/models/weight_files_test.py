"""Weight files are read whole or refused with one line that says what to do."""

import hashlib
import json

import numpy as np
import pytest
import safetensors.numpy

from tests.torch_files import (
    pickle_arrays,
    pickle_call,
    pickle_dictionary,
    pickle_number,
    write_pickles,
    write_zip,
)
from tfreid.errors import InputError
from tfreid.files import compute_sha256
from tfreid.models.weight_files import read_weight_file

ARRAYS = {
    "a.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 4, 1),
    "a.num_batches_tracked": np.array(3, np.int64),
}


def write_bytes(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return str(path)


def catch(path):
    """Returns the one-line message of a refused file, without the path that it begins with."""
    with pytest.raises(InputError) as caught:
        read_weight_file(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message
    return message[len(path) + 2 :]


def check_arrays(arrays):
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype


def test_safetensors_are_read(tmp_path):
    arrays, file_format = read_weight_file(
        write_bytes(tmp_path, "m.safetensors", safetensors.numpy.save(ARRAYS))
    )
    check_arrays({name: arrays[name] for name in ARRAYS})
    assert file_format == "timm .safetensors"


@pytest.mark.parametrize("write", [write_zip, write_pickles])
def test_pth_is_read_in_both_of_its_forms(tmp_path, write):
    arrays, file_format = read_weight_file(write(tmp_path / "m.pth", *pickle_arrays(ARRAYS)))
    check_arrays(arrays)
    assert file_format == "torchvision .pth"


@pytest.mark.parametrize("write", [write_zip, write_pickles])
def test_a_truncated_pth_is_refused(tmp_path, write):
    path = write(tmp_path / "m.pth", *pickle_arrays(ARRAYS))
    with open(path, "rb") as file:
        content = file.read()
    for length in (len(content) - 30, 200, 40):
        message = catch(write_bytes(tmp_path, "cut.pth", content[:length]))
        assert message.startswith("cannot be read, it may be damaged (")
        assert message.endswith("); download or copy it again.")


def test_a_pth_that_names_a_module_is_refused_and_the_name_is_told(tmp_path):
    content = pickle_call("torch.nn.modules.linear.Linear", pickle_number(2))
    message = catch(write_zip(tmp_path / "m.pth", content, {}))
    assert "(torch.nn.modules.linear.Linear)" in message and "state_dict()" in message


@pytest.mark.parametrize("content", [pickle_number(1), pickle_dictionary({"a": pickle_number(3)})])
def test_a_pth_without_named_tensors_is_refused(tmp_path, content):
    message = catch(write_zip(tmp_path / "m.pth", content, {}))
    assert message == "holds no named tensors; save a state dict: model.state_dict()."


@pytest.mark.parametrize("length", [-4, 60, 9])
def test_truncated_safetensors_are_refused(tmp_path, length):
    content = safetensors.numpy.save(ARRAYS)[:length]
    message = catch(write_bytes(tmp_path, "m.safetensors", content))
    assert message.startswith("cannot be read, it may be damaged (Error while deserializing")


def make_safetensors(dtype, content):
    """Returns a file of one vector "a", made by hand: header length, header, numbers."""
    entry = {"dtype": dtype, "shape": [2], "data_offsets": [0, len(content)]}
    header = json.dumps({"a": entry}).encode()
    return len(header).to_bytes(8, "little") + header + content


def test_bfloat16_safetensors_become_float32(tmp_path):
    """A bfloat16 is the upper half of a float32: 1.0 is 0x3F80, -2.0 is 0xC000."""
    content = make_safetensors("BF16", b"\x80\x3f\x00\xc0")
    arrays, _ = read_weight_file(write_bytes(tmp_path, "m.safetensors", content))
    assert arrays["a"].dtype == np.float32 and arrays["a"].tolist() == [1.0, -2.0]


def test_unknown_number_types_are_refused(tmp_path):
    message = catch(write_bytes(tmp_path, "m.safetensors", make_safetensors("F99", bytes(8))))
    assert message.startswith("cannot be read, it may be damaged (")


@pytest.mark.parametrize(
    "name, content, expected",
    [
        ("m.pth", b"\n<!DOCTYPE html><html>", "this is a web page, not weights; download the"),
        ("m.safetensors", b"<html></html>", "this is a web page, not weights; download the"),
        ("m.pth", b"\xef\xbb\xbf<html></html>", "this is a web page, not weights; download the"),
        ("m.pth", "<html><body>".encode("utf-16"), "this is a web page, not weights; download the"),
        ("m.pth", b"", "the file is empty; download or copy it again."),
        ("m.pth", b'{"error": 404}', "its content is not that of a .pth file; download or copy"),
        ("m.safetensors", b"text", "its content is not that of a .safetensors file; download"),
        ("m.pth", b"version https://git-lfs.github.com/spec/v1", "this is a Git LFS pointer, not"),
        ("m.pth", bytes(8) + b"{}", "its content is that of a .safetensors file; rename it to"),
        ("m.safetensors", b"PK\x03\x04" + bytes(9), "its content is that of a .pth file; rename"),
        ("m.safetensors", b"\x80\x02" + bytes(9), "its content is that of a .pth file; rename it"),
        ("m.h5", b"\x89HDF", "weights are read from .pth (torchvision) and .safetensors (timm)"),
        ("weights", b"PK\x03\x04", "weights are read from .pth (torchvision) and .safetensors"),
    ],
)
def test_files_of_another_kind_are_refused(tmp_path, name, content, expected):
    assert catch(write_bytes(tmp_path, name, content)).startswith(expected)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    assert catch(str(tmp_path / "none.pth")).startswith(
        "cannot be read (No such file or directory)"
    )
    (tmp_path / "folder.pth").mkdir()
    assert catch(str(tmp_path / "folder.pth")).startswith("cannot be read (Is a directory)")


def test_sha256_is_that_of_the_whole_file(tmp_path):
    content = bytes(range(256)) * 5000  # more than one block
    assert (
        compute_sha256(write_bytes(tmp_path, "m", content)) == hashlib.sha256(content).hexdigest()
    )
