"""Roboflow's ByteTrack with and without a network: are people known again who were hidden?

    pip install trackers supervision
    python tools/benchmark.py tracking --model=tfreid_small

People of the synthetic set walk through a street in lanes, go into a house for longer than the
tracker waits, and come out again in another lane. Boxes are exact: what is measured is who is who,
as IDF1 of the tracker's own evaluation.
"""

import dataclasses

import numpy as np

from tfreid.errors import InputError
from tfreid.options.fields import Checked, option
from tfreid.pedestrians.appearance import draw_people
from tfreid.pedestrians.photograph import Shot, take_photograph
from tools.benchmarks.measuring import Stopwatch

SMALL = ("--people=2", "--hidden_frames=3")
_HEIGHT, _WIDTH, _LANES, _STEP, _WALK = 128, 64, 5, 8, 40
_OTHERS = 100  # people by whom the distance is found


@dataclasses.dataclass(frozen=True)
class TrackingBenchmark(Checked):
    """The network, and how long people are out of sight."""

    model: str = option("", "Name of weights, workdir or export that embeds.")
    people: int = option(20, "People in the street.", minimum=1)
    hidden_frames: int = option(90, "Frames that each is out of sight.", minimum=1)
    false_accepts: float = option(
        0.1, "Percent of pairs of two other people within the distance.", minimum=0, maximum=100
    )
    seed: int = option(0, "Seed of who walks.", minimum=0)


GROUPS = (TrackingBenchmark,)


def measure(options):
    """Returns people, tracks and IDF1 of the tracker alone and with the network.

    Raises:
      InputError: without a model, or where the tracker is not installed.
    """
    if not options.model:
        raise InputError("--model is empty: give weights that embed, as --model=tfreid_small.")
    try:
        from trackers import ByteTrackTracker
    except ImportError as error:
        raise InputError(f"{error}: `pip install trackers supervision` brings it.") from error
    import tfreid  # loads TensorFlow: not for --help
    from tfreid.frames.rejoining import Rejoiner

    model = tfreid.load(options.model)
    people = draw_people(options.people + _OTHERS, np.random.default_rng(options.seed))
    farthest = find_farthest(model, people[options.people :], options.false_accepts)
    tracker, rejoiner = ByteTrackTracker(), Rejoiner(model, farthest)
    truth, tracks, numbers, watch = [], [], [], Stopwatch()
    for frame, who, boxes in film(people[: options.people], options):
        found = tracker.update(_detect(boxes, who))
        with watch.running():
            numbers.append(rejoiner.update(found, frame))
        tracks.append(found.tracker_id)
        truth.append(found.data.get("who", who[:0]))  # nothing of an empty frame
    return {
        "people": options.people,
        "boxes": int(sum(map(len, truth))),
        "farthest": round(farthest, 4),
        "tracker": _score(truth, tracks),
        "with_network": _score(truth, numbers),
        "network_ms_per_box": round(1e3 * watch.times["seconds"] / sum(map(len, truth)), 2),
    }


def film(people, options):
    """Yields each frame as (uint8[h, w, 3] in BGR, int[N] who is in it, float[N, 4] their boxes).

    A group of people enters together, one in each lane; another one follows 25 frames later. A
    group comes out of the house as it went in, but in other lanes.
    """
    walks = _plan(len(people), options)
    street = np.full((_LANES * _HEIGHT, 2 * _WALK * _STEP + _WIDTH, 3), 110, np.uint8)
    for number in range(max(start for _, start, *_ in walks) + _WALK):
        frame, who, boxes = street.copy(), [], []
        for person, start, left, lane in walks:
            if start <= number < start + _WALK:
                left, top = left + (number - start) * _STEP, lane * _HEIGHT
                shot = Shot(people[person], 0, (person, left > _WALK * _STEP), number - start)
                seen = take_photograph(shot, _HEIGHT, _WIDTH)[..., ::-1]
                frame[top : top + _HEIGHT, left : left + _WIDTH] = seen
                who.append(person)
                boxes.append([left, top, left + _WIDTH, top + _HEIGHT])
        yield frame, np.array(who, int), np.array(boxes, float).reshape(-1, 4)


def _plan(count, options):
    """Returns (person, first frame, left edge then, lane) of each walk."""
    random, walks = np.random.default_rng(options.seed), []
    for group in range(0, count, _LANES):
        members = range(group, min(group + _LANES, count))
        start = 25 * group // _LANES
        later = start + _WALK + options.hidden_frames
        lanes = random.permutation(_LANES)
        for person in members:
            walks.append((person, start, 0, person - group))
            walks.append((person, later, _WALK * _STEP, int(lanes[person - group])))
    return walks


def find_farthest(model, people, percent):
    """Returns the distance within which that share of the pairs of two people are."""
    shots = [Shot(person, 0, (9, way), 0) for person in people for way in (0, 1)]
    looks = model.embed([take_photograph(shot, _HEIGHT, _WIDTH) for shot in shots])
    distances = np.linalg.norm(looks[:, np.newaxis] - looks, axis=2)
    who = np.arange(len(shots)) // 2
    return float(np.quantile(distances[who[:, np.newaxis] < who], percent / 100))


def _detect(boxes, who):
    import supervision

    return supervision.Detections(boxes, confidence=np.ones(len(boxes)), data={"who": who})


def _score(truth, numbers):
    """Returns how many people someone saw, and IDF1 in percent; who has no number is missed."""
    from trackers.eval import compute_identity_metrics

    told = [number[number >= 0] for number in numbers]
    same = [np.float64(t[:, np.newaxis] == t[n >= 0]) for t, n in zip(truth, numbers)]
    people = len(np.unique(np.concatenate(told)))
    return {
        "people": people,
        "IDF1": round(100 * compute_identity_metrics(truth, told, same)["IDF1"], 2),
    }
