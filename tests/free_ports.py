"""Ports of this machine that nobody uses."""

import socket


def find_ports(count):
    """Returns so many different ports; another process may take one before it is used."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
