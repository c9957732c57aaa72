import functools
import os
import sys

import numpy as np
import pytest
import tensorflow as tf

from tools.benchmarks.measuring import (
    count_operations,
    list_times,
    measure_peak_memory,
    run_alone,
    time_alternately,
)


def test_works_take_turns():
    turns = []
    works = {name: lambda name=name: turns.append(name) for name in ("a", "b")}
    seconds = time_alternately(works, repeats=3)
    assert turns == ["a", "b"] * 3
    assert set(seconds) == {"a", "b"} and min(seconds.values()) >= 0


def test_every_turn_is_listed():
    seconds = list_times({"a": lambda: None}, repeats=3)
    assert list(seconds) == ["a"] and len(seconds["a"]) == 3


def test_another_process_runs_what_is_run_alone():
    assert run_alone(os.getpid) != os.getpid()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_peak_is_seen_after_the_memory_was_given_back():
    """64 MB, touched and freed; a little less may show, as free memory is used again."""
    # Alone, as the benchmarks do: this process may hold so much free memory that nothing grows.
    peak = run_alone(measure_peak_memory, functools.partial(np.ones, 64 * 2**20, np.uint8))
    assert 55 * 2**20 < peak < 130 * 2**20


def test_operations_are_counted():
    """3x3 over 4 channels into 5 on 6 x 7 positions of 2 images: a product and a sum each."""
    kernel = tf.ones([3, 3, 4, 5])
    function = tf.function(lambda x: tf.nn.conv2d(x, kernel, 1, "SAME"))
    graph = function.get_concrete_function(tf.TensorSpec([2, 6, 7, 4])).graph
    assert count_operations(graph) == 2 * 9 * 4 * 5 * 6 * 7 * 2
