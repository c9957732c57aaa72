"""How the baseline learns: triplets before the neck, identities after it."""

import tensorflow as tf

from tfreid.systems.embedding.learner import IdentityLearner


class BaselineLearner(IdentityLearner):
    """An `IdentityLearner` whose classifier has no bias, as the neck has no shift (section 3.5)."""

    def make_classifier(self, branch, num_identities):
        return tf.keras.layers.Dense(
            num_identities,
            use_bias=False,
            kernel_initializer=tf.keras.initializers.RandomNormal(stddev=0.001),  # its authors'
            dtype="float32",
            name=branch,
        )
