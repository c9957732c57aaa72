"""One tiny run and one export of each system, made once for all tests of serving."""

import pytest

from tests.tiny_runs import write_run
from tfreid.serving.exporting import export_run

SYSTEMS = ("sona_net", "kvm_mn")


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """{system: workdir}."""
    folder = tmp_path_factory.mktemp("runs")
    return {system: write_run(folder / system, system) for system in SYSTEMS}


@pytest.fixture(scope="session")
def exports(runs, tmp_path_factory):
    """{system: `Export`}, of `runs`; each in a folder of its own."""
    folder = tmp_path_factory.mktemp("exports")
    return {system: export_run(runs[system], str(folder / system)) for system in SYSTEMS}
