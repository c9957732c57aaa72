"""SONA-Net's Tables 2 to 5 and sections 3.4 and 3.5, copied by hand from the paper.

Second-order Non-local Attention Networks for Person Re-identification (ICCV 2019). Rows of other
authors' systems are left out. Tables 2 to 4 repeat rows of Table 5, which is copied here once;
Table 4 prints mAP and rank-1, and two rank-5 and rank-10 in its caption.
"""

from tfreid.reproduction.published import FORWARD_MS, Column, SmallScale, Table, make_row

_RECIPE = "sona2_market1501"  # of SONA2-Net: other rows say what they change there
# The map has a third of the rows and half of the columns.
_SMALL = SmallScale("sona_small_market1501", {"drop_height": 2, "drop_width": 2})

_RUNS = 4  # "we ran four experiments for the same network configuration" (section 4)
_TIMED_RUNS = 10  # "with ten runs" (section 3.5)

_LABELED = Column("cuhk03_labeled", "CUHK03 Labeled", "cuhk03_np_labeled")
_DETECTED = Column("cuhk03_detected", "CUHK03 Detected", "cuhk03_np_detected")
_DUKE = Column("dukemtmc_reid", "DukeMTMC-reID", "dukemtmc_reid")
_MARKET = Column("market1501", "Market-1501", "market1501")
_COLUMNS = (_LABELED, _DETECTED, _DUKE, _MARKET)

_BATCH_FEATURE_ERASING = {"drop": "batch_feature_erasing"}
_NO_ATTENTION = {"sona_stages": ()}
# "DropBlock" drops squares; the paper gives no size, 7 is DropBlock's own.
_DROPBLOCK = {"drop": "dropblock", "drop_height": 7, "drop_width": 7}

# name, title, overrides; then a line for each of _COLUMNS: mAP, rank-1, rank-5 and rank-10.
_TABLE_5 = (
    (
        *("baseline", "BL", {**_NO_ATTENTION, "drop": "none"}),
        "77.05 79.70 91.52 94.98 +- 0.22 0.44 0.33 0.19",
        "74.00 76.70 89.45 93.45 +- 0.30 0.30 0.25 0.55",
        "76.20 88.00 94.60 96.20 +- 0.30 0.60 0.10 0.10",
        "87.50 95.18 98.28 99.03 +- 0.16 0.19 0.04 0.04",
    ),
    (
        *("baseline_dropblock", "BL+DB", {**_NO_ATTENTION, **_DROPBLOCK}),
        "77.02 79.13 90.90 94.88 +- 0.28 0.42 0.21 0.15",
        "74.50 77.25 89.38 93.03 +- 0.37 0.57 0.27 0.30",
        "76.93 88.28 94.65 96.15 +- 0.24 0.23 0.11 0.18",
        "87.60 95.43 98.25 99.03 +- 0.07 0.15 0.15 0.04",
    ),
    (
        *("baseline_dropblock_plus", "BL+DB+", _NO_ATTENTION),
        "77.45 79.10 91.60 94.78 +- 0.54 0.78 0.31 0.29",
        "74.30 76.93 89.50 93.20 +- 0.25 0.50 0.25 0.16",
        "76.95 88.60 94.88 96.25 +- 0.15 0.39 0.18 0.15",
        "87.68 95.18 98.32 99.00 +- 0.16 0.15 0.08 0.07",
    ),
    (
        *("baseline_bfe", "BL+BFE", {**_NO_ATTENTION, **_BATCH_FEATURE_ERASING}),
        "77.20 79.83 91.03 94.90 +- 0.12 0.47 0.08 0.14",
        "74.85 77.48 89.95 93.48 +- 0.44 0.58 0.09 0.26",
        "76.85 88.15 94.60 95.98 +- 0.34 0.50 0.32 0.11",
        "87.73 95.30 98.35 99.00 +- 0.04 0.29 0.11 0.10",
    ),
    (
        *("baseline_sona2", "BL+SONA2", {"drop": "none"}),
        "78.48 80.78 92.03 95.50 +- 0.33 0.13 0.29 0.41",
        "76.20 78.93 90.40 94.48 +- 0.32 0.41 0.36 0.50",
        "78.18 89.55 95.05 96.45 +- 0.15 0.32 0.32 0.21",
        "88.50 95.58 98.32 99.00 +- 0.12 0.19 0.08 0.12",
    ),
    (
        *("baseline_bfe_sona2", "BL+BFE+SONA2", _BATCH_FEATURE_ERASING),
        "79.15 81.68 92.25 95.38 +- 0.11 0.35 0.09 0.11",
        "76.00 78.83 90.23 94.10 +- 0.43 0.66 0.18 0.21",
        "77.98 88.90 95.05 96.25 +- 0.04 0.16 0.11 0.11",
        "88.63 95.60 98.30 99.00 +- 0.04 0.39 0.16 0.07",
    ),
    (
        *("sona2_net", "SONA2-Net", {}),
        "79.23 81.85 92.55 95.58 +- 0.78 0.84 0.56 0.61",
        "76.35 79.10 90.25 94.03 +- 0.68 0.56 0.53 0.55",
        "78.05 89.25 95.23 96.50 +- 0.38 0.32 0.41 0.31",
        "88.67 95.68 98.42 99.03 +- 0.08 0.18 0.08 0.04",
    ),
    (
        *("sona3_net", "SONA3-Net", {"sona_stages": (3,)}),
        "79.18 81.05 92.10 95.45 +- 0.19 0.36 0.33 0.45",
        "76.38 78.90 90.68 94.35 +- 0.88 0.80 0.53 0.45",
        "78.18 89.55 95.13 96.50 +- 0.29 0.38 0.15 0.22",
        "88.63 95.53 98.48 99.15 +- 0.08 0.08 0.11 0.05",
    ),
    (
        *("sona23_net", "SONA2+3-Net", {"sona_stages": (2, 3)}),
        "79.23 81.40 92.35 95.57 +- 0.23 0.80 0.09 0.04",
        "77.27 79.90 91.00 94.48 +- 0.43 0.67 0.37 0.13",
        "78.28 89.38 95.35 96.55 +- 0.11 0.36 0.15 0.11",
        "88.83 95.58 98.50 99.18 +- 0.04 0.15 0.07 0.13",
    ),
)

