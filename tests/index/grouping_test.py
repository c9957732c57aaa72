from tests.index.results_test import make_answer, make_result
from tfreid.index.contact_sheet import make_contact_sheet
from tfreid.index.grouping import group_matches
from tfreid.index.results import Match, format_result

MATCHES = tuple(
    Match(rank, 10 + rank, f"/p/{rank}.jpg", pid, camid, rank / 10)
    for rank, pid, camid in [(1, "anna", 2), (2, None, 1), (3, "anna", 1), (4, "<b>", 1)]
)


def list_ids(by):
    return [[match.id for match in group] for _, group in group_matches(MATCHES, by)]


def test_groups_come_by_their_best_match():
    assert list_ids("") == [[11, 12, 13, 14]]
    assert list_ids("person") == [[11, 13], [12], [14]]
    assert list_ids("camera") == [[11], [12, 13, 14]]


def test_distractors_and_junk_are_nobody():
    matches = [Match(n, n, "a", pid, 1, 0.1) for n, pid in enumerate([0, 7, -1, None])]
    assert [len(group) for _, group in group_matches(matches, "person")] == [3, 1]


def test_a_table_and_a_sheet_show_groups_under_their_names():
    result = make_result(make_answer(MATCHES))
    plain = format_result(result)
    result.options["group_by"] = "person"
    lines = format_result(result).splitlines()
    assert lines[2] == "  person anna: 2 images" and lines[5] == "  person unknown: 1 image"
    ranks = [line.split()[0] for line in lines[3:5]]
    assert ranks == ["1", "3"] and len(lines) == len(plain.splitlines()) + 3
    page = make_contact_sheet(result)
    titles = [page.index(f"<h2>person {name}") for name in ("anna", "unknown", "&lt;b&gt;")]
    assert titles == sorted(titles) and page.count("<ol>") == 3
