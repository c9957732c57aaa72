"""What other libraries say, in our lines."""

from tfreid.errors import shorten


def test_the_words_of_another_library_become_one_short_line_that_says_something():
    assert shorten(OSError(" no\n\tspace ")) == "no space"
    assert shorten(KeyboardInterrupt()) == "KeyboardInterrupt"
    assert len(shorten("x" * 999)) < 210
