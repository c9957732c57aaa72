"""Inception-V1: TF-slim's own network, as a Keras layer."""

import warnings

import tensorflow as tf
import tf_slim as slim
from tf_slim.nets import inception_v1

from tfreid.models.inception_weights import load_slim_checkpoint
from tfreid.stack import complete_slim

complete_slim()
# slim calls TensorFlow's old layers in the old way; nobody can do anything about it here.
warnings.filterwarnings("ignore", "`layer.(apply|updates)` ", UserWarning)

# TF-slim's own for Inception-V1.
BATCH_NORM_DECAY = 0.9997
BATCH_NORM_EPSILON = 1e-3

# slim's name of a map -> its channels; those from which a network can reasonably go on.
ENDPOINTS = {
    "Mixed_3b": 256,
    "Mixed_3c": 480,
    "Mixed_4b": 512,
    "Mixed_4c": 512,
    "Mixed_4d": 512,
    "Mixed_4e": 528,
    "Mixed_4f": 832,
    "Mixed_5b": 832,
    "Mixed_5c": 1024,
}


@tf.keras.utils.register_keras_serializable("tfreid")
class InceptionV1(tf.keras.layers.Layer):
    """TF-slim's Inception-V1 up to one of its maps; KVM-MN's backbone (AAAI 2019).

    The graph is the one that `tf_slim.nets.inception_v1` builds, so variables have the names of
    the published checkpoint, and `load_slim_checkpoint` finds them. Every convolution is followed
    by batch norm without a scale, and ReLU. There are no regularizers: weight decay is the
    learner's.

    Shapes: images float[B, H, W, 3] in [-1, 1] -> float32[B, H/16, W/16, 832] at "Mixed_4f", sizes
    rounded up. All is computed in float32, under every precision policy: slim makes its variables
    in the dtype of its input, and variables in float16 do not learn.

    Args:
      final_endpoint: where to stop, one of `ENDPOINTS`. Maps up to Mixed_3c have an eighth of the
        image's sides, those up to Mixed_4f a sixteenth, Mixed_5b and Mixed_5c a thirty-second.
      batch_norm_decay: share of the old value that moving averages keep, in [0, 1]. slim's 0.9997
        needs some thousand steps; short trainings from scratch need less.
      **kwargs: of `tf.keras.layers.Layer`.

    Raises:
      ValueError: for an unknown endpoint, or a decay out of range.
    """

    def __init__(self, final_endpoint="Mixed_4f", batch_norm_decay=BATCH_NORM_DECAY, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        if final_endpoint not in ENDPOINTS:
            raise ValueError(
                f"final_endpoint is {final_endpoint!r}; it must be one of {', '.join(ENDPOINTS)}."
            )
        if not 0 <= batch_norm_decay <= 1:
            raise ValueError(f"batch_norm_decay is {batch_norm_decay}; it must lie in [0, 1].")
        self.final_endpoint = final_endpoint
        self.batch_norm_decay = batch_norm_decay

    # slim makes variables by TensorFlow 1's `get_variable`, which Keras does not see by itself.
    @tf.compat.v1.keras.utils.track_tf1_style_variables
    def call(self, inputs, training=False):
        # Frozen, it keeps its moving averages: slim knows nothing of Keras' `trainable`.
        with slim.arg_scope(self._make_arg_scope(bool(training and self.trainable))):
            features, _ = inception_v1.inception_v1_base(inputs, self.final_endpoint)
        return features

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = tf.TensorShape(input_shape).as_list()
        stride = {"3": 8, "4": 16, "5": 32}[self.final_endpoint[len("Mixed_")]]
        sizes = [None if size is None else -(-size // stride) for size in (height, width)]
        return tf.TensorShape([batch, *sizes, ENDPOINTS[self.final_endpoint]])

    def load_weights(self, path):
        """Loads TF-slim's own checkpoint; returns facts, see `load_slim_checkpoint`."""
        return load_slim_checkpoint(self, path)

    def slim_names(self):
        """Returns {slim's name, such as InceptionV1/Conv2d_1a_7x7/weights: variable}.

        The layer must have been called.
        """
        return {variable.name.partition(":")[0]: variable for variable in self.variables}

    def get_config(self):
        return {
            **super().get_config(),
            "final_endpoint": self.final_endpoint,
            "batch_norm_decay": self.batch_norm_decay,
        }

    def _make_arg_scope(self, training):
        """Returns slim's arguments of every convolution, as in its `inception_v1_arg_scope`.

        Averages are updated in place: nobody collects updates outside of TensorFlow 1.
        """
        with slim.arg_scope(
            [slim.conv2d],
            activation_fn=tf.nn.relu,
            weights_regularizer=None,
            normalizer_fn=slim.batch_norm,
            normalizer_params={
                "decay": self.batch_norm_decay,
                "epsilon": BATCH_NORM_EPSILON,
                "is_training": training,
                "updates_collections": None,
            },
        ) as scope:
            return scope
