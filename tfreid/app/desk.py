"""What the page asks for, without the web: searches, pictures, marks and long work."""

import dataclasses
import datetime
import os
import threading

import platformdirs

from tfreid.app.labels import mark
from tfreid.app.work import Work
from tfreid.data.oddities import describe
from tfreid.errors import InputError
from tfreid.escaping import escape
from tfreid.files import digest_content
from tfreid.home import find_own_folder
from tfreid.index.calibration import RATES, Calibration
from tfreid.index.commands import add_to, calibrate_on
from tfreid.index.refusals import check_file
from tfreid.index.results import BAR, measure_bar, tell_no_match
from tfreid.index.sources import list_source
from tfreid.index.thumbnails import make_thumbnail
from tfreid.json_lines import append_lines
from tfreid.options.paths import is_address
from tfreid.options.search import SearchOptions

LABELS, SEARCHES = "labels.csv", "searches.jsonl"


class Desk:
    """One index and its model, for any number of people.

    Attributes:
      work: `Work`, what is added or calibrated beside the answers.
    """

    def __init__(self, open_index, retrieval, keeps_log=True, may_change=True):
        """Opens the index.

        Args:
          open_index: function that returns an `Index`, of one model each time.
          retrieval: `RetrievalOptions`.
          keeps_log: whether each search is noted in the index folder.
          may_change: whether people may add and calibrate.

        Raises:
          InputError: if another model made the index, or it is damaged.
        """
        self._open_index, self._index = open_index, open_index()
        self._retrieval, self._keeps_log, self._may_change = retrieval, keeps_log, may_change
        self._searching, self._writing = threading.Lock(), threading.Lock()
        self.labels, self._log = (self._locate(name) for name in (LABELS, SEARCHES))
        if keeps_log:  # lines are added to it: by a link, to somebody else's
            check_file(self._log)
        self.work = Work()

    def tell_state(self):
        """Returns what the page must know before anything is asked."""
        images, calibration = 0, None
        if self._index.store.exists():
            with self._index.store.read() as view:
                images, calibration = view.state.images, view.state.calibration
        asked = self._retrieval.max_false_accepts
        if self._retrieval.max_strangers and images:
            asked = 100 * self._retrieval.max_strangers / images
        return {
            "index": escape(self._index.folder),
            "images": images,
            "model": escape(self._index.model.name),
            "group_by": self._retrieval.group_by,
            "accepts": asked,
            "thresholds": _list_thresholds(calibration, asked),
            "may_change": self._may_change,
            "labels": escape(self.labels),
            "log": escape(self._log) if self._keeps_log else None,
        }

    def search(self, photo, accepts, asked):
        """Looks for a photo, which is not kept.

        Args:
          photo: bytes of a JPEG or PNG.
          accepts: percent of false accepts that may be shown; 0 for what the command said.
          asked: {"from", "file"}, for the log.

        Returns:
          The answer as docs/searching.md describes it, with a name and a time for each match, and
          with "odd", in words what people see otherwise in the photo.

        Raises:
          InputError: as `Index.search`, or where the search cannot be noted.
        """
        options = self._retrieval
        if accepts:
            options = dataclasses.replace(options, max_false_accepts=accepts, max_strangers=0.0)
        # One at a time: an `Index` keeps its vectors from search to search.
        with self._searching:
            result = self._index.search([photo], options)
        told, (answer,) = result.to_json(), result.answers
        told["odd"] = [describe(kind) for kind in answer.oddities]
        told["no_match"] = None if answer.matches else tell_no_match(result, answer)
        (query,) = told["queries"]
        images = self._read_images([match.id for match in answer.matches])
        for match in query["matches"]:
            match.update(_describe(match, images.get(match["id"])))
        if self._keeps_log:
            digest = digest_content(photo).hex()
            self._note({**asked, "photo": digest, "accepts": accepts, "shown": list(images)})
        return told

    def make_picture(self, number):
        """Returns the bytes of a JPEG of an image by its id; None where it is gone."""
        image = self._read_images([number]).get(number)
        return image and make_thumbnail(image.path)

    def mark(self, marks):
        """Keeps which images show the same person as a query: {id: True, False or None}.

        Returns:
          {"images", "people"} that are labeled by now.
        """
        images = self._read_images(list(marks))
        with self._writing:
            same = [marks[number] for number in images]
            labeled, people = mark(self.labels, list(images.values()), same)
        return {"images": labeled, "people": people}

    def add(self, path):
        """Begins to add a folder, a table or an image."""
        # An `Index` of its own: searches go on with theirs meanwhile.
        self._start(lambda: add_to(self._open_index(), list_source(path, "add")))

    def calibrate(self, path):
        """Begins to calibrate on a folder or a table."""
        pairs = SearchOptions.calibration_pairs
        self._start(lambda: calibrate_on(self._open_index(), list_source(path, "calibrate"), pairs))

    def _start(self, do):
        if not self._may_change:
            raise InputError("Only a page on the machine itself adds and calibrates.")
        self.work.start(do)

    def _locate(self, name):
        """Returns where labels and log are: beside the index, of an address in the user's data."""
        folder = self._index.folder
        if is_address(folder):
            own = digest_content(folder.encode()).hex()
            cure = "to keep labels and the log of searches, set XDG_DATA_HOME to one"
            folder = os.path.join(find_own_folder(platformdirs.user_data_dir, cure), own)
            os.makedirs(folder, exist_ok=True)
        return os.path.join(folder, name)

    def _read_images(self, numbers):
        """Returns {id: `Image`} of those that are there, in the order of the numbers."""
        with self._index.store.read() as view:
            images = view.read_images(numbers)
        return {number: images[number] for number in numbers if number in images}

    def _note(self, search):
        """Adds a line to the log of searches."""
        now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        try:
            append_lines(self._log, {"time": now, **search})
        except OSError as error:
            raise InputError(
                f"{self._log}: cannot be written ({error.strerror}); nothing is shown that is not "
                "noted. Without a log: search_log=false."
            ) from error


def _list_thresholds(calibration, asked):
    """Returns the points of a calibration, None or as JSON, that a search may use.

    Those of the rates that are always told, and of one that was asked for.
    """
    if calibration is None:
        return []
    rates = sorted({*RATES, asked} - {0}, reverse=True)
    points = [Calibration.from_json(calibration).find_point(rate) for rate in rates]
    return [point for point in points if point["is_enough"] and point["threshold"] is not None]


def _describe(match, image):
    """Returns what a card tells of a match besides its numbers."""
    folder, name = os.path.split(match["path"])
    strangers = match["expected_strangers"]
    bar = None if strangers is None else {"full": measure_bar(strangers), "of": BAR}
    time = image and datetime.datetime.fromtimestamp(image.mtime // 10**9).isoformat(" ")
    return {"folder": escape(folder), "name": escape(name), "time": time, "bar": bar}
