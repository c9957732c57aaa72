import pytest
import tensorflow as tf

from tfreid.data.pipeline import IMAGE, LABEL
from tfreid.options import TrainOptions, parse
from tools.benchmarks import training_step

FLAGS = (
    "--height=32 --width=16 --cutout_probability=0 --drop_height=2 --drop_width=2 "
    "--width_multiplier=0.0625 --global_dim=8 --local_dim=8 --sona_stages=2,3 "
    "--identities_per_batch=4 --images_per_identity=2 --nodeterministic --devices=cpus:2 "
    "--steps=2 --first_steps=1 --repeats=1 --identities=5 --modes= --threads=2"
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

    def pop_averages(self):
        return {"loss": 1.0}


def test_by_default_a_batch_is_so_small_that_all_sides_fit_into_a_small_machine():
    """A side of 384 x 128 takes 2 GB with 4 images, and there are five sides."""
    options = TrainOptions(*parse([""], training_step.GROUPS)[1:])
    assert (training_step.count_images(options), options.data.height) == (4, 384)


def test_our_side_trains_on_all_replicas(options, monkeypatch):
    """1 step to begin with and 2 for each of two turns, of 8 images, shared by two replicas."""
    made = []

    def make_learner(benchmark, options):
        made.append(CountingModel())
        made[-1].compile()
        return made[-1]

    monkeypatch.setattr(training_step, "make_learner", make_learner)
    benchmark, *groups = options
    work = training_step.prepare_ours(benchmark, TrainOptions(*groups), None)
    assert [work(), work()] == [1.0, 1.0]
    assert int(made[0].images.numpy()) == 5 * 8


def test_a_network_is_measured_with_and_without_sona(options, monkeypatch):
    asked = {}

    def measure_sides(preparations, num_threads, repeats):
        for name, (_, arguments) in preparations.items():
            asked[name] = arguments[1].model.sona_stages
        return {name: MeasuredSide() for name in preparations}

    monkeypatch.setattr(training_step, "measure_sides", measure_sides)
    numbers = training_step.measure(*options)
    assert asked == {"tfreid": (2, 3), "without_sona": ()}
    assert (numbers["batch"], numbers["sona_stages"], numbers["threads"]) == (8, [2, 3], 2)
    assert numbers["sides"]["tfreid"]["images_per_second"] == 2 * 8 / 0.5


class MeasuredSide:
    missing, seconds, cpu_seconds = None, [0.5], [0.5]


def test_the_flags_of_a_recipe_reach_the_learner(options):
    learner = training_step.make_learner(options[0], TrainOptions(*options[1:]))
    assert learner.network.options.sona_stages == (2, 3)
    assert learner.classifiers["global"].units == 5
    assert learner.optimizer is not None
