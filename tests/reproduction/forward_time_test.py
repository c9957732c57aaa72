"""The time of a forward pass."""

import json

import tensorflow as tf

from tfreid.reproduction import forward_time

FLAGS = ("--height=32", "--width=16", "--width_multiplier=0.0625", "--cutout_probability=0")


def test_all_passes_are_made_and_the_mean_is_in_milliseconds():
    calls = tf.Variable(0)

    def network(images, training):
        assert images.shape == (1, 6, 4, 3) and not training
        calls.assign_add(1)
        return {"global": tf.reduce_sum(images)}

    milliseconds = forward_time.measure_forward_ms(network, 6, 4, passes=3)
    assert int(calls) == 5 + 3  # the first ones are not timed
    assert 0 < milliseconds < 60_000


def test_a_run_leaves_its_flags_and_one_line(tmp_path):
    argv = ["forward_time", *FLAGS, "--drop_height=1", "--drop_width=1", f"--workdir={tmp_path}"]
    assert not forward_time.main(argv)
    (line,) = (tmp_path / "metrics.jsonl").read_text().splitlines()
    line = json.loads(line)
    assert (line["source"], line["step"], line["device"]) == ("forward_time", 0, "CPU")
    assert line["forward_ms"] > 0
    assert "--height=32" in (tmp_path / "flags.cfg").read_text()
