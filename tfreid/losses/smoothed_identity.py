"""Label-smoothed cross-entropy over the training identities."""

import tensorflow as tf


def compute_identity_losses(logits, labels, label_smoothing=0.1):
    """Returns each image's cross-entropy with a smoothed target, float32[B].

    The target is (1 - s) on the image's identity plus s / C on every one of the C identities
    ("Rethinking the Inception Architecture", Szegedy et al., 2016; SONA-Net, section 2.1).

    Args:
      logits: [B, C], floating; computed in float32.
      labels: integer[B] in 0..C-1.
      label_smoothing: s, in [0, 1).
    """
    return tf.keras.losses.categorical_crossentropy(
        tf.one_hot(labels, logits.shape[-1]),
        tf.cast(logits, tf.float32),
        from_logits=True,
        label_smoothing=label_smoothing,
    )


@tf.keras.utils.register_keras_serializable("tfreid")
class SmoothedIdentityLoss(tf.keras.losses.Loss):
    """`compute_identity_losses` as a Keras loss.

    Shapes: labels integer[B] and logits floating[B, C] -> float32[B], reduced as Keras does.

    Args:
      label_smoothing: s, in [0, 1).
      name: of the loss.
      **kwargs: of `tf.keras.losses.Loss`.
    """

    def __init__(self, label_smoothing=0.1, name="smoothed_identity", **kwargs):
        super().__init__(name=name, **kwargs)
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing is {label_smoothing}; it must lie in [0, 1).")
        self.label_smoothing = label_smoothing

    def call(self, y_true, y_pred):
        labels = tf.reshape(y_true, [-1])  # Keras hands labels over as [B, 1]
        return compute_identity_losses(y_pred, labels, self.label_smoothing)

    def get_config(self):
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
