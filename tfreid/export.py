"""tfreid export --workdir=W [--export_dir=E]
   tfreid export --model=osnet_x0_25_msmt17 --export_dir=E

Writes a trained network as E/<version>/, a SavedModel for TF Serving that takes the bytes of JPEG
and PNG files and needs nothing of tfreid, with warm-up requests; beside it the files that the
server reads. docs/serving.md tells how to serve it and what its signatures take.
"""

import os

from tfreid.command_line import run_command, show
from tfreid.options import parse
from tfreid.options.evaluate import ExportOptions

GROUPS = (ExportOptions,)
_RUNTIMES = {"savedmodel": "a fresh process", "onnx": "onnxruntime", "tflite": "TFLite"}


def main(argv):
    """Exports what the command line describes; returns the exit code."""
    (options,) = parse(argv, GROUPS)
    options = options.with_absolute_paths()
    # The process that checks the export needs a share of the GPU, too.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    write = _find_writer(options.format)
    export = write(options.place, options.export_dir, None if options.step < 0 else options.step)
    rounding = f"but for {export.difference:.1g} of its largest number"
    likeness = rounding if export.difference else "to the bit"
    show(
        f"{export.version}\n"
        f"  {export.card['system']}, fingerprint {export.card['fingerprint'][:12]}\n"
        f"  answers in {_RUNTIMES[options.format]} as in memory, {likeness}"
    )
    return 0


def _find_writer(kind):
    """Returns the function that writes a format; loads TensorFlow."""
    if kind == "onnx":
        from tfreid.serving.embedding_files import export_onnx as write
    elif kind == "tflite":
        from tfreid.serving.embedding_files import export_tflite as write
    else:
        from tfreid.serving.exporting import export_run as write
    return write


if __name__ == "__main__":
    run_command(main, GROUPS, __doc__)
