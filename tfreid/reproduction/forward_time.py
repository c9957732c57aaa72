"""python -m tfreid.reproduction.forward_time --flagfile=configs/sona2_market1501.cfg --workdir=W

Times the way of one image through a network with random weights (SONA-Net, section 3.5) and adds a
line to W/metrics.jsonl. Takes the flags of tfreid.train; no data are read.
"""

import time

import tensorflow as tf

from tfreid.command_line import run_command
from tfreid.evaluation.report import append_metrics
from tfreid.options import TrainOptions, list_groups
from tfreid.reproduction.published import FORWARD_MS, FORWARD_TIME
from tfreid.runs.workdir import open_workdir

# The first of all traces the graph.
_FIRST_PASSES, _PASSES = 5, 20


def main(argv):
    """Measures what the command line describes."""
    options = TrainOptions.parse(argv).with_absolute_paths()
    workdir = open_workdir(options.run.workdir, options)
    tf.keras.mixed_precision.set_global_policy(options.run.precision)
    network = options.system.make_network(options)
    milliseconds = measure_forward_ms(network, options.data.height, options.data.width)
    workdir.write_options(options)
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    line = {"source": FORWARD_TIME, "step": 0, "device": devices[0].device_type}
    append_metrics(workdir.metrics, {**line, FORWARD_MS: milliseconds})


def measure_forward_ms(network, height, width, passes=_PASSES):
    """Returns the mean milliseconds of a forward pass of one image [1, height, width, 3]."""
    image = tf.random.stateless_normal((1, height, width, 3), seed=(0, 0))
    forward = tf.function(lambda images: network(images, training=False))

    def finish(count):
        for _ in range(count):
            # Read out: a GPU returns before it is done.
            tf.nest.map_structure(lambda output: output.numpy(), forward(image))

    finish(_FIRST_PASSES)
    start = time.perf_counter()
    finish(passes)
    return 1000 * (time.perf_counter() - start) / passes


if __name__ == "__main__":
    run_command(main, list_groups(), __doc__)
