"""KVM-MN's Tables 1 and 3, copied by hand from the paper.

Learning a Key-Value Memory Co-Attention Matching Network for Person Re-identification (AAAI 2019).
Rows of other authors' systems are left out.
"""

from tfreid.options import KVM_MN
from tfreid.reproduction.published import Column, Row, Table, read_figures

_RANKS = ("rank1", "rank5", "rank10")
_MARKET_FIGURES = ("rank1", "mAP")  # in the order of Table 1's last two columns

# "repeated with 10 random splits" (section "Datasets")
_DRAWN_CUHK03 = tuple(f"random:{number}" for number in range(10))
_DRAWN_CUHK01 = tuple(str(number) for number in range(10))

_CUHK03 = Column("cuhk03_labeled", "CUHK03 labeled, 100 test IDs", "cuhk03_labeled", _DRAWN_CUHK03)
_CUHK01_100 = Column("cuhk01_100", "CUHK01, 100 test IDs", "cuhk01", _DRAWN_CUHK01)
_CUHK01_486 = Column("cuhk01_486", "CUHK01, 486 test IDs", "cuhk01", _DRAWN_CUHK01)
_MARKET = Column("market1501", "Market-1501", "market1501")
_ONE_SPLIT = Column("cuhk03_labeled", "CUHK03 labeled, one split", "cuhk03_labeled")

# name, title, beginning of the recipes' names, then the figures of the columns of Table 1.
_TABLE_1 = (
    (
        *("kvm_mn_noaug", "KVM-MN-noAug", "kvm_mn_noaug"),
        *("91.7 98.7 99.4", "94.2 99.2 99.5", "82.0 94.4 97.3", "89.1 74.8"),
    ),
    (
        *("kvm_mn", "KVM-MN", "kvm_mn"),
        *("94.0 99.6 99.8", "96.9 99.97 99.99", "84.4 95.9 98.6", "91.5 78.0"),
    ),
)

# name (also that of the recipe), title, rank-1, rank-5 and rank-10.
_TABLE_3 = (
    ("base", "Base", "87.1 98.9 99.6"),
    ("heads1", "(A) H = 1", "85.3 98.1 98.7"),
    ("heads2", "(A) H = 2", "86.9 99.0 99.2"),
    ("heads8", "(A) H = 8", "86.2 99.1 99.4"),
    ("key_equals_value", "(A) K = V", "83.5 96.9 99.2"),
    ("d512", "(B) d = 512", "87.3 98.4 99.5"),
    ("d1024", "(B) d = 1024", "88.3 99.1 99.8"),
    ("no_position", "(C) no PosEmb", "86.8 98.7 99.5"),
    ("pairwise", "(D) Pair", "85.4 98.0 99.1"),
    ("set2_random", "(D) M = 2-rand", "68.4 93.8 97.6"),
    ("set2_hard", "(D) M = 2-hard", "78.0 96.6 99.3"),
    ("set5", "(D) M = 5", "83.5 98.6 99.6"),
    ("set15", "(D) M = 15", "88.0 99.2 99.6"),
    ("set30", "(D) M = 30", "87.6 99.2 99.8"),
    ("steps10k", "(D) 10K steps", "83.2 98.8 99.4"),
    ("erasing", "(E) RE", "88.2 98.3 99.3"),
    ("erasing_rotation", "(E) RE, RR", "90.4 99.5 99.9"),
    ("full", "(F)", "93.6 99.7 99.9"),
)


def _make_row_of_table_1(name, title, recipe, *texts):
    columns = (_CUHK03, _CUHK01_100, _CUHK01_486, _MARKET)
    names = (_RANKS, _RANKS, _RANKS, _MARKET_FIGURES)
    return Row(
        name=name,
        title=title,
        recipes={column.name: f"{recipe}_{column.name}" for column in columns},
        figures={
            column.name: read_figures(metrics, text)
            for column, metrics, text in zip(columns, names, texts)
        },
    )


def _make_row_of_table_3(name, title, text):
    return Row(
        name=name,
        title=title,
        recipes={_ONE_SPLIT.name: f"kvm_mn_{name}_cuhk03_labeled"},
        figures={_ONE_SPLIT.name: read_figures(_RANKS, text)},
    )


KVM_MN_TABLES = (
    Table(
        name="kvm_table_1",
        title="KVM-MN, Table 1: three data sets, with and without augmentation",
        system=KVM_MN,
        columns=(_CUHK03, _CUHK01_100, _CUHK01_486, _MARKET),
        rows=tuple(_make_row_of_table_1(*line) for line in _TABLE_1),
        note="On CUHK03 and CUHK01, means over 10 random splits.",
    ),
    Table(
        name="kvm_table_3",
        title="KVM-MN, Table 3: its parts",
        system=KVM_MN,
        columns=(_ONE_SPLIT,),
        rows=tuple(_make_row_of_table_3(*line) for line in _TABLE_3),
    ),
)
