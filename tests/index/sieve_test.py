"""Who may answer: by camera, by time, and never the query itself."""

import datetime
import os
import shutil

import pytest

from tests.index.stand_in import ColorModel, write_color
from tfreid.errors import InputError
from tfreid.index.index import Index
from tfreid.index.results import format_result
from tfreid.options.search import RetrievalOptions

GRAYS = (90, 100, 110, 120)


@pytest.fixture
def index(tmp_path):
    """Four grays, by cameras 1, 2, door and nobody's, each a day younger than the one before."""
    rows = ["path,pid,camid"]
    for number, (gray, camera) in enumerate(zip(GRAYS, ("1", "2", "door", ""))):
        path = write_color(tmp_path / f"{number}.png", (gray,) * 3)
        day = datetime.datetime(2026, 11, 20 + number, 12).timestamp()
        os.utime(path, (day, day))
        rows.append(f"{path},p{number},{camera}")
    (tmp_path / "t.csv").write_text("\n".join(rows) + "\n")
    index = Index(str(tmp_path / "i"), ColorModel())
    index.add(str(tmp_path / "t.csv"))
    return index


def ask(index, query, **options):
    (answer,) = index.search(query, RetrievalOptions(**options)).answers
    return answer, [match.id for match in answer.matches]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [4, 3, 2, 1]),
        ({"camera": ("door",)}, [3]),
        ({"camera": ("1", "2"), "top_k": 1}, [2]),
        ({"since": "2026-11-22"}, [4, 3]),
        ({"since": "2026-11-21T12:00", "camera": ("1", "2")}, [2]),
        ({"camera": ("1",), "rerank": True}, [1]),
        ({"camera": ("1",), "expand_neighbors": 1}, [1]),
        ({"camera": ("1",), "vector_index": "hnsw"}, [1]),
    ],
)
def test_only_cameras_and_times_that_are_asked_for_answer(index, tmp_path, options, expected):
    query = write_color(tmp_path / "q.png", (130,) * 3)
    assert ask(index, query, **options)[1] == expected
    searched = index.search(query, RetrievalOptions(**options)).index["searched"]
    assert searched == (len(expected) if options.get("top_k") is None else 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"camera": ("3",)}, "camera=3: the index knows 1, 2, door"),
        ({"since": "2026-12-01"}, "since=2026-12-01: no image"),
        ({"camera": ("1",), "since": "2026-11-22"}, "since=2026-11-22: no image that is asked"),
    ],
)
def test_where_nobody_is_left_it_is_one_line(index, options, message):
    with pytest.raises(InputError, match=message):
        ask(index, str(index.folder) + "/../0.png", **options)


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01"])
def test_what_is_no_time_is_refused(since):
    with pytest.raises(InputError, match=f"since={since}: must be a date"):
        RetrievalOptions(since=since)


def test_a_query_does_not_answer_itself_by_whatever_name_it_comes(index, tmp_path):
    own = str(tmp_path / "1.png")
    shutil.copy(own, tmp_path / "copy.png")
    index.add(str(tmp_path / "copy.png"))
    with open(own, "rb") as file:
        contents = file.read()
    for query in (own, str(tmp_path / "copy.png"), contents):
        for options in ({}, {"top_k": 1}, {"expand_neighbors": 2}, {"vector_index": "hnsw"}):
            answer, ids = ask(index, query, **options)
            assert answer.itself == (2, 5) and set(ids) <= {1, 3, 4}
            assert len(ids) == options.get("top_k", 3) and answer.nearest > 0
    result = index.search(own)
    assert result.to_json()["queries"][0]["itself"] == [2, 5]
    assert "id:2, id:5" in format_result(result)


def test_an_index_of_the_query_alone_has_no_match(tmp_path):
    index = Index(str(tmp_path / "i"), ColorModel())
    path = write_color(tmp_path / "a.png", (9, 9, 9))
    index.add(path)
    answer, ids = ask(index, path)
    assert ids == [] and answer.nearest is None
    assert "itself only" in format_result(index.search(path))
