"""The records of the data sets, against the papers."""

import os

import numpy as np
import pytest
import scipy.io

from tfreid.data.folders import read_folders
from tfreid.data.specs import SPECS, SPLITS, Counts

INDEX_FOLDER = os.environ.get("TFREID_CUHK03_NP", "")


@pytest.mark.parametrize(
    ("name", "identities", "images", "cameras"),
    [
        ("market1501", 1501, 36036, 6),
        ("cuhk03_np_labeled", 1467, 14096, 2),
        ("cuhk03_np_detected", 1467, 14097, 2),
        ("dukemtmc_reid", 1812, 36411, 8),
    ],
)
def test_counts_add_up_to_the_totals_of_table_1(name, identities, images, cameras):
    """Table 1 of SONA-Net. Its Market-1501 total, 32,668, leaves out the 3,368 queries."""
    published = SPECS[name].published
    assert set(published) == set(SPLITS)
    assert sum(counts.images for counts in published.values()) == images
    assert published["train"].identities + published["gallery"].identities == identities
    assert {counts.cameras for counts in published.values()} == {cameras}


@pytest.mark.parametrize("variant", ["labeled", "detected"])
def test_both_protocols_of_cuhk03_part_the_same_images(variant):
    classic, new = SPECS[f"cuhk03_{variant}"], SPECS[f"cuhk03_np_{variant}"]
    assert classic.whole == new.whole and classic.variant == new.variant == variant
    assert sum(counts.images for counts in new.published.values()) == classic.whole.images


@pytest.mark.parametrize(
    ("variant", "papers_images", "of_one_camera"), [("labeled", 13163, 1), ("detected", 13164, 0)]
)
def test_the_papers_cuhk03_is_three_of_the_files_five_pairs(variant, papers_images, of_one_camera):
    """DeepReID's 1,360 identities and 13,164 images; the same numbers stand in KVM-MN's Table 2.

    Needs the index files, see below; names in them are PAIR_IDENTITY_CAMERA_NUMBER.png.
    """
    file = os.path.join(INDEX_FOLDER, f"cuhk03_new_protocol_config_{variant}.mat")
    if not os.path.isfile(file):
        pytest.skip("TFREID_CUHK03_NP names no folder with the index files")
    names = [str(cell[0]) for cell in scipy.io.loadmat(file)["filelist"].ravel()]
    rows = np.array([name[:-4].split("_")[:3] for name in names], int)
    people = np.unique(rows[:, :2], axis=0)
    assert np.bincount(people[:, 0])[1:].tolist() == [843, 440, 77, 58, 49]
    assert 843 + 440 + 77 == 1360 == 1160 + 100 + 100
    assert (rows[:, 0] <= 3).sum() == papers_images
    seen = np.unique(rows, axis=0)
    assert 2 * len(people) - len(seen) == of_one_camera
    assert SPECS[f"cuhk03_{variant}"].whole == Counts(len(names), len(people), 2)


def test_cuhk01_has_four_images_of_everyone():
    whole = SPECS["cuhk01"].whole
    assert whole.images == 4 * whole.identities and whole.identities == 485 + 486 == 871 + 100


@pytest.mark.parametrize("variant", ["labeled", "detected"])
def test_cuhk03_agrees_with_the_official_index_files(variant, tmp_path):
    """Folders made from the index files are read as the same splits.

    Needs cuhk03_new_protocol_config_{labeled,detected}.mat in the folder $TFREID_CUHK03_NP. They
    count from 1; names in the folders are PID_cCAMERA_NUMBER.png.
    """
    file = os.path.join(INDEX_FOLDER, f"cuhk03_new_protocol_config_{variant}.mat")
    if not os.path.isfile(file):
        pytest.skip("TFREID_CUHK03_NP names no folder with the index files")
    index = scipy.io.loadmat(file)
    spec = SPECS[f"cuhk03_np_{variant}"]
    pids, camids = index["labels"].ravel(), index["camId"].ravel()
    rows = {split: index[f"{split}_idx"].ravel().astype(int) - 1 for split in SPLITS}
    for split, folder in spec.folders().items():
        path = tmp_path / variant / folder
        path.mkdir(parents=True)
        for row in rows[split]:
            (path / f"{pids[row]:04d}_c{camids[row]}_{row}.png").touch()
    dataset = read_folders(f"cuhk03_np_{variant}", str(tmp_path))
    for split, images in dataset.splits():
        order = np.lexsort((rows[split].astype(str), camids[rows[split]], pids[rows[split]]))
        np.testing.assert_array_equal(images.pids, pids[rows[split]][order])
        np.testing.assert_array_equal(images.camids, camids[rows[split]][order])
        published = spec.published[split]
        assert len(images) == published.images
        assert len(set(images.pids.tolist())) == published.identities
        assert len(set(images.camids.tolist())) == published.cameras
