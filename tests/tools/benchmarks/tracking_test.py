import numpy as np
import pytest

from tfreid.errors import InputError
from tfreid.options import parse
from tfreid.pedestrians.appearance import draw_people
from tools.benchmarks import tracking


def test_a_street_has_everybody_twice_and_nobody_while_hidden(monkeypatch):
    """Who is drawn is of no matter here."""
    blank = np.zeros((tracking._HEIGHT, tracking._WIDTH, 3), np.uint8)
    monkeypatch.setattr(tracking, "take_photograph", lambda *_: blank)
    (options,) = parse(["", "--people=6", "--hidden_frames=3"], tracking.GROUPS)
    frames = list(tracking.film(draw_people(6, np.random.default_rng(0)), options))
    seen = [who.tolist() for _, who, _ in frames]
    assert [len(who) for who in (seen[0], seen[30], seen[41], seen[44])] == [5, 6, 1, 6]
    assert sum(map(len, seen)) == 6 * 2 * 40
    with pytest.raises(InputError, match="--model is empty"):
        tracking.measure(options)
