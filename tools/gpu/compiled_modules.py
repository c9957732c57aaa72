"""Runs the modules of `tools.gpu.modules` by JAX's runtime; needs no TensorFlow."""

import jax
import numpy as np
from jaxlib import xla_client

from tools.gpu.modules import draw, read_module

jax.config.update("jax_enable_x64", True)  # step counters have 64 bits


class CompiledModule:
    """A module, compiled for the first device, with its variables there.

    Args:
      folder: of the module's files.
      name: of the module.
    """

    def __init__(self, folder, name):
        self.device = jax.devices()[0]
        hlo, parameters, self._updates, values = read_module(folder, name)
        self._names = [parameter["name"] for parameter in parameters]
        self._executable = _compile(hlo, self.device)
        self._values = [
            jax.device_put(values[name] if name in values else draw(parameter, index), self.device)
            for index, (name, parameter) in enumerate(zip(self._names, parameters))
        ]

    def __call__(self):
        """Returns the results, JAX arrays, of the stored arguments, and moves the variables.

        The device may still be working when it returns.
        """
        outputs = self._executable.execute_sharded(self._values)
        outputs = [shards[0] for shards in outputs.disassemble_into_single_device_arrays()]
        for result, parameter in self._updates.items():
            self._values[parameter] = outputs[result]
        return [value for index, value in enumerate(outputs) if index not in self._updates]

    def wait(self, results=()):
        """Waits until the device has done all it was given."""
        jax.block_until_ready([*results, *self._values])

    def read_variables(self):
        """Returns {name: numpy array} of arguments and variables."""
        return {name: np.asarray(value) for name, value in zip(self._names, self._values)}

    def check_finite(self):
        """Raises `FloatingPointError` where a variable is not finite: such times say little."""
        for name, value in self.read_variables().items():
            if value.dtype.kind == "f" and not np.isfinite(value).all():
                raise FloatingPointError(f"{name} is not finite after the step")


def _compile(hlo, device):
    computation = xla_client.XlaComputation(hlo)
    module = xla_client._xla.mlir.xla_computation_to_mlir_module(computation)
    # Results that are new values of variables end in a copy, which GPUs' plugins do not know.
    module = module.replace("= mhlo.copy ", "= stablehlo.optimization_barrier ")
    devices = xla_client.DeviceList((device,))
    return device.client.compile_and_load(module, devices, xla_client.CompileOptions())
