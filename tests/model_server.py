"""The real `tensorflow_model_server`, where one is on the PATH."""

import contextlib
import os
import shutil
import subprocess
import time
import urllib.request

from tests.free_ports import find_ports

BINARY = shutil.which("tensorflow_model_server")
_START_S = 120


@contextlib.contextmanager
def serve(versions):
    """Serves {name: version folder}; yields {"http": url, "grpc": url}."""
    rest, grpc = find_ports(2)
    folder = os.path.dirname(next(iter(versions.values())))
    config = os.path.join(os.path.dirname(folder), "models.for.test.config")
    with open(config, "w", encoding="utf-8") as file:
        file.write(_write_config(versions))
    command = [
        BINARY,
        f"--rest_api_port={rest}",
        f"--port={grpc}",
        f"--model_config_file={config}",
    ]
    log = config + ".log"
    with open(log, "w", encoding="utf-8") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file)
    try:
        for name in versions:
            _wait(f"http://127.0.0.1:{rest}/v1/models/{name}", process, log)
        yield {"http": f"http://127.0.0.1:{rest}", "grpc": f"grpc://127.0.0.1:{grpc}"}
    finally:
        process.terminate()
        process.wait(30)


def _write_config(versions):
    models = "".join(
        f'config {{ name: "{name}" base_path: "{os.path.dirname(version)}" '
        'model_platform: "tensorflow" }'
        for name, version in versions.items()
    )
    return f"model_config_list {{ {models} }}"


def _wait(url, process, log):
    end = time.monotonic() + _START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                if b"AVAILABLE" in response.read():
                    return
        except OSError:
            pass  # not yet
        time.sleep(0.2)
    with open(log, encoding="utf-8", errors="replace") as file:
        raise RuntimeError(f"{BINARY} does not serve {url}: {file.read()[-2000:]}")
