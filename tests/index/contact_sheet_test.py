"""The contact sheet: one file, nothing from elsewhere, no markup from names."""

import base64
import html.parser
import io
import re

import numpy as np
import pytest
from PIL import Image

from tests import image_files
from tests.index.results_test import THRESHOLD, make_answer, make_result
from tests.index.stand_in import write_color
from tfreid.errors import InputError
from tfreid.index.contact_sheet import make_contact_sheet, write_contact_sheet
from tfreid.index.results import Answer, Match
from tfreid.index.thumbnails import HEIGHT, WIDTH, make_picture, make_thumbnail

HOSTILE = "<img src=x onerror=alert(1)>\"'&\u202e.png"


class Page(html.parser.HTMLParser):
    """Collects the tags with their attributes, and the text, of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in ("img", "meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture
def answer(tmp_path):
    photo = write_color(tmp_path / HOSTILE, (200, 30, 40), size=(20, 60))
    matches = (
        Match(1, 5, photo, 9, 3, 1.25),
        Match(2, 6, str(tmp_path / "gone.jpg"), None, None, 2.5, 0.75),
    )
    return Answer(photo, photo, matches, 1.25, np.zeros(3, np.float32))


def test_every_match_has_a_card_with_its_picture_and_facts(answer):
    page = Page(make_contact_sheet(make_result(answer)))
    assert not page.open  # every tag is closed
    text = " ".join(" ".join(page.words).split())
    for words in ("1.2500", "pid 9 · cam 3", "#5", "2.5000", "0.7500", "unknown", "#6", "gone.jpg"):
        assert words in text
    assert "the file is gone" in text
    assert "9 images in /i" in text and "abababababab" in text
    pictures = [facts["src"] for tag, facts in page.tags if tag == "img"]
    assert len(pictures) == 2  # the query and the match that is there
    content = base64.b64decode(pictures[0].split(",")[1])
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == (128, 384) and image.format == "JPEG"
        red, green, blue = image.convert("RGB").getpixel((60, 200))
    assert abs(red - 200) < 6 and abs(green - 30) < 6 and abs(blue - 40) < 6


def test_nothing_comes_from_elsewhere_and_nothing_runs(answer):
    text = make_contact_sheet(make_result(answer))
    page = Page(text)
    assert {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "a"} == set()
    for _, facts in page.tags:
        assert not [name for name in facts if name.startswith("on")]
        for name in ("src", "href"):
            assert facts.get(name, "data:").startswith("data:")
    assert not re.search(r"https?://|url\(|@import", text)
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text


def test_long_numbers_go_to_another_line_and_not_over_the_cards_edge(answer):
    assert re.search(r"\.line {[^}]*flex-wrap: wrap", make_contact_sheet(make_result(answer)))


def test_names_are_text_and_never_markup(answer):
    page = Page(make_contact_sheet(make_result(answer)))
    assert not [facts for tag, facts in page.tags if tag == "img" and facts["src"] == "x"]
    titles = [facts["title"] for tag, facts in page.tags if "title" in facts]
    assert any(HOSTILE.replace("\u202e", "\\u202e") in title for title in titles)
    assert not [tag for tag, facts in page.tags if "onerror" in facts]


def test_no_match_is_said_with_the_threshold():
    result = make_result(make_answer(()), threshold=THRESHOLD, skipped=(("<b>", "a GIF"),))
    page = Page(make_contact_sheet(result))
    text = " ".join(page.words)
    assert "no match: the nearest image has distance 0.5000" in text
    assert "0.1 % false accepts" in text and "skipped <b>: a GIF" in text


def test_it_is_written_whole_or_one_line(answer, tmp_path):
    path = tmp_path / "out" / "sheet.html"
    write_contact_sheet(make_result(answer), str(path))
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="sheet.html: cannot be written"):
        write_contact_sheet(make_result(answer), str(tmp_path / "file" / "sheet.html"))


def test_thumbnails_fit_their_box_and_are_none_where_there_is_no_image(tmp_path):
    wide = Image.new("RGB", (400, 100))
    assert make_picture(wide).size == (2 * WIDTH, 2 * WIDTH // 4)
    assert make_picture(np.zeros((10, 2, 3), np.uint8)).size == (77, 2 * HEIGHT)
    assert make_picture(np.zeros((10, 2), np.uint8)).size == (77, 2 * HEIGHT)
    buffer = io.BytesIO()
    wide.convert("CMYK").save(buffer, format="JPEG")
    assert make_thumbnail(buffer.getvalue()) is not None
    (tmp_path / "a.jpg").write_bytes(b"GIF89a")
    assert make_thumbnail(str(tmp_path / "a.jpg")) is None
    assert make_thumbnail(b"") is None and make_thumbnail(str(tmp_path / "gone.jpg")) is None


def test_a_bomb_is_not_decoded_for_a_thumbnail(tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(image_files.make_bomb())
    assert make_thumbnail(str(path)) is None
