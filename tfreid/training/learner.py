"""What every system's learning shares: one training step, its metrics and its step counter."""

import tensorflow as tf


class Learner(tf.keras.Model):
    """A network together with how it learns; trained by Keras `fit`.

    A subclass implements `compute_losses(batch)`. Everything a training step changes hangs here
    and is saved: the network, the subclass's classifiers, the optimizer, the step, and with the
    network the counters of its random layers.

    Args:
      network: the model that is trained, and later evaluated and exported alone.
      metric_names: names of all losses and shown values, "loss" excepted.
      weight_decay: L2, coupled with the gradient as in Adam with L2 regularization (not AdamW).
      **kwargs: of `tf.keras.Model`.
    """

    def __init__(self, network, metric_names, weight_decay=0.0, **kwargs):
        super().__init__(**kwargs)
        self.network = network
        self.weight_decay = weight_decay
        # Not the optimizer's counter: with a loss scale, that one skips overflown steps.
        self.step = _make_counter("step", 0)
        self.first_bad_step = _make_counter("first_bad_step", -1)
        names = ("loss", *metric_names)
        self._averages = {name: tf.keras.metrics.Mean(name=name) for name in names}

    def compute_losses(self, batch):
        """Returns ({name: float32[b] losses of this replica's images}, {name: float32[b]} shown).

        The first are summed over their names to what is minimized; the second are only logged.
        """
        raise NotImplementedError

    def call(self, inputs, training=False):
        return self.network(inputs, training=training)

    def train_step(self, batch):
        """One step on a replica's part of the global batch; returns the metrics for Keras."""
        with tf.GradientTape() as tape:
            losses, shown = self.compute_losses(batch)
            means = {name: tf.reduce_mean(values) for name, values in losses.items()}
            loss = tf.add_n(list(means.values()))
            # Replicas' gradients are summed, so each replica brings its share of the mean.
            share = self._scale(loss / _count_replicas())
        self._apply_gradients(tape.gradient(share, self.trainable_variables))
        self._record_bad_step(loss)
        self.step.assign_add(1)
        means.update(loss=loss, **{name: tf.reduce_mean(values) for name, values in shown.items()})
        return self._average(means)

    def saved_parts(self):
        """Returns {name: trackable} of all that a checkpoint must hold to go on exactly."""
        return {
            "network": self.network,
            "optimizer": self.optimizer,
            "step": self.step,
            "first_bad_step": self.first_bad_step,
        }

    def count_steps(self):
        """Returns the number of training steps done, an int."""
        return int(self.step.read_value())

    def pop_averages(self):
        """Returns {name: mean since the last call} as floats, and starts anew."""
        averages = {name: float(metric.result()) for name, metric in self._averages.items()}
        self.reset_metrics()
        return averages

    def _apply_gradients(self, gradients):
        if self._scales_loss():
            gradients = self.optimizer.get_unscaled_gradients(gradients)
        decay = self.weight_decay / _count_replicas()
        pairs = [
            (gradient + decay * variable, variable)
            for gradient, variable in zip(gradients, self.trainable_variables)
        ]
        self.optimizer.apply_gradients(pairs)

    def _scale(self, loss):
        return self.optimizer.get_scaled_loss(loss) if self._scales_loss() else loss

    def _scales_loss(self):
        return isinstance(self.optimizer, tf.keras.mixed_precision.LossScaleOptimizer)

    def _record_bad_step(self, loss):
        """Remembers the first step with a non-finite loss; a callback reads it now and then."""
        is_first = tf.logical_and(self.first_bad_step < 0, tf.logical_not(tf.math.is_finite(loss)))
        self.first_bad_step.assign(tf.where(is_first, self.step, self.first_bad_step))

    def _average(self, values):
        for name, value in values.items():
            self._averages[name].update_state(value)
        return {name: metric.result() for name, metric in self._averages.items()}

    @property
    def metrics(self):
        return list(self._averages.values())


def _make_counter(name, value):
    return tf.Variable(
        value,
        dtype=tf.int64,
        trainable=False,
        name=name,
        synchronization=tf.VariableSynchronization.ON_READ,
        aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
    )


def _count_replicas():
    """Returns the number of replicas that train together, 1 outside a strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync
