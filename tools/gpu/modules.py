"""A TensorFlow function as a file for other runtimes: an HLO module and its variables.

For machines that have XLA but no TensorFlow. A module is three files: NAME.hlo.gz, what
TensorFlow gives XLA; NAME.json, its parameters and where their new values come out; NAME.npz,
values. `compiled_modules` runs them.
"""

import gzip
import json
import os
import re

import numpy as np

_SMALL = 4096  # numbers; of larger arrays of drawn numbers, mean and deviation are stored


def export_module(function, arguments, folder, name, exact=False):
    """Writes a module of a function of tensors, as TensorFlow would compile it by XLA.

    Args:
      function: takes tensors, returns a list of tensors; may change variables.
      arguments: tensors, whose values are stored like those of variables.
      folder: where to; it must exist.
      name: of the files.
      exact: whether to store all values. Otherwise large arrays of floats are stored as mean and
        deviation, and drawn anew where they are needed: as good for the clock, not for the result.
    """
    import tensorflow as tf  # whoever only reads modules has none

    traced = tf.function(function, jit_compile=True, autograph=False)
    concrete = traced.get_concrete_function(*arguments)
    compiler = traced.experimental_get_compiler_ir(*arguments)
    values = {f"argument{index}": value for index, value in enumerate(arguments)}
    values.update(_find_captures(concrete))
    arrays = {key: value.numpy() for key, value in values.items()}
    kept = {key: array for key, array in arrays.items() if exact or _is_stored(array)}
    parameters = [_describe(key, array) for key, array in arrays.items()]
    description = {"parameters": parameters, "updates": _read_updates(compiler(stage="hlo"))}
    path = os.path.join(folder, name)
    with gzip.open(f"{path}.hlo.gz", "wb") as file:
        file.write(compiler(stage="hlo_serialized"))
    with open(f"{path}.json", "w", encoding="utf-8") as file:
        json.dump(description, file)
    np.savez_compressed(f"{path}.npz", **kept)


def read_module(folder, name):
    """Returns the serialized HLO, its parameters as dicts, {result: parameter}, and {name: array}.

    A parameter has a name, shape, dtype, mean and deviation; the second dict says which results
    are new values of which parameters, by their numbers.
    """
    path = os.path.join(folder, name)
    with open(f"{path}.json", encoding="utf-8") as file:
        description = json.load(file)
    with gzip.open(f"{path}.hlo.gz", "rb") as file:
        hlo = file.read()
    with np.load(f"{path}.npz") as arrays:
        values = {key: arrays[key] for key in arrays.files}
    updates = {int(result): index for result, index in description["updates"].items()}
    return hlo, description["parameters"], updates, values


def draw(parameter, seed):
    """Returns numbers with a parameter's shape, dtype, mean and deviation."""
    numbers = np.random.default_rng(seed).standard_normal(parameter["shape"], np.float32)
    numbers = parameter["mean"] + parameter["deviation"] * numbers
    return numbers.astype(parameter["dtype"])


def _find_captures(concrete):
    """Returns {name: variable or tensor} of what a traced function captured, in XLA's order."""
    variables = {id(variable.handle): variable for variable in concrete.graph.variables}
    captures = {}
    for index, captured in enumerate(concrete.captured_inputs):
        variable = variables.get(id(captured))
        name = f"constant{index}" if variable is None else f"{index}/{variable.name}"
        captures[name] = captured if variable is None else variable
    return captures


def _describe(name, array):
    description = {"name": name, "shape": list(array.shape), "dtype": array.dtype.name}
    return {**description, "mean": float(array.mean()), "deviation": float(array.std())}


def _is_stored(array):
    return array.size <= _SMALL or array.dtype.kind != "f"


def _read_updates(hlo):
    """Returns {number of a result: number of the parameter whose new value it is}."""
    header = hlo[: hlo.index("entry_computation_layout")]
    return {int(r): int(p) for r, p in re.findall(r"\{(\d*)\}: \((\d+), \{\}", header) if r}
