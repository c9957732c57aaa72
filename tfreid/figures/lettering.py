"""The words on pictures: captions, and names in any script that a font can be found for."""

import functools
import unicodedata

from matplotlib import font_manager

from tfreid import stack
from tfreid.data.dataset import DISTRACTOR_PID

FONT = "DejaVu Sans"  # comes with matplotlib


def describe_image(pid, camid):
    """Returns the words for an image's identity and camera, such as "id 7 · cam 3".

    Args:
      pid: number or text, as `Split.label` returns them.
      camid: number, text or None.
    """
    return f"{describe_pid(pid)} · {describe_camera(camid)}"


def describe_pid(pid):
    """Returns the words for an identity, such as "id 7"."""
    return "distractor" if pid == DISTRACTOR_PID else f"id {pid}"


def describe_camera(camid):
    """Returns the words for a camera, such as "cam 3"; "cam ?" for None, an unknown one."""
    return f"cam {'?' if camid is None else camid}"


def describe_number(value):
    """Returns a number in four digits, as wide as its neighbors: "10.00" beside "9.876"."""
    if abs(value) < 0.0005:
        return "0.000"  # not "-0.000"
    for limit, decimals in ((9.9995, 3), (99.995, 2), (999.95, 1)):
        if abs(value) < limit:
            return f"{value:.{decimals}f}"
    return f"{value:.4g}"


def make_showable(text):
    """Returns text that a picture can show, never as empty boxes.

    What cannot be shown becomes its escape, such as "\\u4eba": characters that control something,
    those that no font of this machine has, and those of scripts that are written from the right or
    joined, where matplotlib only sets letter after letter (before its version 3.11).
    """
    composed = unicodedata.normalize("NFC", text)  # macOS takes accents apart in names of files
    return "".join(c if _can_show(c) else c.encode("unicode_escape").decode() for c in composed)


def choose_fonts(text):
    """Returns the families that together have a showable text's characters, `FONT` first."""
    families = [find_family(character) for character in text]
    return list(dict.fromkeys([FONT, *(family for family in families if family)]))


def find_family(character):
    """Returns the family of a font that has a character, or None."""
    if character in _read_characters(FONT):
        return FONT
    return next((name for name in _list_families() if character in _read_characters(name)), None)


def _can_show(character):
    if not character.isprintable() or (_needs_layout(character) and not stack.can_shape_text()):
        return False
    return find_family(character) is not None


def _needs_layout(character):
    from_the_right = unicodedata.bidirectional(character) in ("R", "AL", "AN")
    return from_the_right or unicodedata.category(character) in ("Mn", "Mc")


@functools.cache
def _list_families():
    """Returns the names of all families but `FONT`, less the font of boxes for any character."""
    names = {font.name for font in font_manager.fontManager.ttflist} - {FONT}
    return sorted(name for name in names if "lastresort" not in name.replace(" ", "").lower())


@functools.cache
def _read_characters(family):
    """Returns the characters that both cuts of a family have, as a frozenset."""
    cuts = [_read_font(family, weight) for weight in ("normal", "bold")]
    return cuts[0] & cuts[1]


def _read_font(family, weight):
    wanted = font_manager.FontProperties(family=family, weight=weight)
    # No fallback: another font's characters would count as this family's.
    path = font_manager.findfont(wanted, fallback_to_default=False)
    return frozenset(map(chr, font_manager.get_font(path).get_charmap()))
