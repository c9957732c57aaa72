"""What replicas tell each other within a training step."""

import tensorflow as tf


def gather_across_replicas(local):
    """Returns the rows of all replicas, in replica order: [B, ...] -> [B * replicas, ...].

    Every replica must hold equally many rows. Gradients flow back to the replica each row came
    from. Written as scatter and sum, which runs under every strategy, inside graphs and on several
    machines alike; `ReplicaContext.all_gather` does not. Outside a strategy, returns the input.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return local
    batch = tf.shape(local)[0]
    rows = context.replica_id_in_sync_group * batch + tf.range(batch)
    shape = tf.concat([[batch * context.num_replicas_in_sync], tf.shape(local)[1:]], axis=0)
    scattered = tf.scatter_nd(rows[:, tf.newaxis], local, shape)
    return context.all_reduce(tf.distribute.ReduceOp.SUM, scattered)


def count_replicas():
    """Returns the number of replicas that train together, 1 outside a strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync
