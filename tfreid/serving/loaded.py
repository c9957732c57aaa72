"""A trained model for Python programs: images in, numpy out."""

import collections.abc
import functools
import multiprocessing
import os
import threading

import numpy as np
import tensorflow as tf
from absl import logging
from PIL import Image

from tfreid.data.images import describe_item, prepare_image
from tfreid.data.oddities import Tally
from tfreid.data.preparing import prepare_images
from tfreid.errors import InputError, shorten, suggest
from tfreid.files import name_plainly
from tfreid.forks import refuse_fork
from tfreid.home import expand_home
from tfreid.layers.folding import fold_batch_norm
from tfreid.runs.loading import load_network
from tfreid.serving.model_card import check_files, make_card, read_card
from tfreid.serving.versions import EXTRA, find_latest_version, find_learned
from tfreid.systems import SYSTEMS
from tfreid.weights.catalogue import WEIGHTS, is_name

_BATCH = 64  # images of a forward pass; half as many keep two cores a tenth less busy
_FINGERPRINT = 12  # digits of it that are shown
_ALONE = (str, bytes, bytearray, memoryview, os.PathLike, Image.Image)  # one image each
_POLICY = threading.Lock()  # Keras' precision policy is the same for all threads


_started = set()  # the process in which a model was loaded: none, or one


class LoadedModel:
    """What all loaded models have; the two kinds of systems add what they answer.

    Attributes:
      name: the folder it was loaded from.
      system: value of `--model`, such as "sona_net".
      fingerprint: SHA-256 (hex) of weights and preprocessing: only what models of one fingerprint
        say can be compared. A workdir's latest checkpoint and its export have the same.
      card: dict, what is known of it: flags, data, training, metrics (see `make_card`).
      signatures: {name: function}, see `System.make_signatures`.
      network: the `tf.keras.Model` of a workdir; None of an export, which has `signatures` alone.
        Whoever takes it may change it: from then on it is asked as it is, batch norm not folded.
      learned: `tfreid.runs.learned.Learned`, whom it has learned from; None: not known.
      scores_pairs: whether images are compared by a score of each pair, not by their embeddings.
    """

    learned = None
    scores_pairs = False

    def __init__(self, name, card, signatures):
        self.name = name
        self.card = card
        self.system = card["system"]
        self.fingerprint = card["fingerprint"]
        self.signatures = signatures
        self._network = self._unfold = None
        self._process = os.getpid()

    @property
    def network(self):
        refuse_fork(self._process)
        if self._unfold:
            self.signatures, self._unfold = self._unfold(), None
        return self._network

    def __reduce__(self):
        place = self.name if is_name(self.name) else os.path.abspath(self.name)
        return _load_again, (place, self.fingerprint, type(self))

    def __repr__(self):
        size = f"{self.card['height']} x {self.card['width']}"
        return (
            f"<{type(self).__name__} {self.system} of {self.name}: images of {size}, "
            f"fingerprint {self.fingerprint[:_FINGERPRINT]}>"
        )

    def prepare(self, item, notice=None):
        """Reads one image; may be called by several threads at once.

        Args:
          item: path, bytes of a JPEG or PNG, PIL image, or uint8 array [h, w, 3] or [h, w]; colors
            are RGB (of OpenCV's BGR give `array[..., ::-1]`).
          notice: function that is called with the kinds of `tfreid.data.oddities` that it is of.

        Returns:
          uint8[height, width, 3], of the network's size.

        Raises:
          InputError: naming the item, where it is no usable image.
        """
        refuse_fork(self._process)
        return prepare_image(item, self.card["height"], self.card["width"], notice)

    def prepare_all(self, items, ahead):
        """Yields (what `prepare` returns, kinds of oddities) of each item, or (`InputError`, None).

        Args:
          items: N items, as `prepare` takes them.
          ahead: how many are under way while one is waited for.
        """
        refuse_fork(self._process)
        return prepare_images(items, self.card["height"], self.card["width"], ahead)

    def prepare_batches(self, items):
        """Yields uint8[B, height, width, 3] of one image, or of all of a list.

        What people see otherwise, or what shows no single person, is told in the log.
        """
        items, tally, images = list_items(items), Tally(), []
        for item, (image, kinds) in zip(items, self.prepare_all(items, 3 * _BATCH)):
            if kinds is None:
                raise image
            tally.add(describe_item(item), kinds)
            images.append(image)
            if len(images) == _BATCH:
                yield np.stack(images)
                images = []
        if images:
            yield np.stack(images)
        for line in tally.tell():
            logging.warning("%s", line)

    def call(self, signature, **inputs):
        """Returns the outputs of a signature as numpy arrays."""
        refuse_fork(self._process)
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        return {name: out.numpy() for name, out in self.signatures[signature](**tensors).items()}


