"""Drawing a share of the pictures."""

import json
import os
import subprocess
import sys

from PIL import Image

from tfreid.pedestrians import artist
from tfreid.pedestrians.layout import FOLDERS, plan_pictures
from tfreid.pedestrians.settings import SyntheticSettings

TINY = dict(train_ids=2, test_ids=1, cameras=2, least_cameras=2, distractors=1, junk=1, height=32,
            width=16)  # fmt: skip


def _make_folder(path):
    for name in FOLDERS:
        (path / name).mkdir(parents=True)
    return str(path)


def _list_files(folder):
    return {os.path.relpath(os.path.join(where, name), folder)
            for where, _, names in os.walk(folder) for name in names}  # fmt: skip


def test_shares_are_disjoint_and_together_everything(tmp_path):
    settings, drawn = SyntheticSettings(**TINY), []
    folder = _make_folder(tmp_path / "set")
    for share in range(3):
        drawn += artist.draw_share(folder, settings, share, 3)
    assert len(drawn) == len(set(drawn)) == len(plan_pictures(settings)) == 14
    assert _list_files(folder) == {picture.path for picture in drawn}
    with Image.open(os.path.join(folder, drawn[0].path)) as image:
        assert (image.format, image.size) == ("JPEG", (16, 32))


def test_a_process_of_its_own_tells_each_picture_and_loads_no_tensorflow(tmp_path, repository):
    folder = _make_folder(tmp_path / "set")
    code = (
        "import sys; from tfreid.pedestrians.artist import main; code = main(sys.argv[1:]);"
        "sys.exit(99 if 'tensorflow' in sys.modules else code)"
    )
    command = [sys.executable, "-c", code, folder, json.dumps(TINY), "0", "2"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=repository)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == len(_list_files(folder)) == 7


def test_a_folder_that_vanished_ends_the_process_with_the_reason(tmp_path, capsys):
    code = artist.main([str(tmp_path / "gone"), json.dumps(TINY), "0", "1"])
    assert code == artist.CANNOT_WRITE
    assert capsys.readouterr().err == "No such file or directory\n"
