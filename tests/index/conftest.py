"""Where an index lies: what is tested of one store is tested of both."""

import importlib.util

import pytest

LANCE = pytest.param(
    "lance",
    marks=pytest.mark.skipif(
        importlib.util.find_spec("lancedb") is None, reason="needs the extra tfreid[lance]"
    ),
)


@pytest.fixture(params=["sqlite", LANCE])
def place(request, tmp_path):
    """A folder that is not there, or an address."""
    folder = str(tmp_path / "i")
    return folder if request.param == "sqlite" else f"file://{folder}"
