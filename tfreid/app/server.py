"""The server: a socket, one model, one index, and the page in front of them."""

import ipaddress
import os
import secrets
import socket
import sys
import webbrowser

import uvicorn
from absl import logging

from tfreid.app.application import make_application
from tfreid.app.desk import Desk
from tfreid.errors import InputError
from tfreid.index.index import Index
from tfreid.index.stores import open_store
from tfreid.serving.loaded import load

_MOST_CONNECTIONS = 100
_GRACE = 5  # seconds that answers under way have when it ends


def serve(options, retrieval):
    """Serves the page until it is interrupted.

    Args:
      options: `AppOptions` with absolute paths.
      retrieval: `RetrievalOptions` of all searches.

    Raises:
      InputError: where the port is taken, or model and index cannot be read.
    """
    # First of all: a port that is taken is told before minutes of loading.
    with listen(options.host, options.port) as listener:
        # A folder of something else is told before the model is loaded.
        open_store(options.index).exists()
        is_local = _is_loopback(options.host)
        desk = _make_desk(options, retrieval, is_local)
        token = "" if is_local else secrets.token_urlsafe(32)
        hosts = [options.host, "localhost", "127.0.0.1"] if is_local else ["*"]
        _tell(f"http://{options.host}:{listener.getsockname()[1]}/", token, options.browser)
        try:
            run(make_application(desk, hosts, token), listener)
        finally:
            desk.work.stop()


def run(application, listener):
    """Answers at a socket until the process is interrupted."""
    config = uvicorn.Config(
        application,
        log_config=None,  # ours
        log_level="warning",
        access_log=False,  # it would name the token
        server_header=False,
        ws="none",
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _make_desk(options, retrieval, is_local):
    model = load(options.place)

    def open_index():
        return Index(options.index, model, options.batch_size)

    return Desk(open_index, retrieval, options.search_log, may_change=is_local)


def listen(host, port):
    """Returns a socket; raises `InputError` where nobody can listen there."""
    try:
        return socket.create_server((host, port))
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"host={host} port={port}: cannot be listened at ({reason}); give another `port`, or 0 "
            "for any that is free."
        ) from error


def _is_loopback(host):
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _tell(address, token, open_browser):
    address += f"?token={token}" if token else ""
    # A warning, since --quiet would otherwise hide where it is.
    logging.warning("the page is at %s (Ctrl+C ends it)", address)
    has_screen = sys.platform == "darwin" or {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ)
    if open_browser and has_screen:  # without one, a browser would take the terminal
        webbrowser.open(address)
