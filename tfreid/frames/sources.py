"""Where the people of a frame are: as a file says, or as a detector finds them."""

import numpy as np

from tfreid.data.findings import tell_number
from tfreid.errors import InputError
from tfreid.frames.box_files import NO_TRACK
from tfreid.frames.boxes import reach_into


class FileSource:
    """The boxes of a file, `Boxes`, for the frames of `Footage` whose number `every` divides.

    Raises:
      InputError: where the two do not belong together.
    """

    def __init__(self, boxes, footage, every=1):
        self._boxes = boxes
        frames = np.unique(boxes.frames)
        self._frames = frames[frames % every == 0]
        if not len(self._frames):
            raise InputError(f"every={every}: divides no number of the frames in {boxes.name}.")
        _check_places(boxes, footage)
        known = footage.numbers
        self._refuse(self._frames < footage.first, footage)
        if known is not None:
            self._refuse(~np.isin(self._frames, list(known)), footage, max(known))

    def count_frames(self):
        """Returns how many frames have boxes."""
        return len(self._frames)

    def wants(self, number):
        """Returns whether a frame has boxes."""
        place = np.searchsorted(self._frames, number)
        return place < len(self._frames) and self._frames[place] == number

    def check_end(self, last, footage):
        """Raises `InputError` where frames with boxes come after the last one that there is."""
        self._refuse(self._frames > last, footage, last)

    def _refuse(self, is_lacking, footage, last="unknown"):
        if is_lacking.any():
            frame, count = self._frames[np.argmax(is_lacking)], int(is_lacking.sum())
            raise InputError(
                f"{self._boxes.name}: has boxes in frame {frame}, of which {footage.name} has no "
                f"picture ({tell_number(count, 'such frame')}; its first is {footage.first}, its "
                f"last {last}). Are they of this video? `first_frame` says how they count its "
                "frames."
            )

    def find(self, frame, pixels):
        """Returns (tracks int64[n], float64[n, 4] left, top, right, bottom) within a frame."""
        rows = self._boxes.find_rows(frame.number)
        height, width = pixels.shape[:2]
        xyxy = self._boxes.place(rows, height, width)
        inside = reach_into(xyxy, height, width)
        return self._boxes.tracks[rows][inside], xyxy[inside]


class DetectorSource:
    """What a `Detector` finds in every frame whose number `every` divides."""

    def __init__(self, detector, every=1):
        self._detector, self._every = detector, every

    def wants(self, number):
        """Returns whether a frame is looked at."""
        return number % self._every == 0

    def check_end(self, last, footage):
        """Does nothing: any number of frames will do."""

    def find(self, frame, pixels):
        """As `FileSource.find`; nobody has a track."""
        boxes = self._detector.find(pixels)
        boxes = boxes[reach_into(boxes, *pixels.shape[:2])]
        return np.full(len(boxes), NO_TRACK), boxes


def _check_places(boxes, footage):
    """Raises `InputError` where most boxes lie mostly outside of the frames."""
    xyxy = boxes.place(slice(None), *footage.size)
    height, width = footage.size
    inner = np.clip(xyxy, 0, [width, height] * 2)
    shares = _measure_areas(inner) / _measure_areas(xyxy)
    outside = int((shares < 0.5).sum())
    if 2 * outside > len(boxes):
        raise InputError(
            f"{boxes.name}: {outside:,} of {len(boxes):,} boxes lie mostly outside of frames of "
            f"{width} x {height} pixels; they are another video's, or their numbers are in another "
            "order (`order` names it)."
        )


def _measure_areas(xyxy):
    return (xyxy[:, 2] - xyxy[:, 0]) * (xyxy[:, 3] - xyxy[:, 1])
