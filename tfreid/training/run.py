"""A training run, told in order."""

import contextlib
import os

import tensorflow as tf
from absl import logging

from tfreid.data.examination import explain_read_error
from tfreid.data.pipeline import make_train_dataset
from tfreid.files import take_back_empty
from tfreid.forks import refuse_fork
from tfreid.runs.learned import write_learned
from tfreid.runs.provenance import check_same_data, write_provenance
from tfreid.serving.versions import find_learned
from tfreid.training.callbacks import (
    CheckpointSaver,
    IntervalReport,
    SignalStop,
    check_loss,
    check_weights,
)
from tfreid.training.cluster import read_cluster, watch_others
from tfreid.training.devices import (
    agree_on_signal,
    explain_lost_worker,
    is_chief,
    is_multi_worker,
)
from tfreid.training.initial_weights import load_initial_weights
from tfreid.training.preparation import configure_tensorflow, prepare_run
from tfreid.training.reports import Reporter
from tfreid.training.signals import Interrupted, StopRequest


def train(options):
    """Trains, or goes on training, the run that `options` describes.

    The run is a row of stretches: train to the next stop, save, and evaluate what was saved or
    renew what batches are drawn from.

    Args:
      options: `TrainOptions`.

    Raises:
      InputError: for data, flags or a workdir with which it cannot work, or a lost worker.
      Interrupted: after a signal that asks for an end, everything saved.
    """
    refuse_fork()
    try:
        with StopRequest() as stop_request:
            stop_request.listen()
            strategy = configure_tensorflow(options)
            if is_multi_worker():
                watch_others(read_cluster(), stop_request.begun)
            with take_back_empty(options.run.workdir):
                _train(prepare_run(options, strategy), stop_request)
    except Interrupted as interruption:
        logging.info("stopped by %s; the same command goes on from there.", interruption)
        raise
    except tf.errors.OpError as error:
        raise explain_lost_worker(error) or error from error


def _train(run, stop_request):
    alone = run.workdir.hold() if is_chief() else contextlib.nullcontext()
    with alone, contextlib.closing(run.checkpoints):
        step = _restore_or_start(run)
        _train_from(run, step, stop_request)


def _train_from(run, step, stop_request):
    with _make_reporter(run) as reporter:
        _evaluate_if_due(run, step, reporter)  # unless it was before the run was interrupted
        while step < run.task.total_steps:
            step = _train_stretch(run, step, reporter, stop_request)
            _evaluate_if_due(run, step, reporter)


def _make_reporter(run):
    return Reporter(run.workdir, run.options, run.task.total_steps, is_chief())


def _evaluate_if_due(run, step, reporter):
    if run.task.is_evaluated(step):
        reporter.evaluate(step, run.dataset)


def _restore_or_start(run):
    """Restores the run's own latest checkpoint, else loads initial weights; returns the step.

    The workdir becomes this run's only when all that can be refused has been looked at.
    """
    check_same_data(run.workdir, run.dataset)
    step = run.checkpoints.restore_latest()
    if step is None:
        weights = load_initial_weights(run.options, run.learner.network)
        run.origin.facts["weights"] = weights
    run.freezing.apply(step or 0)  # refuses now what it must
    if is_chief():
        run.workdir.write_options(run.options)
        weights = run.origin.facts["weights"]
        write_provenance(run.workdir, run.dataset, run.options.learning, weights)
        if not os.path.exists(run.workdir.learned):
            before = find_learned(run.options.run.initial_weights)
            write_learned(run.workdir.learned, run.dataset, before)
    if step is None:
        step = 0
        run.checkpoints.save(step)  # the untrained network, to compare with
    logging.info(
        "%s: %s; steps %d to %d, %s.",
        run.workdir.path,
        run.origin.describe(),
        step,
        run.task.total_steps,
        run.task.describe(),
    )
    return step


def _train_stretch(run, step, reporter, stop_request):
    """Trains to the next stop and saves; returns the step reached."""
    run.freezing.apply(step)
    sampler = run.task.make_sampler(step, run.learner.network)
    reporter.show_batch(step, run.task.split, sampler)
    stop = run.freezing.limit(step, run.task.find_next_stop(step))
    together = is_multi_worker()
    # A worker that leaves alone takes the others with it; before the first step nothing is lost.
    stop_request.waits = together and stop_request.begun.is_set()
    signal_stop = SignalStop(
        step, stop_request, agree_on_signal if together else None, run.options.run.log_steps
    )
    # Keras is told of one "epoch": ours are counts of steps, so that a run can resume inside one.
    try:
        run.learner.fit(
            _make_dataset(run, sampler, step, stop - step),
            epochs=1,
            steps_per_epoch=stop - step,
            # First: a signal that comes while the first step is saved finds that there was one.
            callbacks=[signal_stop, *_make_callbacks(run, step, reporter)],
            verbose=0,
        )
    except tf.errors.OpError as error:
        _leave_after_error(run, reporter, error)
    step = _save(run, reporter)
    if signal_stop.signal_number:
        raise Interrupted(signal_stop.signal_number)
    if not together:
        stop_request.check()
    return step


def _leave_after_error(run, reporter, error):
    """Raises an `InputError` that names the image at fault, or else the error itself."""
    explained = explain_read_error(run.task.split.paths)
    if explained is None:
        raise error
    if run.strategy.num_replicas_in_sync == 1:
        _save(run, reporter)  # the step that found no image has changed nothing
    raise explained from error


def _save(run, reporter):
    """Saves the step reached and returns it."""
    check_loss(run.learner)
    check_weights(run.learner)
    step = run.learner.count_steps()
    reporter.flush()  # a process killed later does not repeat these steps: nor their scalars
    run.checkpoints.save(step)
    return step


def _make_callbacks(run, step, reporter):
    options, task = run.options.run, run.task
    return [
        IntervalReport(
            step,
            task.total_steps,
            options.log_steps,
            task.images_per_step,
            reporter.train_summaries,
        ),
        CheckpointSaver(
            step, options.checkpoint_steps, lambda: _save(run, reporter), options.log_steps
        ),
    ]


def _make_dataset(run, sampler, start_step, num_steps):
    """Returns the distributed batches of some steps; every replica gets its share of each."""

    def make(context):
        here = context.num_replicas_in_sync // context.num_input_pipelines
        return _make_batches(
            run,
            sampler,
            start_step,
            num_steps,
            replica_batches=here,
            first_replica=context.input_pipeline_id * here,
            num_replicas=context.num_replicas_in_sync,
        )

    return run.strategy.distribute_datasets_from_function(make)


def _make_batches(run, sampler, start_step, num_steps, **share):
    """Returns the global batches of some steps, or the share of some replicas in each."""
    dataset = make_train_dataset(
        run.task.split,
        sampler,
        run.options.data,
        run.options.augment,
        run.options.learning.seed,
        start_step,
        num_steps,
        image_bank=run.image_bank,
        **share,
    )
    return run.task.resize_batches(dataset, start_step)
