"""TF_CONFIG, as TensorFlow's documentation has it and as people get it wrong."""

import json
import signal
import socket
import subprocess
import sys
import threading

import pytest

from tests.free_ports import find_ports
from tfreid.errors import InputError
from tfreid.training import cluster
from tfreid.training.cluster import Cluster, check_addresses, read_cluster


@pytest.fixture
def set_config(monkeypatch):
    def set_config(hosts, kind="worker", index=0):
        config = {"cluster": hosts, "task": {"type": kind, "index": index}}
        monkeypatch.setenv("TF_CONFIG", json.dumps(config))

    return set_config


@pytest.mark.parametrize("text", [None, "", " ", "{}", '{"cluster": {"worker": ["a:1"]}}'])
def test_without_other_workers_a_process_is_alone_and_chief(monkeypatch, text):
    if text is None:
        monkeypatch.delenv("TF_CONFIG", raising=False)
    else:
        monkeypatch.setenv("TF_CONFIG", text)
    assert read_cluster() == Cluster(1, True)


def test_without_a_chief_worker_0_is_it(set_config):
    workers = {"worker": ["a:1", "b:1", "c:1"]}
    found = []
    for index in range(3):
        set_config(workers, index=index)
        found.append(read_cluster())
    assert found == [Cluster(3, True), Cluster(3, False), Cluster(3, False)]


def test_a_chief_is_the_only_one_and_a_worker_like_the_others(set_config):
    hosts = {"chief": ["a:1"], "worker": ["b:1", "c:1"]}
    set_config(hosts, "chief")
    assert read_cluster() == Cluster(3, True)
    set_config(hosts, "worker", 0)
    assert read_cluster() == Cluster(3, False)


def test_a_chief_and_one_worker_are_two(set_config):
    set_config({"chief": ["a:1"], "worker": ["b:1"]})
    assert read_cluster() == Cluster(2, False)


@pytest.mark.parametrize(
    ("cluster", "kind", "index", "message"),
    [
        ({"worker": ["a:1", "b:1"], "ps": ["c:1"]}, "worker", 0, "'ps'; training knows chief and"),
        ({"worker": ["a:1", "b:1"]}, "worker", 2, "index is 2, but there are 2 workers"),
        ({"worker": ["a:1", "b:1"]}, "worker", "0", "index is '0'"),
        ({"worker": ["a:1", "b:1"]}, "chief", 0, "type is 'chief', but the cluster has worker"),
        ({"worker": "a:1,b:1"}, "worker", 0, "worker must be a list of addresses"),
        ({"chief": ["a:1", "b:1"]}, "chief", 0, "one chief only"),
        ({"worker": ["a:1", "b:1", "a:1"]}, "worker", 0, "'a:1' is there twice"),
        ({"chief": ["a:1"], "worker": ["a:1"]}, "worker", 0, "'a:1' is there twice"),
    ],
)
def test_a_wrong_cluster_is_told_in_one_line(set_config, cluster, kind, index, message):
    set_config(cluster, kind, index)
    with pytest.raises(InputError) as caught:
        read_cluster()
    text = str(caught.value)
    assert text.startswith("TF_CONFIG=") and message in text and "\n" not in text
    assert '"task": {"type": "worker", "index": 0}' in text


@pytest.mark.parametrize("text", ["{", "[]", '"worker"', '{"cluster": {"worker": ["a:1", "b:1"]}}'])
def test_what_is_no_config_at_all_is_told(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(InputError, match="^TF_CONFIG="):
        read_cluster()


def test_a_host_that_nobody_knows_and_a_port_in_use_are_named(monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE_S", 0)
    check_addresses(Cluster(2, True, f"localhost:{find_ports(1)[0]}", ("localhost:1", "[::1]:2")))
    with pytest.raises(InputError, match="^TF_CONFIG: no-such-host.invalid:1: "):
        check_addresses(Cluster(2, True, "", ("localhost:1", "no-such-host.invalid:1")))
    for host in ("a..b", "b" * 64, f"{'c' * 64}.example.org", ".d"):
        with pytest.raises(InputError, match=f"^TF_CONFIG: {host}:1: is no name of a host"):
            check_addresses(Cluster(2, True, "", ("localhost:1", f"{host}:1")))
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()
        own = f"localhost:{other.getsockname()[1]}"
        with pytest.raises(InputError, match=f"^TF_CONFIG: own port {own}: "):
            check_addresses(Cluster(2, True, own, (own,)))


def test_workers_who_do_not_come_are_named_and_end_even_what_holds_pythons_lock(repository):
    code = """if True:
        import ctypes, logging
        logging.basicConfig(level="INFO")
        from tfreid.training.cluster import Cluster, limit_joining
        with limit_joining(Cluster(2, True, "a:1", ("a:1", "b:1"), 60)):
            pass
        with limit_joining(Cluster(2, True, "a:1", ("a:1", "b:1"), 0.1)):
            ctypes.PyDLL(None).pause()
    """
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == -signal.SIGALRM
    assert done.stderr.count("joining b:1;") == 2


@pytest.mark.parametrize("is_there", [True, False])
def test_a_worker_that_is_gone_before_the_first_step_is_not_waited_for(monkeypatch, is_there):
    """TensorFlow waits for ever for one that leaves between joining and its first operation."""
    monkeypatch.setattr(cluster, "LOOK_S", 0.01)
    left, said, begun, looks = [], [], threading.Event(), threading.Semaphore(0)
    monkeypatch.setattr(cluster.os, "_exit", lambda code: (left.append(code), begun.set()))
    monkeypatch.setattr(cluster.logging, "error", lambda *words: said.append(words))
    look = cluster._listens
    monkeypatch.setattr(cluster, "_listens", lambda address: (looks.release(), look(address))[1])
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listener:
        other = f"127.0.0.1:{listener.getsockname()[1]}"
        if not is_there:
            listener.close()
        cluster.watch_others(Cluster(2, True, "a:1", ("a:1", other)), begun)
        if is_there:
            for _ in range(9):
                looks.acquire()
            begun.set()
        assert begun.wait(60)
    assert (left, len(said)) == (([], 0) if is_there else ([1], 1))


@pytest.mark.parametrize("seconds", [0, -1, "9", True, 1e9])
def test_a_time_to_join_is_a_number_of_seconds(monkeypatch, seconds):
    config = {"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 0}}
    monkeypatch.setenv("TF_CONFIG", json.dumps({**config, "join_seconds": 600}))
    assert read_cluster().join_seconds == 600
    monkeypatch.setenv("TF_CONFIG", json.dumps({**config, "join_seconds": seconds}))
    with pytest.raises(InputError, match="join_seconds"):
        read_cluster()


@pytest.mark.parametrize("address", ["a", "a:", ":1", "a:b", "a:0", "a:65536", "a:1:"])
def test_an_address_has_a_host_and_a_port(set_config, address):
    set_config({"worker": ["a:1", address]})
    with pytest.raises(InputError, match="no address of the form host:port"):
        read_cluster()
