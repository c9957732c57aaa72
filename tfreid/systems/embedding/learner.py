"""How systems that embed learn: triplets and identities, on each branch."""

import tensorflow as tf

from tfreid.data.pipeline import IMAGE, LABEL
from tfreid.layers.replicas import gather_across_replicas
from tfreid.losses.batch_hard_triplet import mine_batch_hard
from tfreid.losses.smoothed_identity import compute_identity_losses
from tfreid.training.learner import Learner

LOSSES = ("triplet", "identity")
SHOWN = ("hardest_positive", "hardest_negative", "active_triplets")


class IdentityLearner(Learner):
    """Batch-hard triplet loss plus label-smoothed cross-entropy on every branch's embedding.

    SONA-Net, section 2.1 and 3.2. The same embedding goes to both losses, unless a network gives a
    pair of them. Triplets are mined in the global batch, whatever the number of replicas.

    Args:
      network: maps images to {branch: float32[B, D]}, or to {branch: (float32[B, D] for triplets,
        float32[B, D] to classify)}, and knows its `embedding_dims`, {branch: D}.
      num_identities: C, classes of each branch's linear classifier.
      options: `IdentityLearningOptions`.
    """

    def __init__(self, network, num_identities, options):
        branches = tuple(network.embedding_dims)
        names = [f"{name}_{branch}" for branch in branches for name in (*LOSSES, *SHOWN)]
        super().__init__(network, names, options.weight_decay, name="identity_learner")
        self.branches = branches
        self._margin = "soft" if options.triplet_margin == "soft" else float(options.triplet_margin)
        self._label_smoothing = options.label_smoothing
        self.classifiers = {
            branch: self.make_classifier(branch, num_identities) for branch in branches
        }
        for branch, classifier in self.classifiers.items():
            # Built at once: the optimizer's slots need the variables.
            classifier.build([None, network.embedding_dims[branch]])

    def saved_parts(self):
        return {**super().saved_parts(), "classifiers": self.classifiers}

    def make_classifier(self, branch, num_identities):
        """Returns the layer from a branch's embedding to a logit for each identity."""
        # As the paper's base code (BFE) starts a linear layer; the paper gives no start.
        initializer = tf.keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal")
        return tf.keras.layers.Dense(
            num_identities, kernel_initializer=initializer, dtype="float32", name=branch
        )

    def compute_losses(self, batch):
        """See `Learner`; names are "triplet_global", "identity_local" and so on."""
        labels = batch[LABEL]
        all_labels = gather_across_replicas(labels)
        losses, shown = {}, {}
        for branch, output in self.network(batch[IMAGE], training=True).items():
            embedding, classified = output if isinstance(output, tuple) else (output, output)
            candidates = gather_across_replicas(embedding)
            triplets = mine_batch_hard(embedding, labels, candidates, all_labels, self._margin)
            logits = self.classifiers[branch](classified)
            losses[f"triplet_{branch}"] = triplets.losses
            losses[f"identity_{branch}"] = compute_identity_losses(
                logits, labels, self._label_smoothing
            )
            shown[f"hardest_positive_{branch}"] = triplets.positives
            shown[f"hardest_negative_{branch}"] = triplets.negatives
            shown[f"active_triplets_{branch}"] = 100.0 * triplets.active
        return losses, shown
