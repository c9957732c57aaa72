"""The pipeline: shards are shared among workers, each of which loads the model once."""

import contextlib
import functools
import glob
import os
import shlex

import numpy as np

from tfreid.bulk.embedding import embed_shard
from tfreid.bulk.frozen_list import freeze
from tfreid.bulk.storage import EXTRA, Storage, set_options
from tfreid.errors import InputError
from tfreid.extras import import_extra
from tfreid.index.features import compute_columns, describe_model
from tfreid.locks import hold_folder
from tfreid.options.paths import is_address
from tfreid.serving.loaded import load
from tfreid.shards.description import MODEL, describe, read_description

_RAISED = "tfreid.errors.InputError: "


def embed(options):
    """Embeds images in bulk, or goes on with what was begun.

    Args:
      options: `EmbedOptions`, with paths that hold from every folder.

    Returns:
      `FrozenList` of the images.

    Raises:
      InputError: for another model's folder, another list, a place that cannot be used; or what a
        worker met.
    """
    beam = import_extra("apache_beam", EXTRA)
    pipeline_options = _make_pipeline_options(options)
    storage = Storage(options.out)
    with _hold(options.out):
        images = freeze(storage, options.images, options.shard)
        model = _load(options.place)
        columns = _describe(storage, model, images.shards)
        # Of a function of this module, which workers find by its name; the model stays here.
        work = functools.partial(
            _work, options.place, model.fingerprint, storage, images, columns, options.batch_size
        )
        with _explain():
            with beam.Pipeline(options=pipeline_options) as pipeline:
                # Without Reshuffle, Beam fuses both steps, and one worker gets all shards.
                shards = pipeline | beam.Create(range(images.shards)) | beam.Reshuffle()
                shards | "Embed" >> beam.Map(work)
    return images


def _work(place, fingerprint, storage, images, columns, batch_size, shard):
    model = _load(place)
    if model.fingerprint != fingerprint:
        raise InputError(f"{place}: is another model on this worker than where the work began.")
    return embed_shard(model, storage, images, shard, columns, batch_size)


@functools.lru_cache(1)  # of a process
def _load(place):
    return load(place)


def _describe(storage, model, shards):
    """Returns the columns of a folder's vectors; raises where another model made them."""
    # Any image tells the columns' shapes, before the first shard is read.
    blank = np.zeros((1, model.card["height"], model.card["width"], 3), np.uint8)
    columns = {
        name: {"dtype": values.dtype.str, "shape": list(values.shape[1:])}
        for name, values in compute_columns(model, blank).items()
    }
    if not storage.exists(MODEL):
        storage.write_text(MODEL, describe(describe_model(model), columns, shards))
    made_by, *_ = read_description(storage.read(MODEL), storage.name(MODEL))
    if made_by["fingerprint"] != model.fingerprint:
        raise InputError(
            f"out={storage.folder}: holds vectors of {made_by['name']} (fingerprint "
            f"{made_by['fingerprint'][:12]}), not of {model.name} ({model.fingerprint[:12]}); give "
            "another `out`."
        )
    return columns


def _make_pipeline_options(options):
    """Returns Beam's options, which its file systems know from now on."""
    kind = import_extra("apache_beam.options.pipeline_options", EXTRA).PipelineOptions
    try:
        made = kind(shlex.split(options.beam), runner=options.runner)
    except ValueError as error:
        raise InputError(f"beam={options.beam}: {error}; quote it once.") from error
    set_options(made)
    return made


@contextlib.contextmanager
def _hold(out):
    """Holds a folder of this machine; in a bucket two pipelines do the same twice, no harm."""
    if is_address(out):
        yield
        return
    with hold_folder(out, f"out={out}: another pipeline writes there; wait."):
        for left in glob.glob(os.path.join(glob.escape(out), "*.tmp")):  # of one that was killed
            os.remove(left)
        yield


@contextlib.contextmanager
def _explain():
    """Raises one line for what a worker met, which Beam wraps in traces."""
    try:
        yield
    except InputError as error:
        raise InputError(str(error).split("\n")[0].split(" [while running")[0]) from error
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        known = [line for line in lines if line.startswith(_RAISED)]
        # Traces of workers end with the error; Beam's own stand around them.
        line = (known or lines or [type(error).__name__])[-1].split(" [while running")[0]
        raise InputError(f"{line.removeprefix(_RAISED)}") from error
