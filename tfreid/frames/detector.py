"""People in a frame, found by keras-cv's YOLOV8Detector."""

import os

import numpy as np
import tensorflow as tf

from tfreid.errors import InputError, shorten
from tfreid.stack import load_keras_cv

SIDE = 640  # pixels of the square that a detector looks at
_PERSON = {20: 14}  # number of classes -> which is a person: Pascal VOC's, in alphabetical order


class Detector:
    """Finds people in frames, one at a time.

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
