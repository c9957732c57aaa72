"""The sides of a check: each prepares a work in a process of its own; see `measure_sides`."""

import dataclasses
import statistics

from tools.benchmarks.sides import measure_sides
from tools.benchmarks.training_step import TrainingStepBenchmark, prepare_ours
from tools.gpu.cases import Case

NOT_RUN = "not run"
GRAPH, XLA, BY_JAX, PYTORCH = "tensorflow_graph", "tensorflow_xla", "xla_by_jax", "pytorch"


def find_gpus(by_jax):
    """Returns the names of the GPUs that TensorFlow sees, or JAX."""
    if by_jax:
        import jax

        return [device.device_kind for device in jax.devices() if device.platform == "gpu"]
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    return [tf.config.experimental.get_device_details(gpu)["device_name"] for gpu in gpus]


def list_sides(case, steps, modes, modules=""):
    """Returns {name: (prepare, arguments)} of a case.

    Args:
      case: `Case`; a small one, for machines without a GPU, is not compiled: that takes minutes.
      steps: how many times a turn does the work.
      modes: PyTorch's sides, of `torch_sides.MODES`.
      modules: folder of exported modules, to be run by JAX in place of TensorFlow; else empty.
    """
    if modules:
        sides = {BY_JAX: (prepare_module, (modules, case.name, steps))}
    else:
        sides = {GRAPH: (prepare_tensorflow, (case, False, steps))}
        sides.update({} if case.small else {XLA: (prepare_tensorflow, (case, True, steps))})
    theirs = {f"{PYTORCH}_{mode}": (prepare_torch, (case, mode, steps)) for mode in modes}
    return {**sides, **theirs}


def list_replicas(num_gpus, steps):
    """Returns the sides of SONA-Net's training as `tfreid.train` runs it: one GPU, then all."""
    options = Case("sona", "train").options
    benchmark = TrainingStepBenchmark(steps=steps, first_steps=2)
    identities = num_gpus * options.learning.identities_per_batch
    both = options._replace(
        run=dataclasses.replace(options.run, devices="gpus"),
        learning=dataclasses.replace(options.learning, identities_per_batch=identities),
    )
    return {"one": (prepare_ours, (benchmark, options)), "all": (prepare_ours, (benchmark, both))}


def measure(sides, turns, steps):
    """Returns {side: {"milliseconds": median, "least", "most"}, or why it was not run}.

    With 0 turns each side only does its work once.
    """
    try:
        measured = measure_sides(sides, 0, turns)
    except RuntimeError as error:  # of the first, without which the others are not measured
        return {next(iter(sides)): str(error)}
    return {name: _report(side, steps) for name, side in measured.items()}


def _report(side, steps):
    if side.missing is not None:
        return f"{NOT_RUN}: {side.missing}"
    if not side.seconds:
        return NOT_RUN
    numbers = statistics.median(side.seconds), min(side.seconds), max(side.seconds)
    return {
        name: round(1e3 * seconds / steps, 3)
        for name, seconds in zip(("milliseconds", "least", "most"), numbers)
    }


def prepare_tensorflow(case, jit_compile, steps):
    """Returns the work of our side."""
    import tensorflow as tf

    from tools.gpu.functions import make_function

    function, arguments = make_function(case)
    call = tf.function(function, jit_compile=jit_compile or None, autograph=False)

    def work():
        for _ in range(steps):
            results = call(*arguments)
        return results[0].numpy()  # waits for the device

    return work


def prepare_module(folder, name, steps):
    """Returns the work of an exported module."""
    from tools.gpu.compiled_modules import CompiledModule

    module = CompiledModule(folder, name)
    module()
    module.check_finite()

    def work():
        for _ in range(steps):
            results = module()
        module.wait(results)

    return work


def prepare_torch(case, mode, steps):
    """Returns the work of a side of PyTorch."""
    import torch  # an optional extra

    from tools.gpu.torch_works import make_work

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    once = make_work(case, device, mode == "compile")

    def work():
        for _ in range(steps):
            once()
        if device.type == "cuda":
            torch.cuda.synchronize()

    return work
