"""Sets of one probe and M gallery images: a pure function of (seed, step)."""

import numpy as np
import tensorflow as tf

from tfreid.data import seeds
from tfreid.data.identity_index import IdentityIndex
from tfreid.errors import InputError

_MOST_SETS = 2**31 - 1  # they are shuffled by numbers of 32 bits


class SetwiseSampler:
    """Chooses the sets of every training step.

    A set is a probe, then a gallery of M images: one of the probe's identity from another camera,
    and M - 1 of other identities, each of another one. ("Learning a Key-Value Memory Co-Attention
    Matching Network for Person Re-identification", AAAI 2019, "Collecting training samples".)

    Sets are numbered; the content of a set depends on the seed and its number alone. Every image
    whose identity was seen by two cameras or more is a probe, all of them equally often. With
    `num_sets`, training goes through the sets 0..num_sets - 1 in passes, in another order each.

    Mutual sets go beyond the paper: each of the M - 1 others gets a match of its own as well. So M
    probes search one gallery of M images, and those the probes: 2 M M pairs from 2 M images.

    Attributes:
      batch_size: images of a step, sets_per_step * group_size.
      group_size: images that belong together: 1 + M (the probe, its match, the others), or 2 M
        of a mutual set (the probe and the others, then their matches in the same order).
      labels: int32[N] (numpy), the pid's rank among the sorted pids.
      num_identities: distinct pids.
      num_left_out: identities that are never probes, since a single camera saw them.
    """

    def __init__(
        self,
        pids,
        camids,
        set_size,
        sets_per_step,
        seed,
        neighbors=None,
        num_sets=0,
        mutual=False,
    ):
        """Prepares the tables.

        Args:
          pids: int[N], identity of each training image.
          camids: int[N], camera of each.
          set_size: M.
          sets_per_step: sets of a step.
          seed: int in [0, 2**31).
          neighbors: int[N, n], rows from which an image's negatives are drawn, of at least M - 1
            identities other than its own (see `find_neighbors`); None: from all images.
          num_sets: different sets to go through, below 2**31; 0 for no end.
          mutual: whether sets are mutual; then every identity must have been seen by two cameras
            (see `keep_matchable`).

        Raises:
          ValueError: for mutual sets with an identity that a single camera saw, or too many sets.
          InputError: for fewer identities than M, or where no identity was seen by two cameras.
        """
        if not 0 <= num_sets <= _MOST_SETS:
            raise ValueError(f"num_sets is {num_sets}; it must lie in [0, {_MOST_SETS}].")
        self._index = index = IdentityIndex(pids, camids)
        if index.num_identities < set_size:
            raise InputError(
                f"set_size={set_size}: the training images show only {index.num_identities} "
                f"identities, and a set has {set_size}; give at most {index.num_identities}."
            )
        self._probes = find_probes(index)
        if mutual and len(self._probes) < len(index.labels):
            raise ValueError("mutual sets need a match for every image; see keep_matchable.")
        self.set_size, self.sets_per_step = set_size, sets_per_step
        self.seed, self.num_sets = seed, num_sets
        self.mutual, self.labels = mutual, index.labels
        self.group_size = 2 * set_size if mutual else 1 + set_size
        self.batch_size = sets_per_step * self.group_size
        self.num_identities = index.num_identities
        # They still serve as negatives.
        self.num_left_out = index.num_identities - len(set(index.labels[self._probes].tolist()))
        self._neighbors = None if neighbors is None else np.asarray(neighbors, np.int32)

    def batch(self, step):
        """Returns the rows of a step's images, int32[batch_size]: set by set, the probe first.

        Args:
          step: int or int64 scalar tensor, counted from 0.
        """
        places = tf.cast(step, tf.int64) * self.sets_per_step
        places += tf.range(self.sets_per_step, dtype=tf.int64)
        sets = tf.map_fn(self.draw, self._order(places), fn_output_signature=tf.int32)
        return tf.ensure_shape(tf.reshape(sets, [-1]), [self.batch_size])

    def draw(self, number):
        """Returns the rows of a set, int32[group_size]; see there for their order.

        Args:
          number: int64 scalar tensor.
        """
        probe = self._choose_probe(number)
        keys = seeds.make_seeds(self.seed, seeds.SET_CONTENT, number, [1 + self.set_size, 2])
        others = self._draw_others(probe, keys[0])
        if not self.mutual:
            return tf.concat([[probe, self._index.draw_match(probe, keys[1])], others], axis=0)
        probes = tf.concat([[probe], others], axis=0)
        draw_match = self._index.draw_match
        matches = [draw_match(probes[i], keys[1 + i]) for i in range(self.set_size)]
        return tf.concat([probes, tf.stack(matches)], axis=0)

    def _draw_others(self, probe, key):
        if self._neighbors is None:
            return self._index.draw_others(probe, self.set_size - 1, key)
        near = tf.gather(tf.constant(self._neighbors), probe)
        return self._index.draw_distinct(near, self.set_size - 1, key)

    def _order(self, places):
        """Returns the numbers of the sets at these places of the whole training, int64[n]."""
        if not self.num_sets:
            return places
        return _permute(places, self.num_sets, self.seed, seeds.SET_ORDER)

    def _choose_probe(self, number):
        count = len(self._probes)
        place = _permute(number[tf.newaxis], count, self.seed, seeds.PROBE_ORDER)[0]
        return tf.gather(tf.constant(self._probes), place)


def find_probes(index):
    """Returns the rows that have a match from another camera, int32[n].

    Raises:
      InputError: where there is none.
    """
    probes = np.flatnonzero(index.matches_elsewhere > 0).astype(np.int32)
    if not len(probes):
        raise InputError(
            "No identity of the training images was seen by two cameras: a probe's match comes "
            "from another camera. Check the camera numbers in the file names."
        )
    return probes


def keep_matchable(split):
    """Returns the images of a split whose identity two cameras or more have seen.

    Raises:
      InputError: where there is none.
    """
    return split.take(find_probes(IdentityIndex(split.pids, split.camids)))


def _permute(places, count, seed, purpose):
    """Returns int64[n]: place p in pass p // count over 0..count - 1, a new order each pass."""

    def permute_one(place):
        order = seeds.make_seeds(seed, purpose, place // count, [3])
        index = tf.cast(place % count, tf.int32)
        return tf.cast(seeds.shuffle_index(index, order, count - 1), tf.int64)

    return tf.map_fn(permute_one, places)
