"""`tfreid models`."""

import subprocess
import sys

import pytest

from tfreid.errors import InputError
from tfreid.weights.__main__ import main
from tfreid.weights.catalogue import WEIGHTS


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("TFREID_CACHE", str(tmp_path))
    return tmp_path / "weights"


def test_it_lists_every_name_with_its_data_terms_and_figures(capsys, cache):
    assert main(["tfreid models"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in WEIGHTS) and str(cache) in out
    for weights in WEIGHTS.values():
        assert weights.trained_on in out and weights.terms in out
        for rank1, average in weights.figures.values():
            assert f"rank-1 {rank1}, mAP {average}" in out


def test_it_says_what_is_here(capsys, cache):
    cache.mkdir()
    (cache / "osnet_x1_0_msmt17.pth").write_bytes(b"x")
    main(["tfreid models", "--only=osnet_x1_0_msmt17"])
    out = capsys.readouterr().out
    assert "osnet_x1_0_msmt17" in out and "not here yet" not in out
    assert "osnet_ain" not in out


def test_a_heading_without_a_name_is_left_out(capsys):
    main(["tfreid models", "--only=tfreid_small"])
    out = capsys.readouterr().out
    assert "Networks that know people" in out and "Starts of a training" not in out
    with pytest.raises(InputError, match="--only=smal1: no name has this in it"):
        main(["tfreid models", "--only=smal1"])


def test_it_loads_neither_tensorflow_nor_what_fetches():
    code = """if True:
        import sys
        from tfreid.weights.__main__ import list_models
        list_models()
        print(*{name.split('.')[0] for name in sys.modules})
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"tensorflow", "numpy", "requests"} & set(done.stdout.split())
