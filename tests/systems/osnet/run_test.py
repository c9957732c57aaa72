"""OSNet from a training to an answer: whatever every system does, it does."""

import numpy as np

from tests.tiny_trainings import FLAGS
from tfreid import evaluate, train
from tfreid.serving.exporting import export_run
from tfreid.serving.loaded import load


def test_it_is_trained_evaluated_exported_and_loaded(market_folder, tmp_path, capsys):
    folder, workdir = market_folder(), str(tmp_path / "w")
    places = {"dataset": "folder", "data_dir": folder, "workdir": workdir}
    learning = {"identities_per_batch": 2, "images_per_identity": 2, "epochs": 1}
    flags = {"model": "osnet", "variant": "ain_x0_25", "unit_length": "true", **learning}
    argv = ["tfreid", *(f"--{name}={v}" for name, v in {**FLAGS, **flags, **places}.items())]
    assert train.main(argv) == 0
    assert evaluate.main(["tfreid", f"--workdir={workdir}"]) == 0
    assert "rank-1" in capsys.readouterr().out
    export = export_run(workdir, str(tmp_path / "export"))
    images = np.random.default_rng(0).integers(0, 256, (3, 40, 24, 3), dtype=np.uint8)
    run, exported = load(workdir), load(str(tmp_path / "export"))
    assert run.fingerprint == exported.fingerprint == export.card["fingerprint"]
    np.testing.assert_allclose(exported.embed(images), run.embed(images), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(run.embed(images), axis=1), 1, rtol=1e-5)
