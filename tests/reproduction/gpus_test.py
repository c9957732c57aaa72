"""Which GPUs runs are spread over."""

import pytest

from tfreid.reproduction.gpus import list_gpus, list_slots

ANSWER = "GPU 0: NVIDIA H100 (UUID: GPU-1)\n  MIG 1g.10gb\nGPU 1: NVIDIA H100 (UUID: GPU-2)\n"


@pytest.fixture
def install_tool(tmp_path, monkeypatch):
    """Puts an `nvidia-smi` of one's own first among the programs."""

    def install(answer, code=0):
        tool = tmp_path / "nvidia-smi"
        tool.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}END\nexit {code}\n")
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    return install


@pytest.mark.parametrize(
    ("allowed", "names"),
    [("", []), ("-1", []), ("0", ["0"]), ("2, 0", ["2", "0"]), ("1,-1,0", ["1"])],
)
def test_the_environment_says_which(allowed, names):
    assert list_gpus({"CUDA_VISIBLE_DEVICES": allowed}) == names


def test_without_it_the_drivers_tool_is_asked(install_tool):
    install_tool(ANSWER)
    assert list_gpus({}) == ["0", "1"]


def test_a_tool_that_fails_means_none(install_tool):
    install_tool("GPU 0: but the driver is broken\n", code=9)
    assert list_gpus({}) == []


def test_no_tool_means_none(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert list_gpus({}) == []


def test_each_gpu_takes_one_run_unless_more_are_asked_for():
    environment = {"CUDA_VISIBLE_DEVICES": "3,5", "A": "b"}

    def see(jobs):
        slots = list_slots(environment, jobs)
        assert all(slot["A"] == "b" for slot in slots)
        return [slot["CUDA_VISIBLE_DEVICES"] for slot in slots]

    assert see(0) == ["3", "5"]
    assert see(1) == ["3"]
    assert see(3) == ["3", "5", "3"]


def test_runs_on_all_gpus_follow_each_other():
    slots = list_slots({"CUDA_VISIBLE_DEVICES": "3,5"}, 0, takes_all=True)
    assert slots == [{"CUDA_VISIBLE_DEVICES": "3,5"}]
    assert list_slots({"CUDA_VISIBLE_DEVICES": ""}, 0, takes_all=True) == [
        {"CUDA_VISIBLE_DEVICES": ""}
    ]


def test_runs_that_share_a_gpu_do_not_take_all_of_its_memory():
    for jobs, told in ((1, None), (2, "true")):
        for slot in list_slots({"CUDA_VISIBLE_DEVICES": "0"}, jobs):
            assert slot.get("TF_FORCE_GPU_ALLOW_GROWTH") == told


def test_a_cpu_takes_one_run_unless_more_are_asked_for():
    environment = {"CUDA_VISIBLE_DEVICES": ""}
    assert list_slots(environment, 0) == [environment]
    assert list_slots(environment, 2) == [environment] * 2