def load(path):
    """Loads a trained model; see `tfreid.load`."""
    refuse_fork(*_started)
    _started.add(os.getpid())
    path = expand_home(os.fspath(path))
    card, signatures, network, unfold = _find_loader(path)(path)
    model = SYSTEMS[card["system"]].make_model(path, card, signatures)
    model.learned, model._network, model._unfold = find_learned(path), network, unfold
    return model


def _load_again(path, fingerprint, kind=LoadedModel):
    """Loads what a pickle names: weights do not travel, they must be the same where it arrives."""
    try:
        model = load(path)
        if model.fingerprint == fingerprint:
            return model
        raise InputError(
            f"{path}: holds another model than when this one was pickled (fingerprint "
            f"{model.fingerprint[:_FINGERPRINT]}, not {fingerprint[:_FINGERPRINT]}); load it anew."
        )
    except InputError as error:
        if multiprocessing.parent_process() is None:
            raise
        return _Unusable(kind, error)


class _Unusable:
    """What stands for a model in a worker of a pool: it raises when it is used.

    A worker that fails while it reads its task dies of it, and its pool waits for ever.
    """

    def __init__(self, kind, error):
        self._kind, self._error = kind, error

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        if callable(getattr(self._kind, name, None)):  # a task may be a method
            return self._refuse
        raise self._error

    def _refuse(self, *_, **__):
        raise self._error


def _find_loader(path):
    """Returns the function that loads what a path or a name stands for; a folder goes first."""
    if os.path.isfile(os.path.join(path, "flags.cfg")):
        return _load_run
    # A folder that is called as weights are is meant itself.
    if os.sep in path or os.path.exists(path):
        return _load_export
    if not is_name(path):
        raise InputError(
            f"{path or repr(path)}: there is no such folder, and no weights have that name; "
            f"{suggest(path, WEIGHTS, 3)}check the name."
        )
    return _load_run


def _load_run(place):
    with _POLICY:
        before = tf.keras.mixed_precision.global_policy()
        try:
            network, options, origin = load_network(place)
        finally:
            tf.keras.mixed_precision.set_global_policy(before)  # the caller's own networks need it
    card = make_card(network, options, origin, place)
    make_signatures = functools.partial(options.system.make_signatures, network, options)
    with fold_batch_norm(network) as parts:
        signatures = _Signatures(make_signatures(), parts)
    return card, signatures, network, make_signatures if parts else None


def _load_export(folder):
    version = find_latest_version(folder)
    card = read_card(version)
    sums = card.pop("files", {})  # but not of what is beside the model: it is not loaded here
    check_files(version, {n: sum_ for n, sum_ in sums.items() if not n.startswith(EXTRA + os.sep)})
    try:
        with name_plainly(os.path.join(version, "")) as plain:
            model = tf.saved_model.load(plain)
            return card, _Signatures(model.signatures, model), None, None
    except InputError:
        raise
    except Exception as error:  # of a damaged one, whatever TensorFlow and protobuf raise
        raise InputError(
            f"{version}: the exported model cannot be loaded ({shorten(error)}); export again."
        ) from error


class _Signatures(dict):
    """Signatures, and what has their variables, which lives as long as they do."""

    def __init__(self, signatures, owner):
        super().__init__(signatures)
        self._owner = owner


def is_one(items):
    """Whether one image is given, and not several.

    One is a path, bytes, a PIL image or an array of at most 3 axes; but an array of names, as
    `numpy.array(["a.jpg"])`, is a list.
    """
    if isinstance(items, np.ndarray):
        return items.ndim < 4 and items.dtype.kind not in "OU"
    return isinstance(items, _ALONE) or not isinstance(items, collections.abc.Iterable)


def list_items(items):
    """Returns a list of images, of one or of whatever yields them."""
    return [items] if is_one(items) else list(items)
