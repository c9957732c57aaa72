"""Answers as JSON and as a table."""

import dataclasses
import json

import numpy as np

from tfreid.index.results import Answer, Match, SearchResult, format_result, measure_bar

MATCHES = (
    Match(1, 7, "/p/a.jpg", 3, 2, 0.5),
    Match(2, 12, "/p/evil\x1b[2J\u202e.jpg", None, None, 0.75),
)
THRESHOLD = {
    "value": 0.4,
    "false_accepts_percent": 0.1,
    "calibrated_on": "x",
    "expected_strangers": 0.009,
}


def make_result(*answers, measure="distance", threshold=None, skipped=()):
    index = {"path": "/i", "images": 9, "searched": 9}
    model = {"system": "sona_net", "fingerprint": "ab" * 32, "name": "w"}
    return SearchResult(index, model, measure, {"top_k": 2}, threshold, answers, skipped)


def make_answer(matches=MATCHES, nearest=0.5):
    return Answer("q.jpg", "q.jpg", tuple(matches), nearest, np.zeros(2, np.float32))


def test_the_json_is_what_the_documentation_says():
    result = make_result(make_answer(), skipped=(("b.gif", "a GIF"),))
    assert json.loads(json.dumps(result.to_json())) == {
        "format": "tfreid.search",
        "version": 1,
        "index": {"path": "/i", "images": 9, "searched": 9},
        "model": {"system": "sona_net", "fingerprint": "ab" * 32, "name": "w"},
        "measure": "distance",
        "better": "smaller",
        "options": {"top_k": 2},
        "threshold": None,
        "queries": [
            {
                "query": "q.jpg",
                "no_match": False,
                "nearest": 0.5,
                "oddities": [],
                "itself": [],
                "matches": [
                    {
                        "rank": 1,
                        "id": 7,
                        "path": "/p/a.jpg",
                        "pid": 3,
                        "camid": 2,
                        "distance": 0.5,
                        "reranked": None,
                        "expected_strangers": None,
                        "alike": None,
                    },
                    {
                        "rank": 2,
                        "id": 12,
                        "path": "/p/evil\x1b[2J\u202e.jpg",
                        "pid": None,
                        "camid": None,
                        "distance": 0.75,
                        "reranked": None,
                        "expected_strangers": None,
                        "alike": None,
                    },
                ],
            }
        ],
        "skipped": [{"query": "b.gif", "reason": "a GIF"}],
    }


def test_scores_are_called_scores():
    fields = make_result(make_answer(), measure="score").to_json()
    assert fields["better"] == "larger" and fields["queries"][0]["matches"][0]["score"] == 0.5


def test_no_match_is_told_only_where_there_is_a_threshold():
    fields = make_result(make_answer(()), threshold=THRESHOLD).to_json()
    assert fields["queries"][0]["no_match"] is True
    text = format_result(make_result(make_answer(()), threshold=THRESHOLD))
    assert text.splitlines()[1] == (
        "  no match: the nearest image has distance 0.5000, above the threshold 0.4000 of 0.1 % "
        "false accepts"
    )
    below = format_result(make_result(make_answer(()), threshold=THRESHOLD, measure="score"))
    assert "score 0.5000, below the threshold" in below


def test_the_table_stands_in_columns_and_moves_no_cursor():
    lines = format_result(make_result(make_answer(), skipped=(("b\n.gif", "a GIF"),))).splitlines()
    assert lines == [
        "q.jpg",
        "  rank  distance  pid  camera  id  path",
        "     1    0.5000    3       2   7  /p/a.jpg",
        "     2    0.7500    -       -  12  /p/evil\\x1b[2J\\u202e.jpg",
        "",
        "skipped b\\n.gif: a GIF",
        "",
        "Among the 9 images of the index somebody is always the nearest. How many strangers come "
        "as near is not known: the index is not calibrated.",
    ]


def test_strangers_have_columns_and_a_last_line_says_what_they_mean():
    match = Match(1, 7, "a", 3, 2, 0.5, expected_strangers=0.0123, alike="very alike")
    lines = format_result(make_result(make_answer([match]))).splitlines()
    assert lines[1].split()[:4] == ["rank", "distance", "strangers", "pid"]
    assert lines[2].split()[:5] == ["1", "0.5000", "0.012", "####.", "very"]
    assert "9 images" in lines[-1]
    lines = format_result(make_result(make_answer([match]), threshold=THRESHOLD)).splitlines()
    assert lines[-1].startswith("Of the 9 images of the index, 0.009 of strangers are expected")


def test_a_query_that_shows_no_single_person_has_a_note():
    answer = dataclasses.replace(make_answer(), oddities=("scene",))
    result = make_result(answer)
    assert format_result(result).splitlines()[1].startswith("  Note: wider than tall")
    assert result.to_json()["queries"][0]["oddities"] == ["scene"]


def test_re_ranked_distances_have_a_column():
    answer = make_answer([Match(1, 7, "a", 3, 2, 0.5, 0.125)])
    lines = format_result(make_result(answer)).splitlines()
    assert lines[1].split() == ["rank", "distance", "reranked", "pid", "camera", "id", "path"]
    assert lines[2].split()[:3] == ["1", "0.5000", "0.1250"]


def test_a_bar_has_a_step_less_for_ten_times_the_strangers():
    bars = [measure_bar(number) for number in (0, 0.01, 0.05, 0.1, 0.9, 1, 2, 10, 90, 1e3, 1e9)]
    assert bars == [5, 5, 4, 4, 3, 3, 2, 2, 1, 0, 0]
