"""TF_CONFIG: which workers train together, and which of them this process is."""

import dataclasses
import json
import os

from tfreid.errors import InputError

_FORM = (
    '{"cluster": {"worker": ["host:port", ...]}, "task": {"type": "worker", "index": 0}}, '
    "optionally with a chief"
)


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The workers of a training.

    Attributes:
      num_workers: processes that train together, the chief included.
      is_chief: whether this one writes what the run leaves behind: the task "chief" or, without
        one, worker 0.
    """

    num_workers: int = 1
    is_chief: bool = True


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
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"TF_CONFIG={text}: {error}; give {_FORM}.") from error


def _read(config):
    hosts = config.get("cluster", {})
    for kind, addresses in hosts.items():
        _check_hosts(kind, addresses)
    total = sum(map(len, hosts.values()))
    if total <= 1:
        return Cluster()
    kind, index = config["task"]["type"], config["task"]["index"]
    if kind not in hosts:
        raise ValueError(f"the task's type is {kind!r}, but the cluster has {', '.join(hosts)}")
    if not isinstance(index, int) or not 0 <= index < len(hosts[kind]):
        raise ValueError(f"the task's index is {index!r}, but there are {len(hosts[kind])} {kind}s")
    return Cluster(total, kind == "chief" or ("chief" not in hosts and index == 0))


def _check_hosts(kind, addresses):
    if kind not in ("chief", "worker"):
        raise ValueError(f"the cluster has a {kind!r}; training knows chief and worker only")
    if not isinstance(addresses, list) or not all(isinstance(host, str) for host in addresses):
        raise ValueError(f"{kind} must be a list of addresses")
    if kind == "chief" and len(addresses) > 1:
        raise ValueError("there can be one chief only")