# "After stage 4, in place of an earlier one"; figures for one place alone.
_SECTION_3_4 = (
    ("sona4_global", "SONA after stage 4, global", "global", "75.8 78.9"),
    ("sona4_local", "SONA after stage 4, local", "local"),
    ("sona4_both", "SONA after stage 4, both", "both"),
)
_SECTION_3_5 = (
    ("without_sona2", "without SONA2", _NO_ATTENTION, "7.89 +- 0.16"),
    ("with_sona2", "with SONA2", {}, "8.44 +- 0.09"),
)


def _make_table(name, title, columns, lines, **kwargs):
    rows = tuple(make_row(_RECIPE, columns, *line) for line in lines)
    return Table(name, f"SONA-Net, {title}", columns, rows, _SMALL, **kwargs)


def _pick(names, columns):
    """Returns lines of Table 5, with their figures in some of its columns."""
    places = [_COLUMNS.index(column) for column in columns]
    return [
        (name, title, overrides, *(texts[place] for place in places))
        for name, title, overrides, *texts in _TABLE_5
        if name in names
    ]


def _make_table_of_nets(number, title, *columns):
    """Returns one of Tables 2 to 4."""
    lines = _pick(("sona2_net", "sona3_net", "sona23_net"), columns)
    return _make_table(
        f"sona_table_{number}", f"Table {number}: {title}", columns, lines, seeds=_RUNS
    )


SONA_NET_TABLES = (
    _make_table_of_nets(2, "Market-1501", _MARKET),
    _make_table_of_nets(3, "DukeMTMC-reID", _DUKE),
    _make_table_of_nets(4, "CUHK03, new protocol", _LABELED, _DETECTED),
    _make_table("sona_table_5", "Table 5: the network's parts", _COLUMNS, _TABLE_5, seeds=_RUNS),
    _make_table(
        "sona_section_3_4",
        "section 3.4, item 3: attention after stage 4",
        (_LABELED._replace(printed=("mAP", "rank1")),),
        [
            (name, title, {**_NO_ATTENTION, "sona_after_stage4": place}, *text)
            for name, title, place, *text in _SECTION_3_4
        ],
        seeds=_RUNS,
        note='For the local branch and both the paper gives no figure, but "a similar behavior".',
    ),
    _make_table(
        "sona_section_3_5",
        "section 3.5: inference time of one image",
        (_MARKET._replace(printed=(FORWARD_MS,)),),
        _SECTION_3_5,
        seeds=_TIMED_RUNS,
        is_timing=True,
        note="The paper measured on one Titan Xp; a difference to another machine says little.",
    ),
)
