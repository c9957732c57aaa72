"""Loading as a stranger: what is found out before a version appears."""

import numpy as np
import pytest
import tensorflow as tf

from tfreid.errors import InputError
from tfreid.serving import verification
from tfreid.serving.verification import compare, verify


@pytest.fixture
def doubler(tmp_path):
    """A SavedModel that doubles, in a folder that TensorFlow takes for a pattern."""
    module = tf.Module()
    module.factor = tf.Variable(2.0)
    double = tf.function(lambda x: {"y": x * module.factor})
    signature = double.get_concrete_function(tf.TensorSpec([None], tf.float32, name="x"))
    tf.saved_model.save(module, str(tmp_path / "e[1]" / "1"), {"double": signature})
    return str(tmp_path / "e[1]" / "1")


def test_equal_answers_pass_and_the_difference_is_returned(doubler, tmp_path, monkeypatch):
    """TensorFlow may come by PYTHONPATH, as with `pip install --user`."""
    (tmp_path / "extra").mkdir()
    (tmp_path / "extra" / "sitecustomize.py").write_text(f"open({str(tmp_path / 'seen')!r}, 'w')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "extra"))
    values = np.array([1.0, -4.0], np.float32)
    requests = [("double", {"x": values}), ("double", {"x": values[:1]})]
    expected = [{"y": values * 2}, {"y": np.array([2.004], np.float32)}]
    assert verify(doubler, expected, requests, 0.01) == pytest.approx(0.004 / 2.004, rel=1e-3)
    assert (tmp_path / "seen").exists()


def test_other_answers_are_refused_with_their_difference(monkeypatch):
    monkeypatch.setattr(verification, "_answer", lambda *_: [{"y": np.full(2, 2.0)}])
    requests = [("double", {"x": np.ones(2, np.float32)})]
    with pytest.raises(InputError, match="double/y differs from the network's by 0.33 of its larg"):
        verify("folder", [{"y": np.full(2, 3.0)}], requests, 0.01)
    with pytest.raises(InputError):
        verify("folder", [{"y": np.full(2, 3.0)}], requests, 0.333)
    assert verify("folder", [{"y": np.full(2, 3.0)}], requests, 0.334) == pytest.approx(1 / 3)


def test_a_model_that_cannot_be_loaded_is_told_in_one_line(tmp_path, monkeypatch):
    """By its last words; TensorFlow's own take seconds to come."""
    (tmp_path / "stranger.py").write_text("print('loading')\nraise OSError('no\\nmodel')")
    monkeypatch.setattr(verification.fresh_process, "__file__", str(tmp_path / "stranger.py"))
    with pytest.raises(InputError, match=r"cannot be loaded by a fresh process \(model\)") as info:
        verify(str(tmp_path), [], [("double", {"x": np.ones(1)})], 0.01)
    assert "\n" not in str(info.value)


@pytest.mark.parametrize(
    "wanted, found, difference",
    [
        ([2.0, -4.0], [2.0, -3.0], 0.25),
        ([True, False], [True, True], 1.0),
        ([1.0], [np.nan], np.inf),
        ([1.0], [1.0, 1.0], np.inf),
        ([], [], 0.0),
    ],
)
def test_differences_are_in_units_of_the_largest_number(wanted, found, difference):
    assert compare(wanted, found) == difference
