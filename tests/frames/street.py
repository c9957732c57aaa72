"""A drawn street: people of the synthetic set walk past two cameras."""

import numpy as np
from PIL import Image

from tfreid.pedestrians.appearance import draw_people
from tfreid.pedestrians.photograph import Shot, take_photograph

HEIGHT, WIDTH = 120, 260  # of a frame
TALL, WIDE = 96, 48  # of a person
STEP = 9  # pixels that a person walks from frame to frame


def draw_street(folder, people=4, frames=5, seed=3):
    """Draws a folder of frames and a file of boxes for each of two cameras.

    A person has the same track in both: its number, from 1. In camera 1 all walk to the right from
    frame 1 on, in camera 2 to the left, and frames are numbered from 0.

    Returns:
      [(folder of frames, file of boxes), ...] of camera 1 and camera 2.
    """
    cast = draw_people(people, np.random.default_rng(seed))
    return [_film(folder, camera, cast, frames) for camera in (0, 1)]


def _film(folder, camera, cast, frames):
    place = folder / f"camera{camera + 1}"
    place.mkdir(parents=True)
    lines = []
    for frame in range(frames):
        number = frame + 1 - camera
        street = np.full((HEIGHT, WIDTH, 3), 90 + 40 * camera, np.uint8)
        for track, person in enumerate(cast, start=1):
            walked = STEP * (frame if camera == 0 else frames - frame)
            left, top = walked + (track - 1) * (WIDE + 4), 4 * track
            shot = Shot(person, camera, (track,), frame)
            seen = take_photograph(shot, TALL, WIDE)[:, : WIDTH - left]
            street[top : top + TALL, left : left + WIDE] = seen
            lines.append(f"{number},{track},{left},{top},{WIDE},{TALL},1,-1,-1,-1")
        Image.fromarray(street).save(place / f"{number:06d}.png")
    boxes = folder / f"camera{camera + 1}.txt"
    boxes.write_text("\n".join(lines[::-1]) + "\n", encoding="utf-8")  # in any order
    return place, boxes
