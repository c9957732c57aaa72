"""Where the two TensorFlow stacks differ; no other file asks which one is installed.

*classic* is TensorFlow 2.14 with its own Keras and tensorflow-addons; *today* is TensorFlow 2.21,
whose Keras 2 is the package tf-keras. What differs is told by what is missing, not by a version.
"""

import contextlib
import functools
import importlib
import inspect
import io
import logging
import os
import sys
import warnings

from tfreid.home import lend_home

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


def quiet_tensorflow():
    """Lets only errors of TensorFlow through, whichever logger it writes them to.

    2.21 tells absl's how long each checkpoint took. What its libraries write to stderr while they
    are loaded, before they read the variable, cannot be told from a crash's last words, and stays.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    logging.getLogger("absl").addFilter(_is_ours_or_error)
    # keras-cv's backbones ask Keras for each attribute, also for those that are about to go.
    warnings.filterwarnings("ignore", "`(layer.updates|Model.state_updates)` will", UserWarning)


def _is_ours_or_error(record):
    path = record.pathname.replace(os.sep, "/")
    return record.levelno >= logging.ERROR or "/tensorflow/python/" not in path


def choose_rotate(twin):
    """Returns tensorflow-addons' `rotate`, bilinear and reflecting, or its twin without that."""
    with warnings.catch_warnings():  # it says that it is in maintenance: we know
        warnings.simplefilter("ignore")
        try:
            from tensorflow_addons.image import rotate
        except ModuleNotFoundError:
            return twin
    return functools.partial(rotate, interpolation="bilinear", fill_mode="reflect")


def load_keras_cv():
    """Returns keras-cv, without the line that it prints before all that a command has to say."""
    with lend_home(), contextlib.redirect_stdout(io.StringIO()):
        return importlib.import_module("keras_cv")


def complete_slim():
    """Gives TensorFlow's `ops` the `Tensor` that tf-slim looks for there, where it has moved."""
    import tensorflow as tf
    from tensorflow.python.framework import ops

    if not hasattr(ops, "Tensor"):
        ops.Tensor = tf.Tensor


def read_either_keras_file():
    """Lets `.keras` files of one stack be loaded by the other.

    Both write the same weights, but one files a model's layers under "layers" and the other under
    its name of an internal list; a group that is missing under one is looked for under the other.
    """
    import tensorflow as tf

    _forgive_optional_inputs(tf.keras.layers.InputLayer)
    package = tf.keras.Model.__module__.partition(".")[0]  # keras or tf_keras
    store = importlib.import_module(f"{package}.src.saving.saving_lib").H5IOStore
    get, names = store.get, ("layers", "_layer_checkpoint_dependencies")

    def get_either(self, path):
        first, slash, rest = path.partition("/")
        if first not in names or path in self.h5_file:
            return get(self, path)
        return get(self, names[1 - names.index(first)] + slash + rest)

    if get.__name__ != get_either.__name__:
        store.get = get_either


def _forgive_optional_inputs(layer):
    """Leaves `optional` out of an input's config where Keras is older than that argument."""
    make = layer.from_config.__func__

    def make_known(cls, config):
        return make(cls, {key: value for key, value in config.items() if key != "optional"})

    if "optional" not in inspect.signature(layer).parameters:
        layer.from_config = classmethod(make_known)


def can_shape_text():
    """Returns whether matplotlib sets scripts that are written from the right or joined."""
    from matplotlib import ft2font

    return hasattr(ft2font, "__libraqm_version__")


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
