"""docs/notebook.ipynb runs from top to bottom, and its answers are what its text says."""

import json

import numpy as np
import pytest
from matplotlib import pyplot as plt

from tests.source_tree import ROOT


@pytest.mark.usefixtures("functions_run_eagerly")
def test_the_notebook_runs_from_top_to_bottom(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    cells = json.loads((ROOT / "docs" / "notebook.ipynb").read_text(encoding="utf-8"))["cells"]
    names = {}
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            assert not cell["outputs"], f"cell {number}: clear its outputs"
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)
    plt.close("all")
    assert names["query"].shape == (24, names["model"].dim)
    assert names["result"].mAP > 50 and names["marks"][0] == "green"
    np.testing.assert_allclose(names["attention"].sum((2, 3)), 1, rtol=1e-5)
    assert "stranger: accepted" in capsys.readouterr().out
