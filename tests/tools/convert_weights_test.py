"""A `.pth` file becomes a `.safetensors` file of the same tensors, or one clear line."""

import os
import subprocess
import sys

import numpy as np
import pytest
import safetensors.numpy

from tfreid.errors import InputError
from tools import convert_weights

ARRAYS = {
    "conv1.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2).transpose(1, 0, 3, 2),
    "bn1.num_batches_tracked": np.array(3, np.int64),
}


@pytest.fixture
def read_arrays(monkeypatch):
    """Stands in for PyTorch: whatever the source, its arrays are `ARRAYS`."""
    monkeypatch.setattr(
        convert_weights, "read_weight_file", lambda path: (ARRAYS, "torchvision .pth")
    )


def test_every_tensor_is_written_under_its_name(read_arrays, tmp_path):
    target = str(tmp_path / "out.safetensors")
    assert convert_weights.main(["in.pth", target]) == 0
    written = safetensors.numpy.load_file(target)
    assert written.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(written[name], array)
        assert written[name].dtype == array.dtype
    assert os.listdir(tmp_path) == ["out.safetensors"]


def test_a_real_pth_file_is_converted_without_tensorflow(tmp_path, repository):
    torch = pytest.importorskip("torch", reason="PyTorch is needed to write a .pth file")
    source, target = str(tmp_path / "in.pth"), str(tmp_path / "out.safetensors")
    torch.save({name: torch.from_numpy(array) for name, array in ARRAYS.items()}, source)
    code = (
        "import sys; sys.modules['tensorflow'] = None; from tools import convert_weights; "
        f"sys.exit(convert_weights.main([{source!r}, {target!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"{target}: 2 tensors\n"), done.stderr
    np.testing.assert_array_equal(
        safetensors.numpy.load_file(target)["conv1.weight"], ARRAYS["conv1.weight"]
    )


def test_a_target_of_another_kind_or_that_exists_is_refused(read_arrays, tmp_path, capsys):
    assert convert_weights.main(["in.pth", "out.pth"]) == 1
    assert "out.pth: the file to write must end in .safetensors" in capsys.readouterr().err
    (tmp_path / "out.safetensors").write_bytes(b"precious")
    with pytest.raises(InputError, match="exists already; delete it or give another name"):
        convert_weights.convert("in.pth", str(tmp_path / "out.safetensors"))
    assert (tmp_path / "out.safetensors").read_bytes() == b"precious"


def test_a_safetensors_source_needs_no_conversion(tmp_path):
    source = str(tmp_path / "in.safetensors")
    safetensors.numpy.save_file({"a": np.zeros(2)}, source)
    with pytest.raises(InputError, match="is a .safetensors file already; nothing is to be done"):
        convert_weights.convert(source, str(tmp_path / "out.safetensors"))


def test_a_file_in_the_place_of_a_folder_is_told(read_arrays, tmp_path):
    (tmp_path / "none").write_text("")
    target = str(tmp_path / "none" / "out.safetensors")
    with pytest.raises(InputError, match="out.safetensors: cannot be written"):
        convert_weights.convert("in.pth", target)


def test_a_failure_while_writing_leaves_nothing_behind(read_arrays, tmp_path, monkeypatch):
    def fail(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\)"):
        convert_weights.convert("in.pth", str(tmp_path / "out.safetensors"))
    assert os.listdir(tmp_path) == []


def test_the_usage_is_shown_for_a_wrong_command_line(capsys):
    assert convert_weights.main(["in.pth"]) == 2
    assert capsys.readouterr().err == f"{convert_weights.USAGE}\n"
