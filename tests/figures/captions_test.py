"""Words below pictures."""

import pytest

from tfreid.figures.captions import describe_image, describe_number, describe_pid


@pytest.mark.parametrize(
    "value, words",
    [
        (0.5134, "0.513"),
        (9.9994, "9.999"),
        (9.9996, "10.00"),
        (10.0, "10.00"),
        (99.996, "100.0"),
        (123.456, "123.5"),
        (-3.21, "-3.210"),
        (-0.0001, "0.000"),
        (123456.0, "1.235e+05"),
    ],
)
def test_numbers_have_four_digits_and_keep_their_zeros(value, words):
    assert describe_number(value) == words


def test_an_image_is_described_by_identity_and_camera():
    assert describe_image(7, 3) == "id 7 · cam 3"
    assert describe_image(0, 1) == "distractor · cam 1"
    assert describe_pid(0) == "distractor" and describe_pid(12) == "id 12"
