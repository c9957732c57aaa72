"""Texts in which nobody sees what is wrong."""

import unicodedata

# Controls, marks of no width, blanks other than the usual one, dashes and quotes of typesetters.
_DECEIVING = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs", "Pd", "Pi", "Pf")


def show(text):
    """Returns a text with the characters escaped that look like others, or like nothing."""
    return "".join(_escape(character) for character in text)


def _escape(character):
    if character in " -" or unicodedata.category(character) not in _DECEIVING:
        return character
    return character.encode("unicode_escape").decode("ascii")
