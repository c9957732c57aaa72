"""The stand-in for CUHK03's file, read as the real one is."""

import pytest

from tfreid.data.readers import read_dataset
from tfreid.errors import InputError
from tfreid.options import parse
from tfreid.options.data import DataOptions
from tools import cuhk03_stand_in

TINY = ["--share=0.005", "--test_identities=2", "--height=32", "--width=16"]


def test_the_classic_protocol_reads_drawn_people(tmp_path):
    """Of pairs of 4, 2, 1, 1 and 1 people two are tested on, three of the others learned from."""
    out = tmp_path / "cuhk-03.mat"
    cuhk03_stand_in.main(["", f"--out={out}", *TINY])
    flags = ["--dataset=cuhk03_labeled", f"--data_dir={out}", "--all_train_identities"]
    dataset = read_dataset(*parse(["", *flags], (DataOptions,)))
    assert len(set(dataset.query.pids)) == 2 and len(dataset.query) == len(dataset.gallery) == 20
    assert len(set(dataset.train.pids)) == 7 and len(dataset.train) == 70
    for split in (dataset.train, dataset.query):
        cameras = {}
        for pid, camid in zip(split.pids.tolist(), split.camids.tolist()):
            cameras.setdefault(pid, []).append(camid)
        assert all(sorted(of_one) == [1] * 5 + [2] * 5 for of_one in cameras.values())


def test_a_file_that_exists_is_kept(tmp_path):
    (tmp_path / "mine.mat").write_text("mine")
    with pytest.raises(InputError, match="mine.mat: exists; give a new file"):
        cuhk03_stand_in.main(["", f"--out={tmp_path}/mine.mat"])
    assert (tmp_path / "mine.mat").read_text() == "mine"
