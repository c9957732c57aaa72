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
