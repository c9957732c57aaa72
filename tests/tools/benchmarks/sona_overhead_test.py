import tensorflow as tf

from tfreid.options import parse
from tools.benchmarks import sona_overhead
from tools.benchmarks.sona_overhead import count_operations


def test_the_network_is_measured_with_and_without_sona():
    numbers = sona_overhead.measure(*parse(["", *sona_overhead.SMALL], sona_overhead.GROUPS))
    assert list(numbers["sides"]) == ["with_sona", "baseline"]
    assert numbers["operations_percent"] > 0 and numbers["paper_percent"] == 7.0
    assert isinstance(numbers["overhead_percent"], float)


def test_operations_are_counted():
    """3x3 over 4 channels into 5 on 6 x 7 positions of 2 images: a product and a sum each."""
    kernel = tf.ones([3, 3, 4, 5])
    function = tf.function(lambda x: tf.nn.conv2d(x, kernel, 1, "SAME"))
    graph = function.get_concrete_function(tf.TensorSpec([2, 6, 7, 4])).graph
    assert count_operations(graph) == 2 * 9 * 4 * 5 * 6 * 7 * 2
