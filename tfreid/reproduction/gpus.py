"""Which GPUs there are, without asking TensorFlow: it would take their memory for a mere waiter."""

import subprocess

_VARIABLE = "CUDA_VISIBLE_DEVICES"


def list_gpus(environment):
    """Returns the names of the GPUs that CUDA_VISIBLE_DEVICES allows, else of all; [] for none.

    Args:
      environment: a process's environment, such as `os.environ`.
    """
    if _VARIABLE in environment:
        names = [name.strip() for name in environment[_VARIABLE].split(",")]
        hidden = [place for place, name in enumerate(names) if name in ("", "-1")]
        return names[: hidden[0]] if hidden else names  # CUDA stops at the first that is none
    try:
        answer = subprocess.run(
            ["nvidia-smi", "--list-gpus"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    if answer.returncode:
        return []
    lines = [line for line in answer.stdout.splitlines() if line.startswith("GPU ")]
    return [str(number) for number in range(len(lines))]


def list_slots(environment, jobs, takes_all=False):
    """Returns the environments of the runs that go on at the same time, one for each.

    Args:
      environment: that of this process.
      jobs: how many; 0 for one on each GPU, or one without GPUs. More than GPUs share these.
      takes_all: whether each run trains on all GPUs at once, so that they count as one.
    """
    gpus = list_gpus(environment)
    if takes_all and gpus:
        gpus = [",".join(gpus)]
    if not gpus:
        return [dict(environment)] * (jobs or 1)
    # TensorFlow takes all memory of its GPU, unless it is told that it is not alone.
    sharing = {"TF_FORCE_GPU_ALLOW_GROWTH": "true"} if jobs > len(gpus) else {}
    return [
        {**environment, **sharing, _VARIABLE: gpus[slot % len(gpus)]}
        for slot in range(jobs or len(gpus))
    ]
