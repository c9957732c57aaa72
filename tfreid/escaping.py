"""Text from outside, such as names of files and words of a server, made fit to be shown."""

import unicodedata

_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # the latter as wide as a letter of Japan's
_TYPESET = ("Pd", "Pi", "Pf")  # dashes and quotes that look like those of a keyboard


def escape(text):
    """Returns one line of text in which every character can be seen.

    Others become their escapes, such as "\\x1b": what controls a terminal, breaks a line, turns the
    direction of writing, or stands for a byte that is no UTF-8. Used wherever such text goes to a
    terminal, a page or a table; a page's markup and a picture's missing letters are another matter.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def escape_lines(text):
    """Returns text of several lines, each escaped."""
    return "\n".join(map(escape, text.split("\n")))


def escape_typed(text):
    """Returns a line of what somebody typed: escaped, typesetters' dashes and quotes, too."""
    return "".join(
        c.encode("unicode_escape").decode()
        if c != "-" and unicodedata.category(c) in _TYPESET
        else escape(c)
        for c in text
    )


def escape_cell(value):
    """Returns a value for a table that people open: escaped, and no formula of a spreadsheet."""
    text = escape(str(value))
    return f"'{text}" if text.startswith(_FORMULA) else text
