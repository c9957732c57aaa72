"""Functions that run eagerly, in tests of what is around them.

Two steps of a tiny network take a tenth of the time that it takes to make their graph. The graphs
themselves are tried by `learner_test`, by the runs that are killed, and by the exports.
"""

import contextlib
import sys
import warnings

import tensorflow as tf


@contextlib.contextmanager
def run_functions_eagerly():
    """Within it a `tf.function` that is called makes no graph; one that is saved does."""
    tf.config.run_functions_eagerly(True)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*does not apply to tf.data", UserWarning)
            yield
    finally:
        tf.config.run_functions_eagerly(False)


if __name__ == "__main__":  # a training in a process of its own
    from tfreid import train

    with run_functions_eagerly():
        sys.exit(train.main(sys.argv))
