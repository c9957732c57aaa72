"""Version folders: whole or not there."""

import fcntl
import os
import signal
import subprocess
import sys

import pytest

from tfreid.errors import InputError
from tfreid.serving.versions import find_latest_version, write_version


def fill(folder):
    with open(os.path.join(folder, "saved_model.pb"), "w") as file:
        file.write("model")


def list_visible(folder):
    return sorted(name for name in os.listdir(folder) if not name.startswith(".lock"))


def test_versions_count_up_from_one(tmp_path):
    folder = str(tmp_path / "deep" / "export")
    assert write_version(folder, fill) == os.path.join(folder, "1")
    assert write_version(folder, fill) == os.path.join(folder, "2")
    assert list_visible(folder) == ["1", "2"]
    assert (tmp_path / "deep" / "export" / "2" / "saved_model.pb").read_text() == "model"


def test_the_next_version_follows_the_greatest_number_not_the_last_name(tmp_path):
    for name in ("2", "10", "notes", "models.config"):
        (tmp_path / name).mkdir()
    assert write_version(str(tmp_path), fill) == str(tmp_path / "11")


def test_a_server_of_another_user_may_read_it(tmp_path):
    version = write_version(str(tmp_path), fill)
    assert os.stat(version).st_mode & 0o055 == 0o055


def test_what_fails_while_filling_leaves_nothing(tmp_path):
    def fail(folder):
        fill(folder)
        raise InputError("says no")

    with pytest.raises(InputError, match="says no"):
        write_version(str(tmp_path / "new" / "export"), fail)
    assert not os.listdir(tmp_path)


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path):
    def fail(folder):
        fill(folder)
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match=r"^export_dir=.*: cannot be written .No space left on d"):
        write_version(str(tmp_path), fail)
    assert list_visible(tmp_path) == []


def test_a_killed_export_leaves_no_version_and_the_next_one_cleans_up(tmp_path, repository):
    code = """if True:
        import os, signal, sys
        from tfreid.serving.versions import write_version
        def fill(folder):
            open(os.path.join(folder, "saved_model.pb"), "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        write_version(sys.argv[1], fill)
    """
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=repository)
    assert done.returncode == -signal.SIGKILL
    assert [name[:3] for name in list_visible(tmp_path)] == [".1-"]
    write_version(str(tmp_path), fill)
    assert list_visible(tmp_path) == ["1"]


def test_two_exports_at_once_are_told(tmp_path):
    with open(tmp_path / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another process is exporting there; wait for it"):
            write_version(str(tmp_path), fill)
    assert list_visible(tmp_path) == []


def test_a_lock_that_is_a_link_is_not_followed(tmp_path):
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / ".lock").symlink_to(tmp_path / "mine")
    with pytest.raises(InputError, match=r"^export_dir=.*export: cannot be written"):
        write_version(str(tmp_path / "export"), fill)
    assert not (tmp_path / "mine").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"^export_dir=.*file/e: cannot be written"):
        write_version(str(tmp_path / "file" / "e"), fill)


def test_the_latest_version_is_found_from_its_folder_or_itself(tmp_path):
    for _ in range(2):
        write_version(str(tmp_path), fill)
    assert find_latest_version(str(tmp_path)) == str(tmp_path / "2")
    assert find_latest_version(str(tmp_path / "1")) == str(tmp_path / "1")


def test_what_is_no_whole_version_is_not_the_latest(tmp_path):
    version = write_version(str(tmp_path), fill)
    for name in ("7", "\u00b2", "notes"):
        (tmp_path / name).mkdir()
    assert find_latest_version(str(tmp_path)) == version


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(InputError, match="holds neither a run .* nor an exported model"):
        find_latest_version(str(tmp_path))


@pytest.mark.parametrize("name, told", [("nowhere", "nowhere"), ("", "''")])
def test_a_folder_that_is_not_there_is_named(name, told):
    with pytest.raises(InputError, match=f"^{told}: there is no such folder; check the name"):
        find_latest_version(name)
