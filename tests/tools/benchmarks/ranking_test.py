import pytest

from tools.benchmarks.ranking import RankingBenchmark, measure

pytestmark = pytest.mark.usefixtures("alone_here")


def test_the_features_are_like_market_1501s():
    """5/6 of the 0.83 * 600 / 10 images of an identity: about 41 matches."""
    options = RankingBenchmark(queries=40, gallery=600, dimensions=3, identities=10, repeats=1)
    numbers = measure(options)
    assert 35 < numbers["matches_per_query"] < 48
    assert (numbers["queries"], numbers["gallery"], numbers["dimensions"]) == (40, 600, 3)
    assert numbers["field"] in ("literal", "torchreid") and numbers["seconds_field"] > 0
    assert numbers["mAP_difference"] < 0.1  # ties within float32 may fall otherwise


def test_the_fields_way_may_be_left_out():
    options = RankingBenchmark(
        queries=5, gallery=60, dimensions=3, identities=4, repeats=1, field=False
    )
    assert "seconds_field" not in measure(options)
