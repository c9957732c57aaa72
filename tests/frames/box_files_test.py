"""Boxes as trackers, detectors and people write them."""

import numpy as np
import pytest

from tfreid.errors import InputError
from tfreid.frames.box_files import NO_TRACK, read_boxes

WANTED = [[10, 20, 40, 100], [50, 20, 80, 110]]  # of frames 3 and 7


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    "name, text, order",
    [
        ("t.txt", "7,2,50,20,30,90,1,-1,-1,-1\n3,1,10,20,30,80,1,-1,-1,-1\n", ""),
        ("t.txt", "3 1 10 20 30 80\n\n7 2.0 50 20 30 90 -1\n", "xywh"),
        ("t.txt", "3,1,10,20,40,100\n7,2,50,20,80,110\n", "xyxy"),
        ("t.txt", "3,1,25,60,30,80,0.5\n7,2,65,65,30,90,0.5\n", "cxcywh"),
        ("t.csv", "track,frame,left,top,width,height\n1,3,10,20,30,80\n2,7,50,20,30,90\n", ""),
        (
            "t.csv",
            "\ufeffframe,left,top,right,bottom,track\n3,10,20,40,100,1\n7,50,20,80,110,2\n",
            "",
        ),
        (
            "t.CSV",
            "frame,track,center_x,center_y,width,height\n3,1,25,60,30,80\n7,2,65,65,30,90",
            "",
        ),
    ],
)
def test_boxes_are_read_in_any_order_of_lines_and_numbers(tmp_path, name, text, order):
    boxes = read_boxes(write(tmp_path, name, text), order)
    assert boxes.frames.tolist() == [3, 7] and boxes.tracks.tolist() == [1, 2]
    np.testing.assert_array_equal(boxes.xyxy, WANTED)
    assert boxes.find_rows(7) == slice(1, 2) and boxes.find_rows(5) == slice(1, 1)


def test_a_folder_of_yolo_text_has_shares_of_frames_that_its_names_number(tmp_path):
    write(tmp_path, "walk_3.txt", "0 0.5 0.25 0.5 0.5 0.91 12\n2 0.5 0.5 0.1 0.1\n")
    write(tmp_path, "walk_10.txt", "0 0.5 0.5 1 1 7\n0 0.5 0.5 1 0.5\n")
    write(tmp_path, "classes.txt", "person\ncar\n")
    boxes = read_boxes(str(tmp_path))
    assert boxes.frames.tolist() == [3, 10, 10] and boxes.ignored == 1
    assert boxes.tracks.tolist() == [12, NO_TRACK, 7]
    wanted = [[25, 0, 75, 100], [0, 50, 100, 150], [0, 0, 100, 200]]
    np.testing.assert_array_equal(boxes.place(slice(None), height=200, width=100), wanted)
    assert read_boxes(str(tmp_path), person_class=2).frames.tolist() == [3]


def test_what_the_ground_truth_says_to_ignore_is_left_out(tmp_path):
    boxes = read_boxes(write(tmp_path, "gt.txt", "1,1,5,5,9,9,0,7,1\n1,2,5,5,9,9,1,1,0.3\n"))
    assert boxes.tracks.tolist() == [2] and boxes.ignored == 1


@pytest.mark.parametrize(
    "name, text, told",
    [
        ("t.txt", "1,1,5,5,9\n", "t.txt:1: 5 numbers"),
        ("t.txt", "1,1,5,5,9,9\n1,2,5,x,9,9\n", "t.txt:2: coordinate 'x'"),
        ("t.txt", "1,1,5,5,nan,9\n", "t.txt:1: .*not finite"),
        ("t.txt", "1,1,5,5,0,9\n", "t.txt:1: .*no extent"),
        ("t.txt", "1,1,5,5,-4,9\n", "t.txt:1: .*ends before"),
        ("t.txt", "1.5,1,5,5,4,9\n", "t.txt:1: frame '1.5'"),
        ("t.txt", "-1,1,5,5,4,9\n", "t.txt:1: frame -1"),
        ("t.txt", "1,1e99,5,5,4,9\n", "t.txt:1: track '1e99'"),
        ("t.txt", "1,1,.2,.3,.1,.2\n2,1,.2,.3,.1,.2\n", "t.txt: .*shares"),
        ("t.txt", "2,1,5,5,4,9\n1,1,5,5,4,9\n2,1,6,5,4,9\n", "t.txt:3: track 1 .*frame 2.*line 1"),
        ("t.txt", "1,1,5,5,9,9,0\n", "t.txt: no boxes"),
        ("t.txt", "", "t.txt: no boxes"),
        ("t.csv", "", "t.csv:1: "),
        ("t.csv", "frame,x,y,w,h\n1,2,3,4,5\n", "t.csv:1: .*'frame,x,y,w,h'"),
        ("t.csv", "frame,left,top,width,height\n1,2,3,4\n", "t.csv:2: 4 fields"),
    ],
)
def test_what_cannot_be_meant_is_one_line_that_names_the_place(tmp_path, name, text, told):
    with pytest.raises(InputError, match=told) as caught:
        read_boxes(write(tmp_path, name, text))
    assert "\n" not in str(caught.value)


def test_files_that_are_no_text_or_not_there_are_one_line(tmp_path):
    (tmp_path / "v.txt").write_bytes(b"\xff\xd8\xff\xe0\x00")
    for path in ("v.txt", "none.txt"):
        with pytest.raises(InputError, match=path):
            read_boxes(str(tmp_path / path))


def test_a_time_in_place_of_a_frames_number_is_one_line(tmp_path):
    write(tmp_path, "20261127120000.txt", "0 0.5 0.5 0.1 0.1\n")
    with pytest.raises(InputError, match="20261127120000"):
        read_boxes(str(tmp_path))


def test_files_of_two_cameras_in_one_folder_are_refused(tmp_path):
    for name in ("a_1.txt", "b_001.txt"):
        write(tmp_path, name, "0 0.5 0.5 0.1 0.2\n")
    with pytest.raises(InputError, match="a_1.txt and b_001.txt are both frame 1"):
        read_boxes(str(tmp_path))
    (tmp_path / "b_001.txt").unlink()
    write(tmp_path, "a_1.txt", "0 0.5 0.5 0.1\n")
    with pytest.raises(InputError, match="a_1.txt:1: 4 numbers"):
        read_boxes(str(tmp_path))
    (tmp_path / "a_1.txt").unlink()
    with pytest.raises(InputError, match="no .txt files"):
        read_boxes(str(tmp_path))
