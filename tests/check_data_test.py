"""The door `python -m tfreid.check_data`."""

import shutil
import subprocess
import sys

import pytest
from PIL import Image

from tfreid import check_data
from tfreid.errors import InputError


def _run(*flags):
    return check_data.main(["check_data", *flags])


def test_good_data_are_described_and_exit_with_0(market_folder, capsys):
    folder = market_folder(ids=32)
    assert _run("--dataset=folder", f"--data_dir={folder}", "--images_per_identity=2") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"own folder in {folder}"
    assert lines[-2:] == ["Training: possible.", "Evaluation: possible."]
    assert not any(line.startswith(("  warning", "  error")) for line in lines)


def test_one_camera_exits_with_1_and_says_what_to_do(market_folder, capsys):
    assert _run("--dataset=folder", f"--data_dir={market_folder(cameras=1)}") == 1
    text = capsys.readouterr().out
    assert "  error    All query and gallery images are of camera 1." in text
    assert text.endswith("Training: possible.\nEvaluation: not possible.\n")


def test_it_agrees_with_training_about_the_identities_of_a_batch(market_folder, capsys):
    """Four identities: a batch of four can be made, one of five cannot."""
    flags = ["--dataset=folder", f"--data_dir={market_folder(ids=4)}", "--nofull"]
    assert _run(*flags) == 0
    assert "training is possible with --identities_per_batch=4" in capsys.readouterr().out
    assert _run(*flags, "--identities_per_batch=4") == 0
    capsys.readouterr()
    assert _run(*flags, "--identities_per_batch=5") == 1
    text = capsys.readouterr().out
    assert "  error    Training with --identities_per_batch=5 needs that many" in text
    assert text.endswith("Training: not possible.\nEvaluation: possible.\n")


@pytest.mark.parametrize(("purpose", "code"), [("both", 1), ("train", 0), ("evaluate", 1)])
def test_the_exit_code_follows_the_purpose(market_folder, purpose, code):
    folder = market_folder()
    for split in ("query", "bounding_box_test"):
        shutil.rmtree(f"{folder}/{split}")
    flags = ["--dataset=folder", f"--data_dir={folder}", f"--purpose={purpose}"]
    assert _run(*flags) == code


def test_data_for_evaluation_need_no_training_images(market_folder):
    folder = market_folder()
    shutil.rmtree(f"{folder}/bounding_box_train")
    assert _run("--dataset=folder", f"--data_dir={folder}", "--purpose=evaluate") == 0
    assert _run("--dataset=folder", f"--data_dir={folder}", "--purpose=train") == 1


def test_headers_alone_can_be_checked(market_folder, capsys):
    assert _run("--dataset=folder", f"--data_dir={market_folder()}", "--nofull") == 0
    assert "all files begin like images" in capsys.readouterr().out


def test_a_photo_of_a_whole_scene_is_told(market_folder, capsys):
    folder = market_folder()
    Image.linear_gradient("L").resize((64, 36)).save(f"{folder}/query/0005_c1_scene.jpg")
    assert _run("--dataset=folder", f"--data_dir={folder}") == 0
    assert "  warning  1 image wider than tall" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--dataset=market"],
            "dataset=market: did you mean market1501. allowed values are",
        ),
        (["--data_dir=/no/such"], "data_dir=/no/such: no such folder"),
        (["--purpose=fun"], "purpose=fun: allowed values are both, train, evaluate"),
        (["--epochs=3"], "epochs"),
    ],
)
def test_wrong_flags_are_one_clear_line(flags, message):
    with pytest.raises(InputError, match=message) as caught:
        _run(*flags)
    assert "\n" not in str(caught.value)


def test_the_program_prints_one_line_and_exits_with_1(repository):
    result = subprocess.run(
        [sys.executable, "-m", "tfreid.check_data", "--dataset=nothing"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1 and not result.stdout
    assert result.stderr.startswith("error: --dataset=nothing: allowed values are market1501,")
    assert result.stderr.count("\n") == 1
