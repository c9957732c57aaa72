"""P x K batches of identities: a pure function of (seed, step)."""

import numpy as np
import tensorflow as tf

from tfreid.data import seeds
from tfreid.errors import InputError


class IdentitySampler:
    """Chooses P identities x K images for every training step.

    An epoch is a permutation of the identities, cut into `steps_per_epoch` pieces of P; the
    `num_identities % P` that are left over sit out, others in every epoch. So each identity comes
    at most once per epoch (the epoch of BFE, the code that SONA-Net builds on). Of an identity with
    at least K images, K different ones are drawn; of a smaller one all of them, in random order,
    and then all again in another order until there are K.

    Attributes:
      num_identities: distinct pids.
      steps_per_epoch: num_identities // P.
      batch_size: P * K.
      group_size: K, images that belong together.
      labels: int32[N] (numpy), the pid's rank among the sorted pids: the same on every machine.
    """

    def __init__(self, pids, identities_per_batch, images_per_identity, seed):
        """Prepares the tables.

        Args:
          pids: int[N], identity of each training image.
          identities_per_batch: P.
          images_per_identity: K.
          seed: int in [0, 2**31).

        Raises:
          InputError: if there are fewer than P identities.
        """
        unique, labels, counts = np.unique(
            np.asarray(pids, np.int32), return_inverse=True, return_counts=True
        )
        if len(unique) < identities_per_batch:
            raise InputError(
                f"identities_per_batch={identities_per_batch}: the training images show only "
                f"{len(unique)} identities; give at most {len(unique)}."
            )
        self.identities_per_batch, self.images_per_identity = (
            identities_per_batch,
            images_per_identity,
        )
        self.seed = seed
        self.num_identities = len(unique)
        self.steps_per_epoch = len(unique) // identities_per_batch
        self.batch_size = identities_per_batch * images_per_identity
        self.group_size = images_per_identity
        self.labels = labels.astype(np.int32)
        self._rows = np.argsort(labels, kind="stable").astype(np.int32)  # identity by identity
        self._counts = counts.astype(np.int32)
        self._starts = (np.cumsum(counts) - counts).astype(np.int32)

    def batch(self, step):
        """Returns the rows of a step's batch: int32[P * K], identity by identity.

        Args:
          step: int or int64 scalar tensor, counted from 0 over all epochs.
        """
        step = tf.cast(step, tf.int64)
        identities = self._choose_identities(step)
        return self._choose_images(step, identities)

    def _choose_identities(self, step):
        epoch, piece = step // self.steps_per_epoch, step % self.steps_per_epoch
        # Only this batch's places are permuted, so that a step costs the same in any epoch.
        places = tf.cast(piece, tf.int32) * self.identities_per_batch
        places += tf.range(self.identities_per_batch)
        order = seeds.make_seeds(self.seed, seeds.EPOCH_ORDER, epoch, [3])
        return seeds.shuffle_index(places, order, self.num_identities - 1)

    def _choose_images(self, step, identities):
        size = [self.identities_per_batch, self.images_per_identity]
        draws = seeds.make_seeds(self.seed, seeds.IMAGE_CHOICE, step, size + [3])
        counts = tf.repeat(tf.gather(tf.constant(self._counts), identities), size[1])
        starts = tf.repeat(tf.gather(tf.constant(self._starts), identities), size[1])
        place = tf.tile(tf.range(size[1]), [size[0]])
        # A round shows every image of the identity once; each round has its own order.
        rounds = tf.reshape(place // counts, size)
        round_seeds = tf.gather(draws, rounds, axis=1, batch_dims=1)
        chosen = seeds.shuffle_index(place % counts, tf.reshape(round_seeds, [-1, 3]), counts - 1)
        return tf.gather(tf.constant(self._rows), starts + chosen)
