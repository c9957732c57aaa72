"""Each system's evaluation is drawn in its own way."""

import types

import pytest

from tfreid.evaluation.pair_scoring import PairRetrieval
from tfreid.evaluation.retrieval import Retrieval
from tfreid.figures import pictures


@pytest.mark.parametrize(
    "kind, expected", [(Retrieval, "draw_pictures"), (PairRetrieval, "draw_pair_pictures")]
)
def test_embeddings_and_pairs_have_their_own_pictures(kind, expected, monkeypatch):
    for name in ("draw_pictures", "draw_pair_pictures"):
        monkeypatch.setattr(pictures, name, lambda *given, name=name: (name, *given))
    retrieval = object.__new__(kind)
    options = types.SimpleNamespace(data="data")
    evaluation = types.SimpleNamespace(network="network", retrieval=retrieval, options=options)
    assert pictures.draw_evaluation(evaluation) == (expected, "network", retrieval, "data")
