"""Options of the command that cuts people out of a camera's frames."""

import dataclasses
import os

from tfreid.errors import InputError
from tfreid.options.fields import Checked, option
from tfreid.options.paths import make_absolute

EDGES, CORNER, CENTER = ORDERS = ("xyxy", "xywh", "cxcywh")  # what the four numbers of a box are


@dataclasses.dataclass(frozen=True)
class CropOptions(Checked):
    """Whose frames, where the people are in them, and where their pictures go."""

    video: str = option(
        "",
        "A camera's video, or a folder of its frames, JPEG or PNG files named by numbers.",
        absolute=make_absolute,
    )
    boxes: str = option(
        "",
        "Where the people are: MOT text, a .csv table, or a folder of YOLO text, a file a frame.",
        absolute=make_absolute,
    )
    order: str = option(
        "",
        "What the four numbers of MOT text are; empty: left, top, width, height (xywh).",
        choices=ORDERS,
        may_be_empty=True,
    )
    detector: str = option(
        "",
        "In place of --boxes: who finds them, a preset of keras-cv's YOLOV8Detector, or a .keras "
        "file of one.",
    )
    confidence: float = option(
        0.5, "Least confidence of what the detector finds.", minimum=0, maximum=1
    )
    person_class: int = option(
        -1,
        "Which class is a person, of YOLO text or of the detector; -1: 0, as in COCO, or 14 of "
        "Pascal VOC's 20.",
        minimum=-1,
    )
    out: str = option(
        "",
        "Folder for the pictures and their table, crops.csv; new, or an earlier "
        "run's that goes on.",
        absolute=make_absolute,
    )
    camera: int = option(1, "Number of this camera: the camid.", minimum=1, maximum=999)
    shared_tracks: bool = option(
        False,
        "A track's number means the same person in every camera, as in ground truth, and is the "
        "pid; otherwise people of two cameras are kept apart.",
    )
    first_frame: int = option(
        1, "Number that the boxes give the first frame of a video: 1 in MOT text.", minimum=0
    )
    every: int = option(
        1, "Cut people out of those frames only whose number this divides.", minimum=1
    )

    def check(self):
        if self.boxes and self.detector:
            raise InputError(f"boxes={self.boxes} detector={self.detector}: give one of them.")

    def check_complete(self):
        """Raises `InputError` where something that has no default was not given."""
        for name, what in (("video", "a video or a folder of frames"), ("out", "a folder")):
            if not getattr(self, name):
                raise InputError(f"`{name}` is empty: give {what}.")
        if not (self.boxes or self.detector):
            raise InputError("`boxes` is empty: give a file of boxes, or a `detector`.")

    def with_absolute_paths(self):
        """Returns the same with paths that hold from every current directory."""
        same = super().with_absolute_paths()
        if os.sep in self.detector or self.detector.endswith(".keras"):  # not a preset's name
            return dataclasses.replace(same, detector=make_absolute(self.detector))
        return same
