"""Our side of a check: the functions that TensorFlow runs, or compiles for others."""

import tensorflow as tf

from tfreid.data.pipeline import IMAGE, LABEL
from tfreid.layers.key_value_memory import Memory

IDENTITIES = 751  # of Market-1501
# Of 751 identities, 32 a step; the schedule of the learning rate asks for it.
_STEPS_PER_EPOCH = 23


def make_function(case):
    """Returns a case's function of tensors to a list of tensors, and example arguments."""
    options = case.options
    tf.keras.mixed_precision.set_global_policy(case.precision)
    network = options.system.make_network(options)
    if case.work == "train":
        return _make_training(case, network)
    if case.work == "match":
        return _make_matching(case, network)
    call = network if case.is_kvm else network.embed
    return (lambda images: [call(images)]), [tf.constant(case.draw_images())]


def _make_learner(case, network):
    """Returns the compiled learner, its optimizer's slots made."""
    system, learning = case.options.system, case.options.learning
    if case.is_kvm:
        learner = system.make_learner(network, learning)
        optimizer = system.make_optimizer(learning)
    else:
        learner = system.make_learner(network, IDENTITIES, learning)
        optimizer = system.make_optimizer(learning, _STEPS_PER_EPOCH)
    learner.compile(optimizer=optimizer)
    optimizer.build(learner.trainable_variables)
    return learner


def _make_training(case, network):
    learner = _make_learner(case, network)

    def train(images, labels):
        learner.train_step({IMAGE: images, LABEL: labels})
        return [tf.identity(learner.step)]

    return train, [tf.constant(case.draw_images()), tf.constant(case.make_labels())]


def _make_matching(case, network):
    def match(query_keys, query_values, gallery_keys, gallery_values):
        query, gallery = Memory(query_keys, query_values), Memory(gallery_keys, gallery_values)
        return [network.match(query, gallery)]

    rows, columns = network.map_size(case.options.data.height, case.options.data.width)
    return match, [tf.constant(memory) for memory in case.draw_memories(rows * columns)]
