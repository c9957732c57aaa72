"""The benchmark of pair scoring. How fast anything is, no test says."""

from tfreid.systems.kvm_mn.options import KvmMnOptions
from tools.benchmarks.pair_scoring import PairScoringBenchmark, count_pair_operations, measure


def test_it_measures_both_ways_on_the_network_that_is_asked_for():
    """L = 4 * 5 = 20 locations; products as computed below by hand for H = 2, d_k = 3, d_v = 4."""
    model = KvmMnOptions(
        final_endpoint="Mixed_3b",
        num_heads=2,
        key_dim=3,
        value_dim=4,
        feature_dim=8,
        attention_dim=7,
        comparison_dim=6,
        score_dim=5,
    )
    benchmark = PairScoringBenchmark(
        height=32, width=40, queries=2, gallery=3, naive_pairs=2, matrix_size=16, repeats=1
    )
    numbers = measure(benchmark, model)
    products = 20 * 20 * 2 * 7 + 20 * 8 * 7 + 20 * 7 * 6 + 120 * 5 + 5
    assert numbers["gflop_per_pair"] == round(2 * products / 1e9, 4)
    assert count_pair_operations(model, 120) == 2 * products
    for name in ("naive_pairs", "cached_pairs", "memorized_images"):
        assert numbers[f"{name}_per_second"] > 0
    ratio = numbers["cached_pairs_per_second"] / numbers["naive_pairs_per_second"]
    assert abs(numbers["cached_to_naive"] - ratio) < 0.01 * ratio + 0.01


def test_the_papers_pair_costs_what_its_equations_say():
    """98 locations, H = 4, d_k = d_v = 64, d_o = d_c = 512: 0.07 GMAC."""
    operations = count_pair_operations(KvmMnOptions(), 98 * 512)
    assert operations == 2 * (98 * 98 * 4 * 128 + 98 * 256 * 512 + 2 * 98 * 512 * 512 + 512)
