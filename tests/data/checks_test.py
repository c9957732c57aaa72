"""The whole check of a data set."""

import shutil

import pytest
from PIL import Image

from tfreid.data.checks import inspect
from tfreid.data.csv_table import read_csv
from tfreid.data.folders import read_folders


def _tell(root, **settings):
    report = inspect(read_folders("folder", root), identities_per_batch=2, **settings)
    return report, [(finding.level, finding.text) for finding in report.findings]


def test_a_good_folder_has_nothing_but_good_findings(market_folder):
    root = market_folder(ids=3)
    report, told = _tell(root, images_per_identity=4)
    assert report.title == f"own folder in {root}"
    assert report.can_train and report.can_evaluate
    assert {level for level, _ in told} == {"ok"}
    assert told[0][1].startswith(
        "Layout: image folders bounding_box_train, query, bounding_box_test"
    )
    assert ("ok", "gallery: all files can be decoded.") in told
    assert told[-1] == ("ok", "No two files have the same content.")


def test_a_truncated_image_is_found_when_all_is_decoded(market_folder):
    root = market_folder()
    path = read_folders("folder", root).train.paths[0]
    with open(path, "rb+") as file:
        file.truncate(file.seek(0, 2) - 50)
    report, told = _tell(root)
    assert not report.can_train and report.can_evaluate
    (error,) = [text for level, text in told if level == "error"]
    assert error.startswith(f"train: 1 of 16 files cannot be read: {path}: damaged or cut off")
    quick, told = _tell(root, full=False)
    assert quick.can_train
    assert ("ok", "train: all files begin like images.") in told
    assert not any("same content" in text for _, text in told)


@pytest.mark.parametrize("full", [True, False])
def test_many_broken_files_are_counted_and_five_are_named(market_folder, full):
    root = market_folder(ids=4)
    for path in read_folders("folder", root).query.paths:
        open(path, "w").close()
    report, told = _tell(root, full=full)
    assert report.can_train and not report.can_evaluate
    (error,) = [text for level, text in told if level == "error"]
    assert error.startswith("query: 8 of 8 files cannot be read: ")
    assert error.count("the file is empty") == 5 and error.endswith("; and 3 more.")


def test_the_batch_that_is_planned_is_checked(market_folder):
    root = market_folder(ids=3)
    report = inspect(read_folders("folder", root), identities_per_batch=4, images_per_identity=5)
    told = {finding.level: finding.text for finding in report.findings}
    assert "identities_per_batch=4" in told["error"]
    assert "images_per_identity=5" in told["warning"]
    assert not report.can_train and report.can_evaluate


def test_training_images_alone_cannot_be_evaluated_on(market_folder):
    root = market_folder()
    for folder in ("query", "bounding_box_test"):
        shutil.rmtree(f"{root}/{folder}")
    report, told = _tell(root)
    assert report.can_train and not report.can_evaluate
    assert told[0][1].startswith("Layout: image folders bounding_box_train; names")


def test_one_camera_cannot_be_evaluated_on(market_folder):
    report, told = _tell(market_folder(cameras=1))
    assert report.can_train and not report.can_evaluate
    assert any(text.startswith("All query and gallery images are of camera 1.") for _, text in told)


def test_people_in_training_and_test_are_a_warning(market_folder):
    root = market_folder()
    path = read_folders("folder", root).train.paths[0]
    shutil.copy(path, path.replace("bounding_box_train", "bounding_box_test"))
    _, told = _tell(root)
    warnings = [text for level, text in told if level == "warning"]
    assert [text.split(":")[0] for text in warnings] == [
        "In training and in the test splits",
        "In training and in the test splits, byte by byte",
    ]


def test_a_table_is_checked_like_a_folder(market_folder, tmp_path):
    image = read_folders("folder", market_folder()).train.paths[0]
    table = tmp_path / "table.csv"
    table.write_text(f"path,pid,camid,split\n{image},1,1,train\n")
    report = inspect(read_csv(str(table)))
    assert report.title == f"own CSV in {table}"
    assert report.findings[0].text == "Layout: a table of images (path, pid, camid, split)."
    assert not report.can_train and not report.can_evaluate


def test_odd_images_are_counted_by_kind_and_the_first_is_named(market_folder):
    dataset = read_folders("folder", market_folder())
    for path in (dataset.train.paths[3], dataset.query.paths[0]):
        Image.new("RGB", (8, 20), "red").save(path)
    (text,) = [f.text for f in inspect(dataset).findings if "one color" in f.text]
    assert text.startswith("2 images of almost one color; the first is ")
    assert min(dataset.train.paths[3], dataset.query.paths[0]) in text
