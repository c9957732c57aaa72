"""A named file comes once, whole and checked, or not at all, with one line that says why."""

import concurrent.futures
import errno
import hashlib
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.weights.file_server import serve
from tfreid.errors import InputError
from tfreid.weights import fetching
from tfreid.weights.__main__ import list_models
from tfreid.weights.catalogue import WEIGHTS, Weights
from tfreid.weights.fetching import obtain

CONTENT = bytes(range(256)) * 400  # 102,400 bytes
DIGEST = hashlib.sha256(CONTENT).hexdigest()
NAME = "test_weights"


@pytest.fixture(scope="module")
def server():
    with serve(CONTENT) as running:
        yield running


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch, server):
    """An empty cache folder, and nothing between this machine and itself."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TFREID_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(fetching, "_announced", set())
    server.requests.clear()
    yield tmp_path / "cache" / "weights"
    WEIGHTS.pop(NAME, None)


@pytest.fixture
def name_weights(server):
    """A function that lists weights which the server sends in a way; returns their name."""

    def name(way, sha256=DIGEST, address=None):
        address = address or f"{server.address}/{way}/model.pth"
        WEIGHTS[NAME] = Weights("some data", "their terms", address=address, sha256=sha256)
        return NAME

    return name


def list_files(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def refuse(name):
    """Returns the one line with which a name is refused."""
    with pytest.raises(InputError) as caught:
        obtain(name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("way", ["whole", "slowly", "redirect"])
def test_a_file_is_fetched_once_and_then_found(name_weights, server, cache, way):
    path, facts = obtain(name_weights(way))
    assert path == str(cache / f"{NAME}.pth")
    with open(path, "rb") as file:
        assert file.read() == CONTENT
    assert facts["sha256"] == DIGEST and facts["terms"] == "their terms"
    count = len(server.requests)
    assert obtain(NAME) == (path, facts) and len(server.requests) == count
    assert list_files(cache) == [f"{NAME}.pth"]


@pytest.mark.parametrize("way", ["cut", "page", "missing", "busy", "loop"])
@pytest.mark.parametrize("sha256", [DIGEST, ""], ids=["known", "unknown"])
def test_what_is_not_the_file_is_not_kept(name_weights, server, cache, way, sha256):
    told = refuse(name_weights(way, sha256))
    assert server.address in told
    assert str(cache / f"{NAME}.pth") in told  # where to put it by hand
    assert list_files(cache) == []


def test_a_file_with_another_digest_is_not_kept(name_weights, cache):
    told = refuse(name_weights("other"))
    assert DIGEST in told and hashlib.sha256(CONTENT[::-1]).hexdigest() in told
    assert list_files(cache) == []


def test_a_server_that_drips_is_given_up(name_weights, monkeypatch, cache):
    monkeypatch.setattr(fetching, "PATIENCE", 0.2)
    refuse(name_weights("drips"))
    assert list_files(cache) == []


def test_without_a_network_one_line_says_where_from_and_where_to(name_weights, cache):
    address = "http://127.0.0.1:9/model.pth"  # nobody listens there
    told = refuse(name_weights("", address=address))
    assert address in told and str(cache / f"{NAME}.pth") in told
    assert os.strerror(errno.ECONNREFUSED) in told and "Pool" not in told
    assert list_files(cache) == []


def test_a_file_that_was_put_there_by_hand_is_used_or_refused(name_weights, server, cache):
    name = name_weights("whole")
    cache.mkdir(parents=True)
    (cache / f"{NAME}.pth").write_bytes(CONTENT)
    assert obtain(name)[1]["sha256"] == DIGEST
    (cache / f"{NAME}.pth").write_bytes(CONTENT[:-1])
    assert DIGEST in refuse(name) and server.requests == []


def test_the_beginning_of_a_digest_is_a_digest(name_weights, cache):
    obtain(name_weights("whole", DIGEST[:8]))
    (cache / f"{NAME}.pth").unlink()
    refuse(name_weights("other", DIGEST[:8]))


def test_an_unknown_digest_is_kept_at_first_and_held_to_afterwards(name_weights, cache):
    obtain(name_weights("whole", sha256=""))
    kept = cache / f"{NAME}.pth.sha256"
    assert kept.read_text() == f"{DIGEST}  {NAME}.pth\n"  # as `sha256sum --check` reads it
    obtain(NAME)
    (cache / f"{NAME}.pth").write_bytes(CONTENT[::-1])
    assert DIGEST in refuse(NAME)


def test_terms_are_told_before_the_file_comes_and_once(name_weights, server, monkeypatch):
    told = []

    def log(level, message, *values):
        told.append((message % values, len(server.requests)))

    monkeypatch.setattr(fetching.logging, "log", log)
    obtain(name_weights("whole"))
    obtain(NAME)
    ((line, requests),) = [(line, count) for line, count in told if "their terms" in line]
    assert "some data" in line and requests == 0


def test_a_proxy_is_asked_in_place_of_the_server(name_weights, server, monkeypatch):
    monkeypatch.setenv("http_proxy", server.address)
    address = "http://nowhere.invalid/whole/model.pth"
    assert obtain(name_weights("", address=address))[1]["sha256"] == DIGEST
    assert server.requests == [address]


def test_a_name_that_several_threads_ask_for_is_fetched_once(name_weights, server, cache):
    name = name_weights("slowly")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        paths = {path for path, _ in pool.map(obtain, [name] * 4)}
    assert paths == {str(cache / f"{NAME}.pth")} and len(server.requests) == 1


PROGRAM = """if True:
    import sys
    from tfreid.weights.catalogue import WEIGHTS, Weights
    from tfreid.weights.fetching import obtain
    WEIGHTS["test_weights"] = Weights("data", "terms", address=sys.argv[1], sha256=sys.argv[2])
    print(obtain("test_weights")[0], flush=True)
"""


def start(address):
    command = [sys.executable, "-c", PROGRAM, address, DIGEST]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_processes_at_once_both_have_the_file(server, cache):
    processes = [start(f"{server.address}/slowly/model.pth") for _ in range(2)]
    for process in processes:
        out, error = process.communicate(timeout=60)
        assert out.splitlines()[-1:] == [str(cache / f"{NAME}.pth")], error
    assert list_files(cache) == [f"{NAME}.pth"]


def test_an_interrupt_leaves_nothing(server, cache):
    process = start(f"{server.address}/drips/model.pth")
    while process.poll() is None and not list_files(cache):
        time.sleep(0.01)  # until the file has been begun, aside
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0 and list_files(cache) == []


def test_a_full_disk_is_one_line_and_leaves_nothing(name_weights, monkeypatch, cache):
    class FullFile:
        def __init__(self, path, mode):
            self._file = open(path, mode)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self._file.close()

        def write(self, block):
            self._file.write(block[:10])
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(fetching, "open", FullFile, raising=False)
    told = refuse(name_weights("whole"))
    assert "No space left on device" in told and str(cache) in told
    assert list_files(cache) == []


def test_a_cache_that_cannot_be_written_is_one_line(name_weights, cache):
    cache.parent.write_text("a file where the folder should be")
    assert str(cache) in refuse(name_weights("whole"))


def test_nothing_is_fetched_by_listing(name_weights, server):
    name_weights("whole")
    assert NAME in list_models() and server.requests == []
