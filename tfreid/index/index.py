"""The index for Python programs: a folder, or an address, and the model that made it."""

import dataclasses
import os

from tfreid.data.images import describe_item
from tfreid.errors import InputError
from tfreid.index.adding import add_source
from tfreid.index.calibrating import calibrate
from tfreid.index.calibration import find_threshold
from tfreid.index.features import describe_model, read_features
from tfreid.index.refusals import explain_no_index
from tfreid.index.removing import prune, remove_target
from tfreid.index.results import SearchResult
from tfreid.index.searching import Searcher, choose_vectors, judge_answers
from tfreid.index.sieve import digest_item
from tfreid.index.sources import leave_out, list_any
from tfreid.index.stores import open_store
from tfreid.index.vectors import Vectors
from tfreid.options.paths import locate
from tfreid.options.search import RetrievalOptions
from tfreid.progress import Progress
from tfreid.serving.loaded import list_items

BATCH = 64


class Index:
    """Images of a folder on the disk that a model searches.

        index = Index("index", tfreid.load("runs/sona"))
        index.add("photos")  # computes only what is new
        result = index.search(["query.jpg"], RetrievalOptions(top_k=5))
        result.answers[0].matches[0].path

    Any number of processes may search while one changes the index.

    Attributes:
      folder: the index folder, or the address of one, such as s3://bucket/faces.
      model: what `tfreid.load` returned.
      store: see `stores.open_store`.
    """

    def __init__(self, folder, model, batch_size=BATCH):
        """Opens an index; a folder that is missing or empty becomes one with the first `add`.

        Args:
          folder: the index folder, or an address.
          model: what `tfreid.load` returns.
          batch_size: images of a forward pass.

        Raises:
          InputError: if another model made the index, or it is damaged: names the file.
        """
        self.folder, self.model, self._batch_size = locate(os.fspath(folder)), model, batch_size
        self.store = open_store(self.folder)
        self._vectors = self._chosen = None
        if self.store.exists():
            with self.store.read() as view:
                check_model(view.state, model, self.folder)

    def __len__(self):
        """The number of images that can be found."""
        if not self.store.exists():
            return 0
        with self.store.read() as view:
            return view.state.images

    def add(self, source):
        """Adds images; those that are in the index and have not changed are passed over.

        Args:
          source: a folder, a CSV table or an image file, a list of image files, or a `Source`; see
            `sources.list_any`.

        Returns:
          `Added`.

        Raises:
          InputError: where there is no image or none can be read, or the disk refuses; whatever was
            added before is kept.
        """
        source = leave_out(list_any(source, "add"), self.folder)
        self._open()
        added = add_source(self.store, self.model, source, self._batch_size)
        if added.skipped and not added.added and not added.unchanged:
            raise InputError(_tell_unreadable(added.skipped, "images"))
        return added

    def remove(self, target, copies=False):
        """Removes images by an id (int), a path or a folder's path, or several with commas between.

        Args:
          target: see `removing.find_images`.
          copies: whether images of the same content, under other names, go too.

        Returns:
          `Removed`.

        Raises:
          InputError: where nothing of that name is in the index, or a number may be an id or a
            name.
        """
        return remove_target(self.store, target, copies)

    def prune(self):
        """Removes images whose files are gone; returns `Removed`. See `removing.prune`."""
        return prune(self.store)

    def search(self, images, options=None):
        """Looks for images.

        Args:
          images: files, bytes, PIL images or uint8 arrays, one or many, as `tfreid.load(...).embed`
            takes it.
          options: `RetrievalOptions`; None for its defaults.

        Returns:
          `SearchResult` with an `Answer` for each image that can be read, in order, and the others
          with their reasons.

        Raises:
          InputError: where there is no index or no readable image, or options do not fit the index.
        """
        images, options = list_items(images), options or RetrievalOptions()
        if not self.store.exists():
            raise explain_no_index(self.folder)
        with self.store.read() as view:  # what is wrong is told before anything is computed
            searcher, state = self._open_searcher(view, options), view.state
            threshold = self._find_threshold(state, options, searcher.images)
            searched = searcher.images
        answers, skipped = self._answer(searcher, images, threshold)
        return SearchResult(
            index={"path": self.folder, "images": state.images, "searched": searched},
            model=state.model,
            measure=searcher.measure,
            options=options.list_facts(),
            threshold=threshold,
            answers=tuple(judge_answers(answers, state.calibration, searched)),
            skipped=tuple(skipped),
        )

    def calibrate(self, source, max_pairs=1_000_000):
        """Learns from labeled images what distances, or scores, mean, and keeps it in the index.

        Args:
          source: as for `add`; images must tell their pids and camids.
          max_pairs: most pairs of one, and of two people, that are compared.

        Returns:
          `Calibration`.

        Raises:
          InputError: where there are no pairs to learn from; see `calibrating.calibrate`.
        """
        source = list_any(source, "calibrate")
        return calibrate(self._open(), self.model, source, self._batch_size, max_pairs)

    def _open(self):
        """Returns the `Store`, which is made if there is none."""
        self.store.create(describe_model(self.model))
        with self.store.read() as view:
            check_model(view.state, self.model, self.folder)
        return self.store

    def _answer(self, searcher, images, threshold):
        """Returns ([`Answer`, ...], [(query, reason), ...] of those that cannot be read)."""
        names = [describe_item(image) for image in images]
        answers, skipped = [], []
        progress = Progress("Searching", len(images))
        oddities = {}
        features = read_features(
            self.model,
            images,
            self._batch_size,
            skip=lambda number, why: skipped.append((names[number], why)),
            notice=oddities.__setitem__,
        )
        for numbers, columns in features:
            with self.store.read() as view:
                self._check(view)
                searcher.refresh(view)
                for place, number in enumerate(numbers):
                    own = {name: values[place : place + 1] for name, values in columns.items()}
                    query = names[number], images[number]
                    limit, digest = threshold and threshold["value"], digest_item(images[number])
                    answer = searcher.answer(query, own, limit, digest)
                    answers.append(dataclasses.replace(answer, oddities=tuple(oddities[number])))
                    progress.advance()
        if not answers:
            raise InputError(_tell_unreadable(skipped, "queries"))
        return answers, skipped

    def _open_searcher(self, view, options):
        """Returns a `Searcher` of a `View`; vectors that were read before are kept."""
        self._check(view)
        chosen = choose_vectors(options)
        if self._chosen != chosen:
            self._vectors, self._chosen = Vectors(self.folder, *chosen), chosen
        searcher = Searcher(self.folder, self.model, options, self._vectors)
        searcher.refresh(view)
        return searcher

    def _check(self, view):
        check_model(view.state, self.model, self.folder)
        if not view.state.images:
            raise InputError(f"index={self.folder}: holds no images; give add=FOLDER first.")

    def _find_threshold(self, state, options, images):
        """Returns the threshold of a search; None where any match is shown."""
        if not options.max_false_accepts and not options.max_strangers:
            return None
        point = find_threshold(state.calibration, options, images, self.folder)
        point["expected_strangers"] = images * point["false_accepts"] / point["other_pairs"]
        basis = state.calibration["source"]
        return {"value": point.pop("threshold"), **point, "calibrated_on": basis}


def check_model(state, model, folder):
    """Raises `InputError` if an index was made by another model.

    Args:
      state: `State` of the index.
      model: what `tfreid.load` returns.
      folder: the index folder, for messages.
    """
    if state.model["fingerprint"] == model.fingerprint:
        return
    made_by = state.model
    raise InputError(
        f"index={folder}: was made by another model, {made_by['system']} of {made_by['name']} "
        f"(fingerprint {made_by['fingerprint'][:12]}), not by {model.name} "
        f"({model.fingerprint[:12]}); give that one as `workdir`, or another `index`."
    )


def _tell_unreadable(skipped, what):
    if not skipped:
        return "There are no queries: give at least one image."
    name, reason = skipped[0]
    more = f" None of {len(skipped)} {what} can be read." if len(skipped) > 1 else ""
    return f"{name}: {reason}{'' if reason.endswith('.') else '.'}{more}"
