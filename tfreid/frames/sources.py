"""Where the people of a frame are: as a file says, or as keras-cv's YOLOV8Detector finds them."""

import os

import numpy as np
import tensorflow as tf

from tfreid.data.findings import tell_number
from tfreid.errors import InputError, shorten
from tfreid.frames.box_files import NO_TRACK
from tfreid.frames.boxes import reach_into
from tfreid.stack import load_keras_cv

SIDE = 640  # pixels of the square that a detector looks at
_PERSON = {20: 14}  # number of classes -> which is a person: Pascal VOC's, in alphabetical order


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
    # Trackers let boxes reach beyond the frame; most of them do not lie outside.
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


class Detector:
    """keras-cv's YOLOV8Detector, which finds people in frames, one at a time.

    Args:
      name: a preset of keras-cv, by name or as its folder; or a .keras file of a whole detector.
      confidence: the least that counts, 0 to 1.
      person_class: the class of people; -1: 14 of 20 classes (Pascal VOC), else 0 (COCO).

    Raises:
      InputError: where it cannot be had.
    """

    def __init__(self, name, confidence, person_class=-1):
        self._model = _load(name)
        self._model.prediction_decoder.confidence_threshold = confidence
        automatic = _PERSON.get(self._model.num_classes, 0)
        self._class = automatic if person_class < 0 else person_class

    def find(self, pixels):
        """Returns float64[N, 4], left, top, right, bottom of the people in uint8[h, w, 3]."""
        scale = SIDE / max(pixels.shape[:2])
        size = [max(1, round(side * scale)) for side in pixels.shape[:2]]
        image = tf.image.resize(pixels, size, antialias=True)
        # The corner stays where it is, so that a box is brought back by its scale alone.
        image = tf.image.pad_to_bounding_box(image, 0, 0, SIDE, SIDE)[tf.newaxis]
        # Not `predict`, which hands its decoder a tuple in place of the images.
        found = self._model.decode_predictions(self._model(image, training=False), image)
        boxes = load_keras_cv().bounding_box.convert_format(
            found["boxes"], self._model.bounding_box_format, "xyxy", images=image
        )
        keep = np.asarray(found["classes"][0]) == self._class
        return np.asarray(boxes[0], np.float64)[keep] / scale


def _load(name):
    keras_cv = load_keras_cv()  # makes its layers known to `load_model`
    try:
        if name.endswith(".keras"):
            model = tf.keras.models.load_model(name, compile=False)
        else:
            model = keras_cv.models.YOLOV8Detector.from_preset(name)
    except Exception as error:  # whatever Keras, kagglehub and the net below it raise
        presets = ", ".join(keras_cv.models.YOLOV8Detector.presets)
        raise InputError(
            f"detector={name}: cannot be had ({type(error).__name__}: {shorten(error)}); give a "
            f"preset of keras-cv ({presets}), its folder, or a .keras file of a YOLOV8Detector."
        ) from error
    if not isinstance(model, keras_cv.models.YOLOV8Detector):
        raise InputError(f"detector={os.path.basename(name)}: is no YOLOV8Detector of keras-cv.")
    return model
