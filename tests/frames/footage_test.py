"""Frames of a video and of a folder: their numbers, their times, their way up."""

import os
import sys

import numpy as np
import pytest
from PIL import Image

from tests.frames.videos import make_frame, write_video
from tfreid.errors import InputError
from tfreid.frames.footage import open_footage


def test_frames_of_a_folder_have_the_numbers_of_their_names(tmp_path):
    folder = tmp_path / "img1"
    folder.mkdir()
    for number in (0, 2, 10):  # with a jump; 10 comes after 2
        Image.fromarray(make_frame(number)).save(folder / f"walk-{number}.png")
    (folder / "Thumbs.db").write_text("")
    (tmp_path / "seqinfo.ini").write_text("[Sequence]\nframeRate=4\n", encoding="utf-8")
    footage = open_footage(str(folder))
    frames = list(footage)
    assert footage.size == (48, 64) and footage.first == 0 and list(footage.numbers) == [0, 2, 10]
    assert [(frame.number, frame.seconds) for frame in frames] == [(0, 0), (2, 0.5), (10, 2.5)]
    np.testing.assert_array_equal(frames[1].read(), make_frame(2))


@pytest.mark.parametrize("text", ["", "frameRate=4", "[Sequence]\nframeRate=often\n"])
def test_times_are_unknown_where_no_rate_is_told(tmp_path, text):
    (tmp_path / "img1").mkdir()
    Image.fromarray(make_frame(0)).save(tmp_path / "img1" / "000001.png")
    (tmp_path / "seqinfo.ini").write_text(text, encoding="utf-8")
    assert [frame.seconds for frame in open_footage(str(tmp_path / "img1"))] == [None]


@pytest.mark.parametrize("suffix, numbers", [(".mp4", range(1, 6)), (".mkv", None)])
def test_frames_of_a_video_are_counted_and_have_times(tmp_path, suffix, numbers):
    path = write_video(tmp_path / f"v{suffix}", range(5), rate=10)
    footage = open_footage(path)
    assert (footage.size, footage.first, footage.numbers) == ((48, 64), 1, numbers)
    for _ in range(2):  # as often as one likes
        frames = list(footage)
        assert [frame.number for frame in frames] == [1, 2, 3, 4, 5]
        assert [frame.seconds for frame in frames] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
        for shown, frame in enumerate(frames):
            assert abs(frame.read().astype(int) - make_frame(shown)).mean() < 8
    assert [frame.number for frame in open_footage(path, first_frame=0)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("angle", [90, 180, -90])
def test_a_video_is_turned_as_players_turn_it(tmp_path, angle):
    path = write_video(tmp_path / "v.mp4", range(2), rotation=angle)
    footage = open_footage(path)
    pixels = next(iter(footage)).read()
    wanted = np.rot90(make_frame(0), angle // 90)  # an angle is counter-clockwise
    assert footage.size == wanted.shape[:2] == pixels.shape[:2]
    assert abs(pixels.astype(int) - wanted).mean() < 8


def test_what_is_no_video_is_one_line(tmp_path):
    pytest.importorskip("av", reason="the extra tfreid[video]")
    whole = write_video(tmp_path / "v.mp4", range(5))
    with open(whole, "rb") as file:
        contents = file.read()
    for name, text in (("half.mp4", contents[: len(contents) // 2]), ("a.txt", b"1,2"), ("0", b"")):
        (tmp_path / name).write_bytes(text)
        with pytest.raises(InputError, match=f"video=.*{name}: ") as caught:
            open_footage(str(tmp_path / name))
        assert "\n" not in str(caught.value)


def test_what_is_not_there_is_one_line(tmp_path):
    with pytest.raises(InputError, match="video=.*none.mp4: no such file"):
        open_footage(str(tmp_path / "none.mp4"))
    with pytest.raises(InputError, match="no .jpg"):
        open_footage(str(tmp_path))
    for name in ("a_7.jpg", "b_07.png"):
        (tmp_path / name).touch()
    with pytest.raises(InputError, match="a_7.jpg and b_07.png are both frame 7"):
        open_footage(str(tmp_path))


def test_without_its_library_a_video_is_one_line_that_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    (tmp_path / "v.mp4").write_bytes(os.urandom(9))
    with pytest.raises(InputError, match=r"tfreid\[video\]"):
        open_footage(str(tmp_path / "v.mp4"))
