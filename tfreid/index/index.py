"""The index for Python programs: a folder on the disk and the model that made it."""

from tfreid.errors import InputError
from tfreid.index.adding import add_source
from tfreid.index.calibrating import calibrate
from tfreid.index.calibration import find_threshold
from tfreid.index.features import describe_model
from tfreid.index.manifest import read_manifest
from tfreid.index.reading import read_features
from tfreid.index.removing import find_ids
from tfreid.index.results import SearchResult
from tfreid.index.searching import Searcher
from tfreid.index.snapshot import read_snapshot
from tfreid.index.sources import leave_out, list_any
from tfreid.index.tidying import tidy
from tfreid.index.writer import explain_no_index, open_writer
from tfreid.options.paths import make_absolute
from tfreid.options.search import RetrievalOptions
from tfreid.progress import Progress
from tfreid.serving.images import describe_item
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
      folder: the index folder.
      model: what `tfreid.load` returned.
    """

    def __init__(self, folder, model, batch_size=BATCH):
        """Opens an index; a folder that is missing or empty becomes one with the first `add`.

        Args:
          folder: the index folder.
          model: what `tfreid.load` returns.
          batch_size: images of a forward pass.

        Raises:
          InputError: if another model made the index, or it is damaged: names the file.
        """
        self.folder, self.model, self._batch_size = make_absolute(folder), model, batch_size
        self._snapshot = self._searcher = self._searched_with = None
        check_model(read_manifest(self.folder), model, self.folder)
        self._refresh()

    def __len__(self):
        """The number of images that can be found."""
        self._refresh()
        return 0 if self._snapshot is None else len(self._snapshot)

    def add(self, source):
        """Adds images; those that are in the index and have not changed are passed over.

        Args:
          source: a folder, a CSV table or an image file, a list of image files, or a `Source`; see
            `sources.list_any`.

        Returns:
          `Added`.

        Raises:
          InputError: where there is no image, another process changes the index, or the disk
            refuses; whatever was added before is kept.
        """
        source = leave_out(list_any(source, "add"), self.folder)
        with open_writer(self.folder, describe_model(self.model)) as writer:
            check_model(writer.manifest, self.model, self.folder)
            return add_source(writer, self.model, source, self._batch_size)

    def remove(self, target):
        """Removes images by an id (int), a path or a folder's path, or several with commas between.

        Returns:
          The number of images removed.

        Raises:
          InputError: where nothing of that name is in the index.
        """
        return remove_images(self.folder, str(target))

    def search(self, images, options=None):
        """Looks for images.

        Args:
          images: list of files, bytes, PIL images or uint8 arrays, as `tfreid.load(...).embed`
            takes it.
          options: `RetrievalOptions`; None for its defaults.

        Returns:
          `SearchResult` with an `Answer` for each image that can be read, in order, and the others
          with their reasons.

        Raises:
          InputError: where there is no index or no readable image, or options do not fit the index.
        """
        images, options = list_items(images), options or RetrievalOptions()
        snapshot = self._refresh()
        if snapshot is None:
            raise explain_no_index(self.folder)
        threshold = self._find_threshold(snapshot, options)
        searcher = self._open_searcher(snapshot, options)
        answers, skipped = self._answer(searcher, images, threshold)
        return SearchResult(
            index={"path": self.folder, "images": len(snapshot)},
            model=snapshot.manifest.model,
            measure=searcher.measure,
            options=options.list_facts(),
            threshold=threshold,
            answers=tuple(answers),
            skipped=tuple(skipped),
        )

    def calibrate(self, source, max_pairs=1_000_000):
        """Learns from labeled images what distances, or scores, mean, and keeps it in the index.

        Args:
          source: as for `add`; images must tell their pids and camids.
          max_pairs: KVM-MN: most pairs of one, and of two people, that are scored.

        Returns:
          `Calibration`.

        Raises:
          InputError: where there are no pairs to learn from; see `calibrating.calibrate`.
        """
        source = list_any(source, "calibrate")
        return calibrate(self.folder, self.model, source, self._batch_size, max_pairs)

    @property
    def snapshot(self):
        """The `Snapshot` that was searched last; None where there is no index yet."""
        return self._snapshot

    def _answer(self, searcher, images, threshold):
        """Returns ([`Answer`, ...], [(query, reason), ...] of those that cannot be read)."""
        names = [describe_item(image) for image in images]
        answers, skipped = [], []
        progress = Progress("Searching", len(images))
        features = read_features(
            self.model, images, self._batch_size, lambda i, why: skipped.append((names[i], why))
        )
        for numbers, columns in features:
            for place, number in enumerate(numbers):
                own = {name: values[place : place + 1] for name, values in columns.items()}
                query = names[number], images[number]
                answers.append(searcher.answer(query, own, threshold and threshold["value"]))
                progress.advance()
        if not answers:
            raise InputError(_tell_unreadable(skipped))
        return answers, skipped

    def _refresh(self):
        """Returns the index's present `Snapshot`, read anew if it changed."""
        manifest = read_manifest(self.folder)
        if self._snapshot is None or manifest != self._snapshot.manifest:
            self._snapshot = read_snapshot(self.folder)
            self._searcher = None
            check_model(manifest, self.model, self.folder)
        return self._snapshot

    def _open_searcher(self, snapshot, options):
        if not len(snapshot):
            raise InputError(f"--index={self.folder}: holds no images; give --add=FOLDER first.")
        if self._searcher is None or self._searched_with != options:
            self._searcher, self._searched_with = Searcher(snapshot, self.model, options), options
        return self._searcher

    def _find_threshold(self, snapshot, options):
        """Returns the threshold of a search; None where any match is shown."""
        if not options.max_false_accepts:
            return None
        calibration = snapshot.manifest.calibration
        point = find_threshold(calibration, options.max_false_accepts, self.folder)
        return {"value": point.pop("threshold"), **point, "calibrated_on": calibration["source"]}


def check_model(manifest, model, folder):
    """Raises `InputError` if an index was made by another model.

    Args:
      manifest: `Manifest`; None for no index yet.
      model: what `tfreid.load` returns.
      folder: the index folder, for messages.
    """
    if manifest is None or manifest.model["fingerprint"] == model.fingerprint:
        return
    made_by = manifest.model
    raise InputError(
        f"--index={folder}: was made by another model, {made_by['system']} of {made_by['name']} "
        f"(fingerprint {made_by['fingerprint'][:12]}), not by {model.name} "
        f"({model.fingerprint[:12]}); give that one as --workdir, or another --index."
    )


def remove_images(folder, target):
    """Removes images of an index, without a model; see `Index.remove`."""
    with open_writer(folder) as writer:
        ids = find_ids(read_snapshot(folder), target)
        writer.remove(ids)
        tidy(writer)
    return len(ids)


def _tell_unreadable(skipped):
    if not skipped:
        return "There are no queries: give at least one image."
    name, reason = skipped[0]
    more = f" None of {len(skipped)} queries can be read." if len(skipped) > 1 else ""
    return f"{name}: {reason}{'' if reason.endswith('.') else '.'}{more}"
