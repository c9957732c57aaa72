"""What an export of a system that matches answers, whatever its network computes."""

import numpy as np
import tensorflow as tf

from tfreid.layers.key_value_memory import Memory
from tfreid.options import TrainOptions
from tfreid.systems.matching.signatures import MatchingSignatures


class _SureOfAll:
    """A network that finds a score of 1 for all pairs, even for those of NaN."""

    def memorize(self, images):
        return Memory(*2 * (tf.zeros([len(images), 1, 2, 3]),))

    def prepare_query(self, query):
        return query

    def match(self, query, gallery):
        return tf.ones([len(query.keys), tf.shape(gallery.keys)[0]])


def test_a_memory_of_a_bad_image_has_no_score_on_either_side():
    options = TrainOptions.parse(["train", "--model=kvm_mn", "--data_dir=.", "--workdir=."])
    signatures = MatchingSignatures(_SureOfAll(), options)
    good, bad = np.ones([1, 2, 3], np.float32), np.full([1, 2, 3], np.nan, np.float32)
    query, gallery = np.stack([good, bad]), np.stack([bad, good, good])
    scores = signatures.match_memories(query, query, gallery, gallery)["scores"]
    np.testing.assert_array_equal(scores, [[np.nan, 1, 1], [np.nan] * 3])
