"""Names of people and cameras, and the numbers inside."""

import unicodedata

import pytest

from tfreid.data.labels import Labels, number_apart, number_labels
from tfreid.errors import InputError


def number(*texts, least=-1):
    return number_labels([f"t:{row}" for row in range(len(texts))], "pid", texts, least)


def test_whole_numbers_stay_and_texts_take_the_free_ones_in_alphabetical_order():
    numbers, called = number("zoe", "2", "anna", "-1", "zoe", "1")
    assert numbers == [4, 2, 3, -1, 4, 1]
    assert called == {3: "anna", 4: "zoe"}


def test_the_order_of_a_table_does_not_matter():
    assert number("b", "a", "c")[1] == number("c", "b", "a")[1]


def test_zeros_in_front_are_kept_and_two_ways_to_write_a_number_are_refused():
    numbers, called = number("0007", "8", "0007", "0000")
    assert numbers == [7, 8, 7, 0] and called == {7: "0007"}
    with pytest.raises(InputError, match="t:2: pid '7' is written '007' elsewhere"):
        number("007", "a", "7")


@pytest.mark.parametrize("text", ["\uff17", "\u0667"])  # a wide 7, an Arabic one
def test_a_digit_of_another_keyboard_is_the_same_number(text):
    assert number(text, "8", text) == ([7, 8, 7], {7: text})
    with pytest.raises(InputError, match="t:1: pid '7' is written '.' elsewhere"):
        number(text, "7")


def test_a_number_beyond_what_is_counted_is_a_text():
    numbers, called = number("20261127120000", str(2**31 - 1), "x")
    assert numbers == [1, 2**31 - 1, 2]
    assert called == {1: "20261127120000", 2: "x"}


def test_digits_without_end_are_a_text_too():
    """Python reads no number of more than 4,300."""
    for text in ("9" * 5000, "-" + "0" * 5000):
        assert number(text, "7") == ([1, 7], {1: text})


def test_accents_in_two_forms_are_one_name():
    one, other = (unicodedata.normalize(form, "José") for form in ("NFC", "NFD"))
    assert one != other
    numbers, called = number(one, other)
    assert numbers == [1, 1] and called == {1: one}


def test_what_nobody_knows_is_none_and_may_get_a_number_of_its_own():
    numbers, called = number("", "2", "")
    assert numbers == [None, 2, None] and called == {}
    assert number_apart(numbers) == [1, 2, 3]


@pytest.mark.parametrize("text", ["7.0", "7.", "-3", "a\x1b[2J", "a\nb", "\u202egnp"])
def test_what_is_no_label_is_named_in_one_printable_line(text):
    with pytest.raises(InputError, match="^t:1: pid ") as caught:
        number("a", text)
    assert str(caught.value).isprintable()


def test_unknown_cameras_are_not_counted():
    labels = Labels({1: "anna"}, {5: None, 6: "door"})
    assert labels.count_cameras([5, 6, 7, 6]) == 2
    assert (labels.name_pid(1), labels.name_pid(2)) == ("anna", 2)
    assert [labels.name_camid(camid) for camid in (5, 6, 7)] == [None, "door", 7]
