import sys
import types

import pytest

from tfreid.errors import InputError
from tfreid.options import parse
from tools.benchmarks import first_answer


@pytest.mark.usefixtures("sides_here")
def test_every_command_is_run_and_measured(monkeypatch):
    commands = []

    def run(command, **_):
        commands.append(command)
        return types.SimpleNamespace(returncode=0)

    monkeypatch.setattr(first_answer, "subprocess", types.SimpleNamespace(run=run))
    numbers = first_answer.measure(*parse(["", *first_answer.SMALL], first_answer.GROUPS))
    assert {"tfreid", "embedding", "tensorflow", "cpu_to_embedding"} <= set(numbers)
    add, search, embedding, *_ = [command for command in commands if len(command) > 3]
    assert add[:-1] == search[:-1] and add[-1].startswith("--add=")
    assert search[-1].removeprefix("--query=") == embedding[-1]


def test_one_photo_of_each_person_is_drawn(tmp_path):
    first = first_answer.write_photos(str(tmp_path / "photos"), 3)
    pictures = {path.read_bytes() for path in (tmp_path / "photos").iterdir()}
    assert len(pictures) == 3 and first == str(tmp_path / "photos" / "0000.jpg")


def test_a_command_that_fails_is_told_by_its_own_words():
    first_answer.prepare_command([sys.executable, "-c", "print()"])()
    with pytest.raises(InputError, match="exit code 1: no such thing"):
        first_answer.prepare_command([sys.executable, "-c", "raise SystemExit('no such thing')"])()
