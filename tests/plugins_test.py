"""What lives outside the package is used by every command, as docs/extending.md says."""

import os
import re
import shutil
import sys

import numpy as np
import pytest
import tensorflow as tf

import tfreid
from tests.eager import run_functions_eagerly
from tests.tiny_trainings import FLAGS
from tfreid import evaluate, export, plugins, search, train
from tfreid.command_line import run_command
from tfreid.data.folders import read_folders
from tfreid.data.specs import SPECS
from tfreid.errors import InputError
from tfreid.models.backbones import BACKBONES
from tfreid.options import DataOptions, TrainOptions, list_groups, to_flagfile
from tfreid.plugins import Catalogue
from tfreid.runs.workdir import Workdir
from tfreid.systems import SYSTEMS
from tfreid.systems.sona_net.drops import DROPS

TABLES = (BACKBONES, DROPS, SPECS, SYSTEMS)
DOCUMENTED = ("mine", "mine_in_folders", "channels")
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


pytestmark = pytest.mark.usefixtures("verified_here")


@pytest.fixture(autouse=True)
def outside(tmp_path, monkeypatch):
    """A current folder for modules of one's own, which are gone again after the test."""
    modules, tables = set(sys.modules), [table.data for table in TABLES]
    for table in TABLES:  # without what readme_test, which runs the documents' blocks, has added
        table.data = {name: value for name, value in table.data.items() if name not in DOCUMENTED}
    monkeypatch.setattr(plugins, "_imported", [])
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for table, names in zip(TABLES, tables):
        table.data = names
    for name in set(sys.modules) - modules:
        if name.startswith("my_"):
            del sys.modules[name]


@pytest.fixture
def documented(repository, outside):
    """A function that writes a module of docs/extending.md into the current folder."""
    text = (repository / "docs" / "extending.md").read_text(encoding="utf-8")

    def write(name):
        code = re.search(rf"```python\n# {name}\.py\n(.*?)```", text, re.S).group(1)
        assert len(code.splitlines()) <= 60
        (outside / f"{name}.py").write_text(code)
        return name

    return write


def use(imports, photos, tmp_path, **flags):
    """Trains, evaluates, exports and searches with modules; returns the workdir and the export."""
    run, index = str(tmp_path / "run"), f"--index={tmp_path / 'index'}"
    argv = [f"--{name}={value}" for name, value in {**TRAINING, "workdir": run, **flags}.items()]
    assert train.main(["train", imports, *argv]) == 0
    model = f"--workdir={os.path.join(run, 'export')}"
    with run_functions_eagerly():
        assert evaluate.main(["evaluate", imports, f"--workdir={run}"]) == 0
        assert export.main(["export", imports, f"--workdir={run}"]) == 0
        assert search.main(["search", imports, model, index, f"--add={photos[0]}"]) == 0
        assert search.main(["search", imports, model, index, f"--query={photos[0]}"]) == 0
    return run, os.path.join(run, "export")


def test_a_system_of_ones_own(documented, market_folder, tmp_path, capsys):
    folder, name = market_folder(), documented("my_system")
    photos = read_folders("folder", folder).query.paths
    flags = {"model": "mine", "dataset": "folder", "data_dir": folder}
    run, exported = use(f"--import={name}", photos, tmp_path, **flags)
    printed = capsys.readouterr().out
    assert "mAP" in printed and os.path.basename(photos[0]) in printed
    assert tfreid.load(run).fingerprint == tfreid.load(exported).fingerprint

    del SYSTEMS.data["mine"], sys.modules[name]
    for place in (run, exported):
        with pytest.raises(InputError, match=f"--import={name}") as caught:
            tfreid.load(place)
        assert "\n" not in str(caught.value)
    assert name not in sys.modules


@pytest.mark.usefixtures("functions_run_eagerly")
def test_a_regularizer_a_backbone_and_a_data_set_of_ones_own(
    documented, market_folder, tmp_path, capsys
):
    """Trained without a graph, which a system of one's own has; the regularizer's is made alone."""
    names = ",".join(map(documented, ("my_drop", "my_backbone", "my_data")))
    dataset = read_folders("folder", market_folder())
    for split, images in dataset.splits():
        for path, pid, camid in zip(images.paths, images.pids, images.camids):
            place = tmp_path / "people" / split / str(pid) / str(camid)
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
    flags = {"model": "sona_net", "drop": "channels", "backbone": "mine", "dataset": "mine"}
    sizes = {"global_dim": 4, "local_dim": 6, "data_dir": str(tmp_path / "people")}
    run, _ = use(f"--import={names}", dataset.query.paths, tmp_path, **flags, **sizes)
    assert capsys.readouterr().out.count("mAP")
    assert f"--import={names}\n" in (tmp_path / "run" / "flags.cfg").read_text()
    network = tfreid.load(run).network
    drop = network.local_branch.drop
    assert type(drop).__name__ == "DropChannels"
    tf.config.run_functions_eagerly(False)
    dropped = tf.function(drop)(tf.ones([9, 2, 3, drop._channels]), training=True).numpy()
    assert set(dropped.std(axis=(1, 2)).flat) == {0} and len(np.unique(dropped)) == 2
    assert [layer.name for layer in network.backbone.network.layers][-1] == "level5"


def test_help_tells_the_flags_of_a_system_of_ones_own(documented, monkeypatch, capsys):
    argv = ["train", f"--import={documented('my_system')}", "--helpfull"]
    monkeypatch.setattr(sys, "argv", argv)
    with pytest.raises(SystemExit) as caught:
        run_command(train.main, list_groups, "Trains.")
    assert not caught.value.code and "--channels=8" in capsys.readouterr().out


def test_a_module_that_is_not_there_is_told():
    with pytest.raises(InputError, match="--import=no_such_module"):
        TrainOptions.parse(["train", "--import=no_such_module"])


def test_a_run_never_chooses_what_is_imported(outside):
    """A folder from elsewhere names a module, which lies beside it; only you can ask for it."""
    (outside / "my_trap.py").write_text("raise RuntimeError('was run')")
    flags = to_flagfile(TrainOptions.make({"height": 96}))
    (outside / "flags.cfg").write_text(f"--import=my_trap\n{flags}")
    assert Workdir(str(outside)).read_options().data.height == 96
    (outside / "flags.cfg").write_text("--import=my_trap\n--model=theirs\n")
    with pytest.raises(InputError, match="--import=my_trap"):
        Workdir(str(outside)).read_options()
    with pytest.raises(RuntimeError, match="was run"):
        TrainOptions.parse(["train", "--import=my_trap"])


def test_an_installed_plugin_needs_no_flag(documented, outside):
    documented("my_data")
    install(outside, "my_data")
    assert DataOptions(dataset="mine_in_folders").dataset == "mine_in_folders"
    assert SPECS["mine"].title == "My people"


def test_an_installed_plugin_that_is_broken_is_told(outside):
    (outside / "my_broken.py").write_text("import no_such_package")
    install(outside, "my_broken")
    with pytest.raises(InputError, match="my_broken: .*no_such_package") as caught:
        DataOptions(dataset="mine")
    assert "\n" not in str(caught.value)


def install(folder, name):
    """Makes a package of a module, as pip would leave it."""
    facts = folder / f"{name}-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(f"[tfreid.plugins]\n{name} = {name}\n")


def test_a_catalogue_imports_what_is_asked_for_and_asks_installed_plugins_before_it_misses():
    table = Catalogue(ones="numpy:ones")
    assert list(table) == ["ones"] and table["ones"] is np.ones
    assert "twos" not in table
    with pytest.raises(KeyError):
        table["twos"]
