"""TF_CONFIG: which workers train together, and which of them this process is."""

import contextlib
import dataclasses
import json
import os
import re
import signal
import socket
import threading
import time

from absl import logging

from tfreid.errors import InputError

JOIN_S = 45  # for all workers to come, who start at about the same time
LOOK_S = 5  # between two looks whether the others are there
PATIENCE_S = 30  # for names that a cluster's service is about to know, a port about to be free
_MOST_MISSES = 4  # in a row, until a worker is given up
_FORM = (
    '{"cluster": {"worker": ["host:port", ...]}, "task": {"type": "worker", "index": 0}}, '
    'optionally with a chief, and with "join_seconds"'
)


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The workers of a training.

    Attributes:
      num_workers: processes that train together, the chief included.
      is_chief: whether this one writes what the run leaves behind: the task "chief" or, without
        one, worker 0.
      own: address of this one, "host:port".
      addresses: of all of them.
      join_seconds: how long this one waits for the others.
    """

    num_workers: int = 1
    is_chief: bool = True
    own: str = dataclasses.field(default="", compare=False)
    addresses: tuple = dataclasses.field(default=(), compare=False)
    join_seconds: float = dataclasses.field(default=JOIN_S, compare=False)


def read_cluster():
    """Returns the `Cluster` of the environment variable TF_CONFIG; one process without it.

    Raises:
      InputError: for a TF_CONFIG of another form, or with tasks that take no part in training.
    """
    text = os.environ.get("TF_CONFIG", "").strip()
    if not text:
        return Cluster()
    try:
        return _read(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InputError(f"TF_CONFIG={text}: {error}; give {_FORM}.") from error


def check_addresses(cluster):
    """Raises `InputError` for a host that nobody knows, or where this worker's port is in use.

    TensorFlow would wait for such a host for an hour, and end with a trace of a busy port.
    """
    cure = "change TF_CONFIG on all workers"
    for address in cluster.addresses:
        _try_for_a_while(_find_host, address, f"TF_CONFIG: {address}", cure)
    if cluster.own:
        _try_for_a_while(_take_port, cluster.own, f"TF_CONFIG: own port {cluster.own}", cure)


@contextlib.contextmanager
def limit_joining(cluster):
    """Ends the process by SIGALRM where the other workers do not come in time; says so before.

    TensorFlow waits for an hour. It holds Python's lock meanwhile, so that no thread and no handler
    could end it: only what the system does by itself.
    """
    logging.info(
        'joining %s; ends by SIGALRM after %g s without them (TF_CONFIG: "join_seconds").',
        ", ".join(address for address in cluster.addresses if address != cluster.own),
        cluster.join_seconds,
    )
    try:
        before = signal.signal(signal.SIGALRM, signal.SIG_DFL)
    except ValueError:  # not the first thread of its program: nothing ends it
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, cluster.join_seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def watch_others(cluster, begun):
    """Ends this process where another worker is gone before the first step is made.

    TensorFlow may wait for ever for one that has left between joining and its first operation. One
    is gone where nobody listens at its address; machines that do not answer are not judged.

    Args:
      cluster: `Cluster`, all of whose workers have joined.
      begun: `threading.Event`, from which on TensorFlow notices by itself.
    """
    others = [address for address in cluster.addresses if address != cluster.own]

    def look():
        misses = dict.fromkeys(others, 0)
        while not begun.wait(LOOK_S):
            for address in others:
                misses[address] = 0 if _listens(address) else misses[address] + 1
                if misses[address] == _MOST_MISSES and not begun.is_set():
                    _leave_behind(address)

    threading.Thread(target=look, daemon=True).start()


def _listens(address):
    try:
        # Brackets are IPv6's: [::1]:12345.
        host, port = address.rpartition(":")[0].strip("[]"), _read_port(address)
        socket.create_connection((host, port), timeout=LOOK_S).close()
    except ConnectionRefusedError:
        return False
    except OSError:
        pass
    return True


def _leave_behind(address):
    logging.error(
        "another worker, %s, was lost before the first step; give the same command again on all "
        "workers.",
        address,
    )
    # An exception would end this thread alone; the first one stands in TensorFlow.
    os._exit(1)


def _try_for_a_while(attempt, address, name, cure):
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return attempt(address)
        except UnicodeError as error:  # it has an empty part between points, or one of 64 letters
            raise InputError(f"{name}: is no name of a host; {cure}.") from error
        except OSError as error:
            if time.monotonic() >= deadline:
                raise InputError(f"{name}: {error.strerror}; {cure}.") from error
        # A machine that is just starting has no name yet, a port that was just left is still taken.
        time.sleep(1)


def _find_host(address):
    socket.getaddrinfo(address.rpartition(":")[0].strip("[]"), _read_port(address))


def _take_port(address):
    with socket.socket() as mine:
        # A worker that has just ended does not keep it.
        mine.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        mine.bind(("", _read_port(address)))


def _read_port(address):
    return int(address.rpartition(":")[2])


def _read(config):
    hosts = config.get("cluster", {})
    for kind, addresses in hosts.items():
        _check_hosts(kind, addresses)
    addresses = sum(hosts.values(), [])
    twice = [host for host in addresses if addresses.count(host) > 1]
    if twice:
        raise ValueError(f"{twice[0]!r} is there twice; each worker needs an address of its own")
    if len(addresses) <= 1:
        return Cluster()
    kind, index = config["task"]["type"], config["task"]["index"]
    if kind not in hosts:
        raise ValueError(f"the task's type is {kind!r}, but the cluster has {', '.join(hosts)}")
    if not isinstance(index, int) or not 0 <= index < len(hosts[kind]):
        raise ValueError(f"the task's index is {index!r}, but there are {len(hosts[kind])} {kind}s")
    is_chief = kind == "chief" or ("chief" not in hosts and index == 0)
    seconds = config.get("join_seconds", JOIN_S)
    # To Python, JSON's `true` is the number 1.
    if isinstance(seconds, bool) or not 0 < seconds < 1e6:
        raise ValueError(f'"join_seconds" is {seconds!r}, not above 0 and below a million')
    return Cluster(len(addresses), is_chief, hosts[kind][index], tuple(addresses), seconds)


def _check_hosts(kind, addresses):
    if kind not in ("chief", "worker"):
        raise ValueError(f"the cluster has a {kind!r}; training knows chief and worker only")
    if not isinstance(addresses, list) or not all(isinstance(host, str) for host in addresses):
        raise ValueError(f"{kind} must be a list of addresses")
    for host in addresses:
        if not re.fullmatch(r".+:[0-9]{1,5}", host) or not 0 < _read_port(host) < 1 << 16:
            raise ValueError(f"{host!r} is no address of the form host:port")
    if kind == "chief" and len(addresses) > 1:
        raise ValueError("there can be one chief only")
