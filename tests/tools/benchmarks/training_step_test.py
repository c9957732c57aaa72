import pytest
import tensorflow as tf

from tfreid.data.batches import IMAGE, LABEL
from tfreid.options import TrainOptions, parse
from tools.benchmarks import training_step

FLAGS = (
    "--height=32 --width=16 --cutout_probability=0 --drop_height=2 --drop_width=2 "
    "--width_multiplier=0.0625 --global_dim=8 --local_dim=8 --sona_stages=2,3 "
    "--identities_per_batch=4 --images_per_identity=2 --nodeterministic --devices=cpus:2 "
    "--steps=2 --first_steps=1 --repeats=3 --identities=5"
)


@pytest.fixture
def options():
    return parse(["", *FLAGS.split()], training_step.GROUPS)


class CountingModel(tf.keras.Model):
    """Counts the images that it is trained on; stands in for the network, which compiles slowly."""

    def __init__(self):
        super().__init__()
        self.images = tf.Variable(0, trainable=False, aggregation=tf.VariableAggregation.SUM)

    def train_step(self, batch):
        self.images.assign_add(tf.shape(batch[IMAGE])[0])
        return {"loss": tf.reduce_sum(batch[LABEL])}


def test_a_network_is_measured_with_and_without_sona(options, monkeypatch):
    """Each trains for 1 + 3 * 2 steps of 8 images, shared by two replicas."""
    made = []

    def make_learner(benchmark, options):
        model = CountingModel()
        model.compile()
        made.append((options.model.sona_stages, model))
        return model

    monkeypatch.setattr(training_step, "_make_learner", make_learner)
    numbers = training_step.measure(*options)
    assert [stages for stages, _ in made] == [(2, 3), ()]
    assert [int(model.images.numpy()) for _, model in made] == [7 * 8, 7 * 8]
    assert (numbers["batch"], numbers["sona_stages"]) == (8, [2, 3])
    assert numbers["images_per_second"] > 0
    assert numbers["images_per_second_without_sona"] > 0


def test_the_flags_of_a_recipe_reach_the_learner(options):
    learner = training_step._make_learner(options[0], TrainOptions(*options[1:]))
    assert learner.network.options.sona_stages == (2, 3)
    assert learner.classifiers["global"].units == 5
    assert learner.optimizer is not None
