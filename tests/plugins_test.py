"""A system that lives outside the package is used by every command, as docs/extending.md says."""

import os
import re

import numpy as np
import pytest

from tests.tiny_trainings import FLAGS
from tfreid import evaluate, export, search, train
from tfreid.errors import InputError
from tfreid.options import TrainOptions
from tfreid.plugins import Catalogue
from tfreid.systems import SYSTEMS

TRAINING = {
    **FLAGS,
    "cutout_height": 5,
    "cutout_width": 4,
    "identities_per_batch": 2,
    "images_per_identity": 2,
    "epochs": 1,
    "warmup_epochs": 0,
    "evaluate_epochs": 0,
}


@pytest.fixture
def plugin(repository, tmp_path, monkeypatch):
    """The module of the documents, in the current folder, under a name that is new."""
    text = (repository / "docs" / "extending.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n# my_system\.py\n(.*?)```", text, re.S).group(1)
    assert len(code.splitlines()) <= 60
    (tmp_path / "my_system.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "--import=my_system"
    SYSTEMS.pop("mine", None)


def test_it_trains_evaluates_exports_and_searches(plugin, market_folder, tmp_path, capsys):
    folder, run = market_folder(), str(tmp_path / "run")
    flags = {"model": "mine", "dataset": "folder", "data_dir": folder, "workdir": run, **TRAINING}
    argv = [plugin, *(f"--{name}={value}" for name, value in flags.items())]
    assert train.main(["train", *argv]) == 0
    assert evaluate.main(["evaluate", plugin, f"--workdir={run}"]) == 0
    assert "mAP" in capsys.readouterr().out
    assert export.main(["export", plugin, f"--workdir={run}"]) == 0
    index, photos = str(tmp_path / "index"), os.path.join(folder, "query")
    model = f"--workdir={os.path.join(run, 'export')}"
    assert search.main(["search", plugin, model, f"--index={index}", f"--add={photos}"]) == 0
    photo = os.path.join(photos, sorted(os.listdir(photos))[0])
    assert search.main(["search", plugin, model, f"--index={index}", f"--query={photo}"]) == 0
    assert os.path.basename(photo) in capsys.readouterr().out


def test_a_module_that_is_not_there_is_told():
    with pytest.raises(InputError, match="--import=no_such_module"):
        TrainOptions.parse(["train", "--import=no_such_module"])


def test_a_catalogue_imports_what_is_asked_for_and_asks_installed_plugins_before_it_misses():
    table = Catalogue(ones="numpy:ones")
    assert list(table) == ["ones"] and table["ones"] is np.ones
    assert "twos" not in table
    with pytest.raises(KeyError):
        table["twos"]
