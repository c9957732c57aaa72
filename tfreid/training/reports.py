"""What a run tells while it trains: TensorBoard, metrics.jsonl and the log."""

import contextlib
import dataclasses
import os

import tensorflow as tf
from absl import logging

from tfreid.evaluation.protocols import name_line, name_settings
from tfreid.evaluation.report import append_metrics, format_table
from tfreid.evaluation.retrieval import can_search
from tfreid.figures.batches import draw_train_batch
from tfreid.figures.canvas import save_pictures
from tfreid.figures.summaries import Summaries
from tfreid.json_lines import read_lines
from tfreid.options.fields import rule_of
from tfreid.runs.evaluation import TRAIN, evaluate_network, fingerprint
from tfreid.runs.learned import read_learned
from tfreid.runs.loading import load_network

_COMPARED = ("mAP", "mINP", "rank1", "rank5", "rank10")  # columns of the HParams tab


class Reporter:
    """Writes a run's reports; on workers other than the chief it does nothing. A context manager.

    Evaluations read the checkpoint that was just saved, as `python -m tfreid.evaluate` does: one
    way to a number, whatever the strategy of the training was.

    Attributes:
      train_summaries: `Summaries` of the training, or None.
    """

    def __init__(self, workdir, options, total_steps, writes):
        self._workdir = workdir
        self._options = options
        self._total_steps = total_steps
        self._writes = writes
        self.train_summaries = None
        self._eval_summaries = None
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        if self._writes:
            self.train_summaries = self._open("train")
            self._eval_summaries = self._open("eval")
        return self

    def __exit__(self, *details):
        self._stack.close()

    def show_batch(self, step, split, sampler):
        """Shows the batch of a training step, augmented as the network sees it."""
        if not self._writes:
            return
        try:
            picture = draw_train_batch(split, sampler, self._options, step)
        except tf.errors.OpError as error:  # training meets the same image and names it
            logging.info("the batch of step %d cannot be shown: %s", step, type(error).__name__)
            return
        self.train_summaries.write_images(step, "train/batch", picture)
        with open(self._workdir.flags, encoding="utf-8") as file:
            self.train_summaries.write_text(step, "flags", file.read())

    def evaluate(self, step, dataset):
        """Evaluates the latest checkpoint, of this step, on the run's own data set.

        The line in metrics.jsonl is written last: where it stands, nothing of the evaluation is
        missing, and it is not repeated.
        """
        if not self._writes:
            return
        if not can_search(dataset):
            logging.info("no query or gallery images: not evaluated.")
            return
        if _was_evaluated(self._workdir.metrics, step, fingerprint(dataset)):
            logging.info("step %d: evaluated before.", step)
            return
        network, options, origin = load_network(self._workdir.path)
        learned = read_learned(self._workdir.learned)
        evaluation = evaluate_network(network, origin, dataset, options, TRAIN, learned)
        table = format_table({name_line(line): line for line in evaluation.lines})
        for line in (f"step {step}", *table.split("\n")):  # one at a time: none breaks another
            logging.info("%s", line)
        facts = evaluation.options.evaluation.list_facts()
        tags = _list_tags(dataset.name + name_settings(facts), evaluation.retrieval.measures)
        self._eval_summaries.write_scalars(step, tags)
        pictures = options.system.draw_pictures(evaluation)
        for tag, picture in pictures.items():
            self._eval_summaries.write_images(step, tag, picture)
        if step == self._total_steps:
            self._conclude(step, evaluation.retrieval, pictures, tags)
        self.flush()
        append_metrics(self._workdir.metrics, *evaluation.lines)

    def flush(self):
        """Brings all summaries to disk."""
        if self._writes:
            self.train_summaries.flush()
            self._eval_summaries.flush()

    def _conclude(self, step, retrieval, pictures, tags):
        """After the last step: pictures, the projector and the row of hyperparameters."""
        save_pictures(pictures, self._workdir.pictures)
        folder = os.path.join(self._workdir.tensorboard, "projector")
        self._options.system.write_projector(folder, retrieval, step)
        name = os.path.basename(os.path.abspath(self._workdir.path))
        chosen = {tag: tags[tag] for tag in tags if tag.rsplit("/", 1)[1] in _COMPARED}
        self._eval_summaries.write_hparams(step, list_hparams(self._options), chosen, name)

    def _open(self, name):
        folder = os.path.join(self._workdir.tensorboard, name)
        return self._stack.enter_context(Summaries(folder))


def _list_tags(name, measures):
    """Returns {tag: number}; all protocols but the data set's own stand in a tag of their own."""
    (_, own), *others = measures.list_metrics()
    tags = {f"eval/{name}/{metric}": value for metric, value in own.items()}
    for protocol, metrics in others:
        tags.update({f"eval/{name}/{protocol}/{key}": value for key, value in metrics.items()})
    return tags


def _was_evaluated(path, step, data):
    """Returns whether metrics.jsonl has a line of this training's evaluation of a step.

    Lines of `python -m tfreid.evaluate` do not count: they may be of other settings. Nor do lines
    that are not ours.
    """
    wanted = {"source": TRAIN, "step": step, "data": data}
    return any(wanted.items() <= line.items() for line in read_lines(path))


def list_hparams(options):
    """Returns {flag: value} of what shapes a run's result, the model's own choices first.

    TensorBoard shows the first few of a run's hyperparameters and folds the others.
    """
    groups = (options.model, options.learning, options.augment, options.data, options.run)
    return {
        field.name: getattr(group, field.name)
        for group in groups
        for field in dataclasses.fields(group)
        if rule_of(field).shapes_result
    }
