"""How many strangers a search must expect among its answers, by the index's calibration.

A false accept rate is that of one comparison. A query is compared with every image of the index, so
that the number of strangers who come as near grows with the index. It is an expectation: it holds
however much the images of one person are alike.
"""

import dataclasses

from tfreid.index.calibration import Calibration

_VERY_ALIKE, _ALIKE = 0.1, 1.0  # strangers, at most


def describe_strangers(number):
    """Returns words for a match as near as `number` strangers are expected to be."""
    if number <= _VERY_ALIKE:
        return "very alike"
    return "alike" if number <= _ALIKE else "not sure"


def judge_answers(answers, calibration, images):
    """Returns answers whose matches tell how many strangers are expected to be as near.

    Args:
      answers: [`Answer`, ...].
      calibration: `Calibration.to_json`; None where there is none: then nothing is told.
      images: number of images in the index.
    """
    if calibration is None:
        return answers
    calibration = Calibration.from_json(calibration)

    def judge(match):
        number = calibration.expect_strangers(match.value, images)
        words = describe_strangers(number)
        return dataclasses.replace(match, expected_strangers=number, alike=words)

    return [
        dataclasses.replace(answer, matches=tuple(map(judge, answer.matches))) for answer in answers
    ]
