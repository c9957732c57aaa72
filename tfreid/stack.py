"""Where the two TensorFlow stacks differ; no other file asks which one is installed.

*classic* is TensorFlow 2.14 with its own Keras and tensorflow-addons; *today* is TensorFlow 2.21,
whose Keras 2 is the package tf-keras. What differs is told by what is missing, not by a version.
"""

import os
import sys
import warnings

# What the numbers of a run depend on.
_PACKAGES = (
    *("tensorflow", "tf-keras", "tensorflow-addons", "keras-cv", "tf-slim", "numpy", "absl-py"),
)


def choose_keras():
    """Makes `tf.keras` mean Keras 2, in this process and in those that it starts.

    TensorFlow reads the variable when `tf.keras` is first used; one that has a Keras 2 of its own
    ignores it.

    Raises:
      ImportError: where the program has used Keras 3 before.
    """
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None and not hasattr(tensorflow.keras.backend, "learning_phase"):
        raise ImportError(
            "tfreid needs Keras 2, and this program has used Keras 3 already: import tfreid before "
            "tf.keras is used, or set TF_USE_LEGACY_KERAS=1."
        )


def choose_rotate(twin):
    """Returns tensorflow-addons' `rotate`, or its twin where that package is missing."""
    with warnings.catch_warnings():  # it says that it is in maintenance: we know
        warnings.simplefilter("ignore")
        try:
            from tensorflow_addons.image import rotate
        except ModuleNotFoundError:
            return twin
    return rotate


def complete_slim():
    """Gives TensorFlow's `ops` the `Tensor` that tf-slim looks for there, where it has moved."""
    import tensorflow as tf
    from tensorflow.python.framework import ops

    if not hasattr(ops, "Tensor"):
        ops.Tensor = tf.Tensor


def list_versions():
    """Returns {package: version} of those packages of both stacks that are installed."""
    from importlib.metadata import PackageNotFoundError, version

    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions
