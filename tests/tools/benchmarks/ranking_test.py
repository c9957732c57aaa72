from tools.benchmarks.ranking import RankingBenchmark, measure


def test_the_features_are_like_market_1501s():
    """5/6 of the 0.83 * 600 / 10 images of an identity: about 41 matches."""
    options = RankingBenchmark(queries=40, gallery=600, dimensions=3, identities=10, repeats=1)
    numbers = measure(options)
    assert 35 < numbers["matches_per_query"] < 48
    assert (numbers["queries"], numbers["gallery"], numbers["dimensions"]) == (40, 600, 3)
