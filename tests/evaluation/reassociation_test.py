"""Re-association by numbers that are worked out by hand."""

import numpy as np
import pytest

from tfreid.errors import InputError
from tfreid.evaluation.reassociation import find_queries, rank_reassociation

# Two sequences; (sequence, frame, person, feature). Queries are in frames 2 and 4.
ROWS = [
    (0, 2, 7, 0.0),
    (0, 2, 8, 10.0),
    (0, 2, 9, 20.0),  # gone three frames later
    (0, 5, 7, 6.0),
    (0, 5, 8, 5.0),
    (0, 5, 6, 1.0),
    (0, 4, 7, 0.0),  # alone three frames later
    (0, 7, 7, 0.0),
    (1, 3, 7, 0.0),  # 2 does not divide 3
    (1, 4, 7, 0.0),
    (1, 4, 8, 4.0),
    (1, 7, 7, 2.0),
    (1, 7, 8, 2.0),
    (1, 6, 7, 0.0),  # nobody is there three frames later
]
SEQUENCES, FRAMES, PEOPLE, VALUES = (np.array(column) for column in zip(*ROWS))
FEATURES = np.float32(VALUES)[:, np.newaxis]


def test_each_query_is_ranked_among_the_people_of_one_later_frame():
    """By hand, gap 3 and stride 2.

    Sequence 0, frame 2: person 7 at 0 meets 6, 5 and 1: its own, 6, is third: 1/3. Person 8 at 10
    meets the same: its own, 5, is second behind 6: 1/2. Person 9 is gone. Frame 4: alone. Sequence
    1, frame 4: persons 7 and 8 meet 2 and 2, a tie: rank 1 or 2, each with chance 1/2: 3/4 each.
    Frame 6: nobody. So four of seven queries count; MRR = (1/3 + 1/2 + 3/4 + 3/4) / 4 = 7/12, and
    rank-1 = (0 + 0 + 1/2 + 1/2) / 4.
    """
    result = rank_reassociation(FEATURES, SEQUENCES, FRAMES, PEOPLE, gap=3, stride=2)
    assert (result.num_queries, result.num_without_match) == (7, 3)
    assert result.mAP == pytest.approx(100 * 7 / 12)
    np.testing.assert_allclose(result.cmc[:3], [25, 75, 100])
    wanted = [100 / 3, 50, np.nan, np.nan, 75, 75, np.nan]
    np.testing.assert_allclose(result.average_precision, wanted)


def test_the_order_of_the_rows_does_not_matter(rng):
    order = rng.permutation(len(ROWS))
    columns = (FEATURES[order], SEQUENCES[order], FRAMES[order], PEOPLE[order])
    result = rank_reassociation(*columns, gap=3, stride=2)
    assert result.mAP == pytest.approx(100 * 7 / 12)


def test_features_that_are_all_equal_score_as_chance_does():
    """Chance finds one of n at rank-1 with 1/n: (1/3 + 1/3 + 1/2 + 1/2) / 4."""
    result = rank_reassociation(0 * FEATURES, SEQUENCES, FRAMES, PEOPLE, gap=3, stride=2)
    assert result.cmc[0] == pytest.approx(100 * 5 / 12)


def test_a_frame_is_compared_with_the_one_exactly_so_much_later():
    pairs = find_queries(SEQUENCES, FRAMES, gap=1, stride=3)
    assert [(rows.tolist(), later.tolist()) for rows, later in pairs] == [
        ([8], [9, 10]),
        ([13], [11, 12]),
    ]


@pytest.mark.parametrize("gap", [2, 50])
def test_a_gap_after_which_nobody_counts_is_one_line(gap):
    with pytest.raises(InputError, match=f"gap={gap} stride=2: "):
        rank_reassociation(FEATURES, SEQUENCES, FRAMES, PEOPLE, gap=gap, stride=2)
