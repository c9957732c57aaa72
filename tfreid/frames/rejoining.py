"""A tracker's people who were lost and come back, known again by what they look like."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from tfreid.errors import InputError

# Weight of what a person looked like before against the newest frame, as in FairMOT (Zhang et al.,
# IJCV 2021, section 3.4).
_INERTIA = 0.9


class Rejoiner:
    """Gives the tracks of any tracker the numbers of people.

    A tracker that follows motion begins a new track where a person was hidden for long. Here a new
    track is compared with all who were seen before and are not in the frame; the nearest within
    `farthest` go on with their number, at most one track each.

    Attributes:
      count: number of people so far.
    """

    def __init__(self, model, farthest):
        """Begins without anybody.

        Args:
          model: a loaded model that embeds, or what has its `dim` and `extract_embeddings`.
          farthest: largest Euclidean distance of one person; a calibration measures it.

        Raises:
          InputError: for a distance that nobody can be within.
        """
        if not farthest > 0:
            raise InputError(f"farthest={farthest}: must be above 0; a calibration measures it.")
        self._model, self._farthest = model, farthest
        self._looks = np.zeros((0, model.dim), np.float32)
        self._people = {}  # track: its person

    @property
    def count(self):
        return len(self._looks)

    def update(self, detections, frame):
        """Returns who is in a frame.

        Args:
          detections: supervision's `Detections`, as a tracker returns them, or anything with `xyxy`
            float[N, 4] and `tracker_id` int[N], -1 for who is not tracked yet.
          frame: as `extract_embeddings` takes it.

        Returns:
          int64[N], people from 0 up; -1 for who is not tracked yet.
        """
        tracks = np.asarray(detections.tracker_id, np.int64)
        seen = np.flatnonzero(tracks >= 0)
        embeddings = self._model.extract_embeddings(np.asarray(detections.xyxy)[seen], frame)
        is_new = np.array([track not in self._people for track in tracks[seen].tolist()], bool)
        self._people |= zip(tracks[seen][is_new].tolist(), self._join(tracks, embeddings[is_new]))
        people = np.full(len(tracks), -1)
        people[seen] = [self._people[track] for track in tracks[seen].tolist()]
        self._looks[people[seen]] *= _INERTIA
        self._looks[people[seen]] += (1 - _INERTIA) * embeddings
        return people

    def _join(self, tracks, embeddings):
        """Returns the people of new tracks, of whom nobody is in the frame by another track."""
        # A person is in a frame once.
        here = {self._people.get(track) for track in tracks.tolist()}
        away = np.array([person for person in range(self.count) if person not in here], int)
        distances = np.linalg.norm(embeddings[:, np.newaxis] - self._looks[away], axis=2)
        joined = np.full(len(embeddings), -1)
        for new, place in zip(*linear_sum_assignment(distances)):
            if distances[new, place] <= self._farthest:
                joined[new] = away[place]
        others = joined < 0
        joined[others] = self.count + np.arange(others.sum())
        self._looks = np.concatenate([self._looks, embeddings[others]])
        return joined.tolist()
