"""Figures of SONA-Net, compared with the paper by eye, and rows that are what their titles say."""

import pytest

from tests.reproduction.cases import list_flags, read_row
from tfreid.options import TrainOptions
from tfreid.reproduction.plan import TABLES

# table, row, column, metric, mean, deviation
PRINTED = [
    ("sona_table_2", "sona2_net", "market1501", "mAP", 88.67, 0.08),
    ("sona_table_2", "sona3_net", "market1501", "rank10", 99.15, 0.05),
    ("sona_table_2", "sona23_net", "market1501", "rank1", 95.58, 0.15),
    ("sona_table_3", "sona2_net", "dukemtmc_reid", "rank5", 95.23, 0.41),
    ("sona_table_3", "sona23_net", "dukemtmc_reid", "mAP", 78.28, 0.11),
    ("sona_table_4", "sona2_net", "cuhk03_labeled", "rank1", 81.85, 0.84),
    ("sona_table_4", "sona3_net", "cuhk03_detected", "mAP", 76.38, 0.88),
    ("sona_table_4", "sona23_net", "cuhk03_detected", "rank10", 94.48, 0.13),
    ("sona_table_5", "baseline", "cuhk03_labeled", "mAP", 77.05, 0.22),
    ("sona_table_5", "baseline", "market1501", "rank10", 99.03, 0.04),
    ("sona_table_5", "baseline_dropblock", "cuhk03_detected", "rank1", 77.25, 0.57),
    ("sona_table_5", "baseline_dropblock_plus", "dukemtmc_reid", "rank1", 88.60, 0.39),
    ("sona_table_5", "baseline_bfe", "market1501", "rank5", 98.35, 0.11),
    ("sona_table_5", "baseline_sona2", "cuhk03_labeled", "rank10", 95.50, 0.41),
    ("sona_table_5", "baseline_bfe_sona2", "dukemtmc_reid", "mAP", 77.98, 0.04),
    ("sona_table_5", "sona23_net", "cuhk03_labeled", "rank10", 95.57, 0.04),
    ("sona_section_3_5", "with_sona2", "market1501", "forward_ms", 8.44, 0.09),
    ("sona_section_3_5", "without_sona2", "market1501", "forward_ms", 7.89, 0.16),
]


@pytest.mark.parametrize(("table", "row", "column", "metric", "mean", "deviation"), PRINTED)
def test_a_figure_is_the_printed_one(table, row, column, metric, mean, deviation):
    (found,) = (item for item in TABLES[table].rows if item.name == row)
    figures = found.figures[column]
    assert (figures.means[metric], figures.deviations[metric]) == (mean, deviation)


def test_every_row_of_table_5_has_all_four_data_sets():
    table = TABLES["sona_table_5"]
    assert [len(row.figures) for row in table.rows] == [4] * 9
    assert [column.dataset for column in table.columns] == [
        "cuhk03_np_labeled",
        "cuhk03_np_detected",
        "dukemtmc_reid",
        "market1501",
    ]


def test_after_stage_4_one_place_alone_has_figures():
    rows = {row.name: row.figures for row in TABLES["sona_section_3_4"].rows}
    assert rows["sona4_global"]["cuhk03_labeled"].means == {"mAP": 75.8, "rank1": 78.9}
    assert rows["sona4_local"] == rows["sona4_both"] == {}


def test_the_paper_ran_each_configuration_four_times_and_timed_ten_times():
    assert TABLES["sona_table_5"].seeds == 4
    assert TABLES["sona_section_3_5"].seeds == 10


BLOCK = {"drop": "dropblock", "drop_height": 7, "drop_width": 7}  # the paper gives no size
PARTS = {
    "BL": ((), {"drop": "none"}),
    "BL+DB": ((), BLOCK),
    "BL+DB+": ((), {}),
    "BL+BFE": ((), {"drop": "batch_feature_erasing"}),
    "BL+SONA2": ((2,), {"drop": "none"}),
    "BL+BFE+SONA2": ((2,), {"drop": "batch_feature_erasing"}),
    "SONA2-Net": ((2,), {}),
    "SONA3-Net": ((3,), {}),
    "SONA2+3-Net": ((2, 3), {}),
}


def test_a_row_is_the_paper_but_for_attention_and_drop_as_its_title_says():
    table = TABLES["sona_table_5"]
    paper = list_flags(TrainOptions.parse(["tfreid"]))
    for row in table.rows:
        stages, drop = PARTS[row.title]
        for column in table.columns:
            flags = {**paper, **drop, "sona_stages": stages, "dataset": column.dataset}
            assert list_flags(read_row(row, column)) == flags, row.name


def test_section_3_4_moves_attention_behind_stage_4_alone():
    paper = list_flags(TrainOptions.parse(["tfreid", "--dataset=cuhk03_np_labeled"]))
    table = TABLES["sona_section_3_4"]
    for row, place in zip(table.rows, ("global", "local", "both")):
        expected = {**paper, "sona_stages": (), "sona_after_stage4": place}
        assert list_flags(read_row(row, table.columns[0])) == expected
