import pytest

from tfreid.options import parse
from tools.benchmarks import sona_overhead


@pytest.mark.usefixtures("sides_here")
def test_the_network_is_measured_with_and_without_sona():
    numbers = sona_overhead.measure(*parse(["", *sona_overhead.SMALL], sona_overhead.GROUPS))
    assert list(numbers["sides"]) == ["with_sona", "baseline"]
    assert numbers["operations_percent"] > 0 and numbers["paper_percent"] == 7.0
    assert isinstance(numbers["overhead_percent"], float)
