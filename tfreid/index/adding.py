"""Adding: only what is new is computed, and what is computed is kept, come what may."""

import collections
import dataclasses
import errno
import os
import stat
from itertools import compress

from absl import logging

from tfreid.data.image_headers import judge_bytes
from tfreid.data.oddities import Tally
from tfreid.files import digest_file
from tfreid.index.features import list_columns, read_features
from tfreid.index.rows import Image, to_stored
from tfreid.patience import HANGING, run_each
from tfreid.progress import Progress

ROWS = 4096  # files whose content is looked at before any of them is decoded
_THREADS = 16


@dataclasses.dataclass(frozen=True)
class Added:
    """What became of the images that were to be added.

    Attributes:
      added: images that are new in the index.
      replaced: of these, files that had changed since they were added before.
      unchanged: images that were in the index already.
      relabeled: of these, those whose pid or camid is another one now; the index keeps the old.
      copies: ((path, path of an image with the same content), ...) of those that are new.
      skipped: ((path, reason), ...) of what cannot be read.
      oddities: `tfreid.data.oddities.Tally` of what was computed.
    """

    added: int
    replaced: int
    unchanged: int
    relabeled: int
    copies: tuple
    skipped: tuple
    oddities: Tally = dataclasses.field(default_factory=Tally)


def add_source(store, model, source, batch_size, known=None):
    """Adds images to an index.

    A file that is in the index with the same path, size and time of change is passed over; one
    that has changed takes its old entry's place. Features of a content that the index knows under
    another name are copied. Every batch becomes part of the index when it is computed.

    Args:
      store: `Store` of the model's index.
      model: what `tfreid.load` returns.
      source: `Source`.
      batch_size: images of a forward pass.
      known: `Store` of another index of the model, whose features are copied, too.

    Returns:
      `Added`.

    Raises:
      InputError: if the disk refuses; every batch before is kept.
    """
    adding = _Adding(store, model, batch_size)
    # The index itself last: of a content that both know, its own features are copied.
    for other in filter(None, (known, store)):
        with other.read() as view:
            images = view.list_images()
        adding.learn(other, images)
    new = adding.compare(source, images)
    if new and adding.counts["unchanged"]:
        logging.info("%d images are in the index already.", adding.counts["unchanged"])
    adding.add(new)
    numbers = [adding.counts[name] for name in ("added", "replaced", "unchanged", "relabeled")]
    return Added(*numbers, tuple(adding.copies), tuple(adding.skipped), adding.oddities)


class _Adding:
    """Images on their way into an index, and what became of those before."""

    def __init__(self, store, model, batch_size):
        self._store, self._model, self._batch_size = store, model, batch_size
        self._known = {}  # digest -> (store, id, path)
        self.counts, self.copies, self.skipped = collections.Counter(), [], []
        self.oddities = Tally()
        self.progress = None

    def learn(self, store, images):
        """Notes where features of contents can be copied from."""
        self._known |= {image.digest: (store, image.id, image.path) for image in images}

    def compare(self, source, images):
        """Returns the [`Image`, ...] of a source that are new or changed, without their digests."""
        old, new = {image.path: image for image in images}, []
        for row, facts in enumerate(_run_each(look_at, source.paths)):
            path = source.paths[row]
            labels = tuple(map(to_stored, source.label(row)))
            # Size and time decide: to compare contents, a million files would be read again.
            image = self._describe(path, labels, facts)
            known = old.get(path)
            if image is None or known is None or known.facts != image.facts:
                new += [image] if image else []
                continue
            self.counts["unchanged"] += 1
            self.counts["relabeled"] += labels != (known.pid, known.camid)
        return new

    def add(self, images):
        """Adds images, some thousands at a time."""
        self.progress = Progress("Adding images", len(images))
        try:
            with self._store.held():
                for start in range(0, len(images), ROWS):
                    self._add(images[start : start + ROWS])
        except KeyboardInterrupt:
            logging.info("%d images are added; the same command goes on.", self.counts["added"])
            raise

    def _add(self, images):
        """Copies features of contents that are known, and computes the others."""
        images = self._digest(images)
        # A content that is new twice within these files is computed twice: neither is known yet.
        known = [image for image in images if image.digest in self._known]
        new = [image for image in images if image.digest not in self._known]
        for store in {self._known[image.digest][0] for image in known}:
            there = [image for image in known if self._known[image.digest][0] is store]
            for start in range(0, len(there), self._batch_size):
                new += self._copy(store, there[start : start + self._batch_size])
        paths = [image.path for image in new]
        features = read_features(
            self._model,
            paths,
            self._batch_size,
            skip=lambda place, why: self._skip(paths[place], why),
            notice=lambda place, kinds: self.oddities.add(paths[place], kinds),
        )
        for places, columns in features:
            self._keep([new[place] for place in places], columns)

    def _describe(self, path, labels, facts):
        """Returns the `Image` of a file; None where it cannot be one."""
        if isinstance(facts, tuple):
            return Image(0, path, *labels, *facts, b"")
        self.skipped.append((path, tell_missing(facts)))
        return None

    def _digest(self, images):
        """Returns the images that can be read, with their digests."""
        digests = list(_run_each(digest_file, [image.path for image in images]))
        for image, digest in zip(images, digests):
            if not isinstance(digest, bytes):
                self._skip(image.path, tell_missing(digest))
        return [
            image._replace(digest=digest)
            for image, digest in zip(images, digests)
            if isinstance(digest, bytes)
        ]

    def _copy(self, store, images):
        """Adds images by the features of their copies; returns those whose copy is gone."""
        ids = [self._known[image.digest][1] for image in images]
        with store.read() as view:
            left = view.read_images(ids)
            there = [number in left for number in ids]
            columns = view.read_features(list(compress(ids, there)), list_columns(self._model))
        self._keep(list(compress(images, there)), columns)
        return [image for image, is_there in zip(images, there) if not is_there]

    def _keep(self, images, columns):
        """Makes images part of the index."""
        if not images:
            return
        with self._store.write() as change:
            added, replaced = change.add(images, columns)
        self.counts["added"] += len(added)
        self.counts["replaced"] += replaced
        for image in added:
            own = self._store, image.id, image.path
            # The first of a content finds itself, which is no copy.
            path = self._known.setdefault(image.digest, own)[-1]
            if path != image.path:
                self.copies.append((image.path, path))
        self.progress.advance(len(images))

    def _skip(self, path, reason):
        self.skipped.append((path, reason))
        self.progress.advance()


def _run_each(function, paths):
    """Yields what a function of a path returns, or the error that it raises or that stands in."""

    def call(path):
        try:
            return function(path)
        except (OSError, ValueError) as error:  # ValueError: a name that no file can have
            return error

    return run_each(call, paths, _THREADS, lambda path: OSError(HANGING))


def look_at(path):
    """Returns (size, time of change) of an image file.

    Raises:
      OSError: if it is not there, is no file, or has more bytes than an image.
      ValueError: if no file can have the name, or it is not UTF-8.
    """
    path.encode()  # TensorFlow takes UTF-8 only
    facts = os.stat(path)
    if stat.S_ISDIR(facts.st_mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    fault = judge_bytes(facts.st_size) if stat.S_ISREG(facts.st_mode) else "Is a pipe or a device"
    if fault:
        raise OSError(fault)
    return facts.st_size, facts.st_mtime_ns


def tell_missing(error):
    """Returns why an image is skipped."""
    if isinstance(error, UnicodeEncodeError):
        return "the name is not UTF-8; rename it"
    return f"cannot be read: {getattr(error, 'strerror', None) or error}"
