"""A trained model for Python programs: images in, numpy out."""

import collections.abc
import concurrent.futures
import os
import threading

import numpy as np
import tensorflow as tf
from PIL import Image

from tfreid.errors import InputError
from tfreid.evaluation.memories import Memories
from tfreid.options import KVM_MN, SONA_NET
from tfreid.runs.loading import load_network
from tfreid.serving.exported import make_exported
from tfreid.serving.images import describe_item, read_image
from tfreid.serving.model_card import make_card, read_card
from tfreid.serving.versions import find_latest_version

_BATCH = 32  # images that go through a network at a time
_GALLERY = 64  # memories that a query is matched with at a time: about 1 MB each
_THREADS = 16  # that read and decode images
_ALONE = (str, bytes, bytearray, memoryview, os.PathLike, Image.Image)  # one image each
_POLICY = threading.Lock()  # Keras' precision policy is the same for all threads


class LoadedModel:
    """What all loaded models have.

    Attributes:
      name: the folder it was loaded from.
      system: "sona_net" or "kvm_mn".
      fingerprint: SHA-256 (hex) of weights and preprocessing: only what models of one fingerprint
        say can be compared. A workdir's latest checkpoint and its export have the same.
      card: dict, what is known of it: flags, data, training, metrics (see `make_card`).
    """

    def __init__(self, name, card, signatures):
        self.name = name
        self.card = card
        self.system = card["system"]
        self.fingerprint = card["fingerprint"]
        self._signatures = signatures

    def prepare(self, item):
        """Reads one image; may be called by several threads at once.

        Args:
          item: path, bytes of a JPEG or PNG, PIL image, or uint8 array [h, w, 3] or [h, w].

        Returns:
          uint8[height, width, 3], of the network's size.

        Raises:
          InputError: naming the item, where it is no usable image.
        """
        return read_image(item, self.card["height"], self.card["width"])

    def _prepare_batches(self, items):
        """Yields uint8[B, height, width, 3]."""
        items = list_items(items)
        batches = [items[start : start + _BATCH] for start in range(0, len(items), _BATCH)]
        with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
            ahead = [pool.map(self.prepare, batch) for batch in batches[:1]]
            for following in [*batches[1:], []][: len(batches)]:
                ahead.append(pool.map(self.prepare, following))  # read while the last is computed
                yield np.stack(list(ahead.pop(0)))

    def _call(self, signature, **inputs):
        """Returns the outputs of a signature as numpy arrays."""
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        return {name: out.numpy() for name, out in self._signatures[signature](**tensors).items()}


class EmbeddingModel(LoadedModel):
    """SONA-Net: one embedding per image; near ones, by Euclidean distance, show alike people."""

    @property
    def dim(self):
        """Size of an embedding."""
        return self._signatures["pixels"].structured_outputs["embedding"].shape[1]

    def embed(self, items):
        """Embeds images.

        Args:
          items: list of N images, each as `prepare` takes it; or uint8[N, h, w, 3].

        Returns:
          float32[N, dim], flip-averaged as in the run's evaluation.

        Raises:
          InputError: naming the first item that is no usable image.
        """
        parts = [self.embed_prepared(batch) for batch in self._prepare_batches(items)]
        return np.concatenate([np.zeros([0, self.dim], np.float32), *parts])

    def embed_prepared(self, pixels):
        """Embeds what `prepare` returned: uint8[B, height, width, 3] -> float32[B, dim]."""
        return self._call("pixels", pixels=pixels)["embedding"]


class MatchingModel(LoadedModel):
    """KVM-MN: one score per pair of images; the higher, the more alike the people."""

    def memorize(self, items):
        """Returns the `Memories` of images, which `match_memories` takes.

        Args:
          items: list of N images, each as `prepare` takes it; or uint8[N, h, w, 3].

        Raises:
          InputError: without images, or naming the first that is not usable.
        """
        parts = [self.memorize_prepared(batch) for batch in self._prepare_batches(items)]
        if not parts:
            raise InputError("There are no images to memorize: give at least one.")
        columns = ((part.keys, part.values, part.pooled) for part in parts)
        return Memories(*(np.concatenate(column) for column in zip(*columns)))

    def memorize_prepared(self, pixels):
        """Returns the `Memories` of what `prepare` returned, uint8[B, height, width, 3]."""
        return Memories(**self._call("pixels", pixels=pixels))

    def match(self, query_items, gallery_items):
        """Scores all pairs of Q and G images, given as in `memorize`; returns float32[Q, G]."""
        return self.match_memories(self.memorize(query_items), self.memorize(gallery_items))

    def match_memories(self, query, gallery):
        """Scores all pairs of the `Memories` of Q and G images; returns float32[Q, G].

        Memories in float16 or bfloat16 are computed with in float32.
        """
        scores = np.empty((len(query), len(gallery)), np.float32)
        query = {f"query_{name}": part for name, part in _to_inputs(query, slice(None)).items()}
        for start in range(0, len(gallery), _GALLERY):
            block = slice(start, start + _GALLERY)
            parts = _to_inputs(gallery, block)
            side = {f"gallery_{name}": part for name, part in parts.items()}
            scores[:, block] = self._call("match", **query, **side)["scores"]
        return scores


_MODELS = {SONA_NET: EmbeddingModel, KVM_MN: MatchingModel}


def load(path):
    """Loads a trained model; see `tfreid.load`."""
    path = os.path.expanduser(os.fspath(path))
    load_from = _load_run if os.path.isfile(os.path.join(path, "flags.cfg")) else _load_export
    card, signatures = load_from(path)
    return _MODELS[card["system"]](path, card, signatures)


def _load_run(workdir):
    with _POLICY:
        before = tf.keras.mixed_precision.global_policy()
        try:
            network, options, origin = load_network(workdir)
        finally:
            tf.keras.mixed_precision.set_global_policy(before)  # the caller's own networks need it
    card = make_card(network, options, origin, workdir)
    return card, make_exported(network, options).list_signatures()


def _load_export(folder):
    version = find_latest_version(folder)
    card = read_card(version)
    try:
        return card, _Signatures(tf.saved_model.load(version))
    except (OSError, ValueError, IndexError, KeyError, tf.errors.OpError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"{version}: the exported model cannot be loaded ({reason}); export again."
        ) from error


class _Signatures(dict):
    """The signatures of a SavedModel, which lives as long as they do."""

    def __init__(self, model):
        super().__init__(model.signatures)
        self._model = model


def _to_inputs(memories, rows):
    return {
        name: np.asarray(getattr(memories, name)[rows], np.float32) for name in ("keys", "values")
    }


def list_items(items):
    """Returns a list of images, whatever yields them.

    Raises:
      InputError: for one image alone, a likely mistake and of unclear meaning, and for what holds
        no images.
    """
    alone = isinstance(items, _ALONE) or not isinstance(items, collections.abc.Iterable)
    if alone or (isinstance(items, np.ndarray) and items.ndim < 4 and items.dtype.kind not in "OU"):
        raise InputError(
            f"{describe_item(items)}: no list; give a list of images, or an array [N, h, w, 3]; "
            "for one image: [image]."
        )
    return list(items)
