"""What distances, or scores, mean: how often they accept the same person, and another one."""

import bisect
import dataclasses

import numpy as np

from tfreid.errors import InputError
from tfreid.index.results import DISTANCE, align
from tfreid.options.search import MOST_FALSE_ACCEPTS

RATES = (1.0, 0.1, 0.01)  # percent of false accepts that are always told
NEEDED = 30  # false accepts behind a rate (Doddington's rule of 30: +-30 % with 90 % confidence)
_CURVE_POINTS = 300


@dataclasses.dataclass(frozen=True)
class Calibration:
    """Accept rates by threshold, over pairs of images from different cameras.

    A pair is accepted when its distance is at most the threshold, or its score at least.

    Attributes:
      fingerprint: of the model.
      measure: results.DISTANCE or results.SCORE.
      source: what the images were read from.
      images: images of known people and cameras.
      identities: people among them.
      cameras: cameras among them.
      same_pairs: pairs of one person that were counted.
      other_pairs: pairs of two people that were counted.
      all_same_pairs: those that there are; more where they were drawn from.
      all_other_pairs: likewise.
      curve: ((threshold, accepted same pairs, accepted other pairs), ...), from strict to lax.
      learned_people: people among them that the network has learned from; None: not known.
    """

    fingerprint: str
    measure: str
    source: str
    images: int
    identities: int
    cameras: int
    same_pairs: int
    other_pairs: int
    all_same_pairs: int
    all_other_pairs: int
    curve: tuple
    learned_people: int | None = None

    def find_point(self, rate):
        """Returns the laxest point of the curve with at most `rate` percent of false accepts.

        Returns:
          {"false_accepts_percent": rate, "threshold", "true_accepts_percent", "false_accepts",
          "other_pairs", "true_accepts", "same_pairs", "is_enough"}: `is_enough` where there are so
          many pairs that the rate means something. Threshold and true accepts are None where even
          the strictest threshold accepts more.
        """
        allowed = rate / 100 * self.other_pairs
        point = {
            "false_accepts_percent": rate,
            "threshold": None,
            "true_accepts_percent": None,
            "false_accepts": 0,
            "other_pairs": self.other_pairs,
            "true_accepts": 0,
            "same_pairs": self.same_pairs,
            # A product such as 0.001 * 30,000 may come out a little below 30.
            "is_enough": allowed >= NEEDED - 1e-6,
        }
        for threshold, same, other in self.curve:
            # Points go from strict to lax: the last that is allowed stays.
            if other <= allowed:
                point["threshold"] = threshold
                point["true_accepts_percent"] = 100 * same / self.same_pairs
                point["false_accepts"], point["true_accepts"] = other, same
        return point

    def expect_strangers(self, value, images):
        """Returns how many images of strangers, of so many, are expected to be as near as a value.

        Counted at the next laxer point of the curve, three pairs at least: where none of n is seen,
        the rate is below 3 / n with 95 % confidence (Hanley and Lippman-Hand, "If nothing goes
        wrong, is everything all right?", JAMA 1983).
        """
        sign = 1 if self.measure == DISTANCE else -1
        # From strict to lax: distances rise along the curve, scores fall, which the sign turns
        # around.
        place = bisect.bisect_left(self.curve, sign * value, key=lambda point: sign * point[0])
        others = self.curve[place][2] if place < len(self.curve) else self.other_pairs
        return images * min(1.0, max(others, 3) / self.other_pairs)

    def to_json(self):
        """Returns the fields as what `json.dumps` takes, with the points of `RATES`."""
        fields = dataclasses.asdict(self)
        fields["points"] = [self.find_point(rate) for rate in RATES]
        return fields

    @classmethod
    def from_json(cls, fields):
        """Returns what `to_json` wrote."""
        fields = {name: value for name, value in fields.items() if name != "points"}
        return cls(**{**fields, "curve": tuple(map(tuple, fields["curve"]))})


