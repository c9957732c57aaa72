import pytest

from tfreid.options import parse
from tools.benchmarks import page

pytest.importorskip("uvicorn", reason="the extra tfreid[app] is not installed")


def test_answers_of_a_served_page_are_measured():
    numbers = page.measure(*parse(["", *page.SMALL], page.GROUPS))
    assert numbers["images"] == 1200 and 0 < numbers["median_ms"] <= numbers["p95_ms"]
