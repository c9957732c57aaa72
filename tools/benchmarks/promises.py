"""Does an index keep what its calibration promises? Measured with drawn people.

    python tools/benchmark.py promises --model=tfreid_small

People are drawn by lot to be calibrated on, known, strangers, or to fill the gallery; each has one
picture by a camera of the gallery and, but for the last, one by the camera of the queries. For each
threshold and size of the gallery: how many strangers a search tells to expect and how many pass,
which share of strangers gets an answer at all, and which share of the known is found.

An interval is that of measured minus promised, in 95 of 100 draws of the people with replacement:
what was promised comes from some people, too. What is promised is kept where it holds 0.
"""

import dataclasses

import numpy as np

from tfreid.errors import InputError
from tfreid.index.calibration import Calibration, make_curve
from tfreid.index.results import DISTANCE
from tfreid.options.fields import Checked, option
from tfreid.pedestrians.appearance import draw_people
from tfreid.pedestrians.photograph import Shot, take_photograph

SMALL = ("--people=20", "--galleries=30", "--false_accepts=20")
_HEIGHT, _WIDTH = 128, 64
_GALLERY, _QUERY = 0, 1  # cameras
_DRAWS = 1000


@dataclasses.dataclass(frozen=True)
class PromiseBenchmark(Checked):
    """Whose embeddings, and what is asked of them."""

    model: str = option("", "Name of weights, workdir or export that embeds.")
    people: int = option(200, "Known people, strangers, and people to calibrate on.", minimum=2)
    galleries: tuple = option((300, 1000, 2000), "Images of the gallery.", element=int, minimum=2)
    false_accepts: tuple = option(
        (1.0, 0.3, 0.1), "Percent of pairs of two people that may pass.", element=float, minimum=0
    )
    seed: int = option(0, "Seed of who is drawn.", minimum=0)

    def check(self):
        if min(self.galleries) < self.people:
            raise InputError(
                f"galleries={min(self.galleries)}: all people={self.people} known are in it."
            )


GROUPS = (PromiseBenchmark,)


def measure(options):
    """Returns promises and what came of them, by false accepts and size of the gallery.

    Raises:
      InputError: without a model.
    """
    if not options.model:
        raise InputError("--model is empty: give weights that embed, as --model=tfreid_small.")
    import tfreid  # loads TensorFlow: not for --help

    labeled, known, strangers, others = draw_sides(options)
    model = tfreid.load(options.model)
    looks = {
        name: [embed(model, side, camera) for camera in cameras]
        for name, side, cameras in (
            ("labeled", labeled, (_QUERY, _GALLERY)),
            ("known", known, (_QUERY, _GALLERY)),
            ("strangers", strangers, (_QUERY,)),
            ("others", others, (_GALLERY,)),
        )
    }
    return judge(looks, options)


def draw_sides(options):
    """Returns the people of four sides: to calibrate on, known, strangers, and others."""
    sizes = [options.people] * 3 + [max(options.galleries) - options.people]
    rng = np.random.default_rng(options.seed)
    people = draw_people(sum(sizes), rng)
    order = rng.permutation(len(people))  # the first drawn differ most
    parts = np.split(order, np.cumsum(sizes)[:-1])
    return [[people[number] for number in part] for part in parts]


def embed(model, people, camera):
    """Returns float32[N, D] of one picture of each."""
    shots = [Shot(person, camera, (number,), 0) for number, person in enumerate(people)]
    return model.embed([take_photograph(shot, _HEIGHT, _WIDTH) for shot in shots])


def judge(looks, options):
    """Returns the numbers of each threshold and gallery.

    Args:
      looks: {side: [float32[N, D] of the queries' camera, ... of the gallery's]}.
      options: `PromiseBenchmark`.
    """
    rng = np.random.default_rng(options.seed)
    pairs = _compare(*looks["labeled"])
    calibration = _calibrate(pairs)
    # The known first, so that they are in the smallest gallery, too.
    gallery = np.concatenate([looks["known"][1], looks["others"][0]])
    known = _compare(*looks["known"])
    strangers = _compare(looks["strangers"][0], gallery)
    told = {}
    for rate in options.false_accepts:
        point = calibration.find_point(rate)
        if not point["is_enough"]:
            raise InputError(f"false_accepts={rate:g}: too few people={options.people} to tell it.")
        passing = pairs <= point["threshold"]
        found = known.diagonal() <= point["threshold"]
        told[f"{rate:g} %"] = {
            "known_found": _weigh(found, passing.diagonal(), rng),
            **{
                f"{images} images": _count(
                    strangers[:, :images] <= point["threshold"], passing, rng
                )
                for images in options.galleries
            },
        }
    return told


def _compare(left, right):
    return np.linalg.norm(left[:, np.newaxis] - right, axis=2)


def _calibrate(pairs):
    same, other = pairs.diagonal(), pairs[~np.eye(len(pairs), dtype=bool)]
    sizes = (len(same), len(other))
    curve = make_curve(same, other, 1)
    return Calibration("", DISTANCE, "drawn", 2 * len(pairs), len(pairs), 2, *sizes, *sizes, curve)


def _weigh(found, passing, rng):
    """Returns the share of the known that is found, beside that of the people calibrated on."""
    shares = [_draw(len(side), rng) @ side for side in (found, passing)]
    return _tell(passing.mean(), found.mean(), shares[1], shares[0], 100)


def _count(accepted, passing, rng):
    """Returns how many strangers pass, beside those that are expected.

    Args:
      accepted: bool[Q, N], which images each stranger's picture accepts.
      passing: bool[P, P], the same of the people calibrated on; the diagonal is their own.
    """
    images = accepted.shape[1]
    others = passing & ~np.eye(len(passing), dtype=bool)
    promised = images * others.sum() / (len(passing) * (len(passing) - 1))
    weights = _draw(len(passing), rng)
    squared = (weights**2).sum(axis=1)  # of a person with itself, drawn more than once
    rates = ((weights @ others) * weights).sum(axis=1) / (1 - squared)
    measured = ((_draw(len(accepted), rng) @ accepted) * _draw(images, rng)).sum(axis=1)
    numbers = _tell(promised, accepted.sum(axis=1).mean(), images * rates, images * measured)
    return {**numbers, "percent_with_an_answer": round(100 * accepted.any(axis=1).mean(), 2)}


def _draw(count, rng):
    """Returns float64[_DRAWS, count], the share of each in draws with replacement."""
    return rng.multinomial(count, np.full(count, 1 / count), _DRAWS) / count


def _tell(promised, measured, promises, measures, unit=1):
    low, high = np.quantile(unit * (measures - promises), (0.025, 0.975))
    return {
        "promised": round(unit * float(promised), 3),
        "measured": round(unit * float(measured), 3),
        "interval": [round(float(low), 3), round(float(high), 3)],
        "is_kept": bool(low <= 0 <= high),
    }
