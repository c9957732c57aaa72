"""What replicas tell each other within a training step.

On one device, and outside a strategy, a value is its own sum and its own gathering.
"""

import tensorflow as tf


def find_replica():
    """Returns (number of this replica, number of replicas), (0, 1) outside a strategy."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return 0, 1
    return context.replica_id_in_sync_group, context.num_replicas_in_sync


def sum_across_replicas(local):
    """Returns the sum of a tensor over all replicas; gradients are summed likewise."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return local
    return _sum_with_gradient(local)


@tf.custom_gradient
def _sum_with_gradient(local):
    # TensorFlow's all_reduce has this gradient too, but looks for variables in the graph of all
    # other replicas at every call: minutes of tracing. Its search ends at stop_gradient.
    def sum_detached(value):
        context = tf.distribute.get_replica_context()
        return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.stop_gradient(value))

    return sum_detached(local), sum_detached


def gather_across_replicas(local):
    """Returns the rows of all replicas, in replica order: [B, ...] -> [B * replicas, ...].

    Every replica must hold equally many rows. Gradients flow back to the replica each row came
    from. Written as scatter and sum, which runs under every strategy, inside graphs and on several
    machines alike; `ReplicaContext.all_gather` does not.
    """
    replica, replicas = find_replica()
    if replicas == 1:
        return local
    batch = tf.shape(local)[0]
    rows = replica * batch + tf.range(batch)
    shape = tf.concat([[batch * replicas], tf.shape(local)[1:]], axis=0)
    return sum_across_replicas(tf.scatter_nd(rows[:, tf.newaxis], local, shape))