def make_curve(same, other, sign):
    """Returns a curve of some hundred points, each the value of a pair.

    Points are evenly spread over both rates, and over the logarithm of the false accept rate; those
    of `RATES` are exact: no laxer value of a pair keeps the rate.

    Args:
      same: float[n], sign * value of pairs of one person.
      other: float[m], likewise, of two people.
      sign: 1 where smaller values are nearer, else -1.
    """
    values = np.unique(np.concatenate([same, other]))
    accepted = [np.searchsorted(np.sort(pairs), values, side="right") for pairs in (same, other)]
    rates = np.append(np.logspace(-np.log10(len(other)), 0, _CURVE_POINTS), np.array(RATES) / 100)
    # 0: a point without any. A product may come out a little below its whole number.
    allowed = np.append(0, rates * len(other) * (1 + 1e-12))
    places = np.searchsorted(accepted[1], allowed, side="right") - 1
    shares = np.linspace(0, 1, _CURVE_POINTS // 3)
    for counts in accepted:
        places = np.append(places, np.searchsorted(counts, shares * counts[-1]))
    # -1: even the nearest pair of all is of two people, and no threshold accepts fewer.
    places = np.unique(places[places >= 0])
    columns = (sign * values[places], *(counts[places] for counts in accepted))
    return tuple(zip(*(column.tolist() for column in columns)))


def find_threshold(calibration, options, images, folder):
    """Returns the point of `Calibration.find_point` that a search may use.

    Args:
      calibration: `Calibration.to_json`, None where there is none.
      options: `RetrievalOptions` with one of `max_false_accepts` and `max_strangers`.
      images: number of images in the index.
      folder: the index folder, for messages.

    Raises:
      InputError: without a calibration, or where it cannot tell this rate.
    """
    rate, unit = options.max_false_accepts, 1
    flag = f"max_false_accepts={rate:g}"
    if options.max_strangers:
        unit = images / 100  # strangers for a percent of false accepts
        # No more than all: an index has fewer images than may be asked for.
        rate = min(100.0, options.max_strangers / unit)
        flag = f"max_strangers={options.max_strangers:g}"
    if calibration is None:
        raise InputError(
            f"{flag}: the index {folder} is not calibrated; give "
            "calibrate=FOLDER with images of known people from several cameras first."
        )
    calibration = Calibration.from_json(calibration)
    point = calibration.find_point(rate)
    if not point["is_enough"]:
        raise InputError(
            f"{flag}: the calibration knows {calibration.other_pairs:,} pairs of different people, "
            f"too few to tell this rate; {_tell_remedy(calibration, unit)}calibrate on more images."
        )
    if point["threshold"] is None:
        raise InputError(
            f"{flag}: no threshold accepts so few: too many pairs of different people have the "
            f"best {calibration.measure} of all; the model does not tell people apart."
        )
    return point


def _tell_remedy(calibration, unit):
    least = tell_least_rate(calibration)
    return f"give at least {_round_up(least * unit):g}, or " if least <= MOST_FALSE_ACCEPTS else ""


def tell_least_rate(calibration):
    """Returns the least percentage that the pairs of a calibration can tell."""
    return _round_up(100 * NEEDED / calibration.other_pairs)


def _round_up(number):
    digits = 2 - int(np.floor(np.log10(number)))
    # The subtraction: 0.3 that comes out a little above must not become 0.301.
    return float(np.ceil(number * 10**digits - 1e-9) / 10**digits)


def format_calibration(calibration):
    """Returns a calibration as a table for people."""
    head = ("false accepts", calibration.measure, "true accepts", "behind it")
    rows = [head]
    for rate in RATES:
        point = calibration.find_point(rate)
        if point["threshold"] is None:
            rows.append((f"{rate:g} %", "-", "-", "no threshold accepts so few"))
            continue
        note = "" if point["is_enough"] else "  (too few pairs to mean anything)"
        behind = (
            f"{point['false_accepts']:,} of {point['other_pairs']:,} pairs of two people, "
            f"{point['true_accepts']:,} of {point['same_pairs']:,} of one{note}"
        )
        sign = "<=" if calibration.measure == DISTANCE else ">="
        threshold = f"{sign} {point['threshold']:.4f}"
        rows.append((f"{rate:g} %", threshold, f"{point['true_accepts_percent']:.2f} %", behind))
    return "\n".join([_tell_basis(calibration), *align(rows), *_tell_learned(calibration)])


def _tell_learned(calibration):
    """Returns a warning, as a list of lines, of people that the network has learned from."""
    if not calibration.learned_people:
        return []
    return [
        f"{calibration.learned_people:,} of these people the network has learned from: it knows "
        "them better than strangers, so that no threshold holds for those; give other people."
    ]


def _tell_basis(calibration):
    text = (
        f"{calibration.images:,} images of {calibration.identities:,} people, "
        f"{calibration.cameras} cameras; pairs from different cameras only."
    )
    drawn = []
    for kind, counted, every in (
        ("of one person", calibration.same_pairs, calibration.all_same_pairs),
        ("of two people", calibration.other_pairs, calibration.all_other_pairs),
    ):
        if counted < every:
            drawn.append(f"{counted:,} of {every:,} pairs {kind}")
    return f"{text} Drawn: {', '.join(drawn)}." if drawn else text
