"""Answers of a server: the client refuses a wrong one in a line, and in time.

A number that a damage makes another number is one: the protocol has no sums. So an answer counts as
unchanged that has a row of numbers for each photo.
"""

import json
import os
import socket
import threading
import time

from tfreid.serving.client import ClientError, ask, make_client

REFUSAL = ClientError
_SECONDS = 2
_PHOTOS, _WIDTH = 2, 4
_ANSWERS = ("metadata.http", "predict.http")


def make(folder):
    """Writes photos, and the answers of a server, heads included."""
    inputs = {"image_bytes": {"dtype": "DT_STRING"}}
    signatures = {"serving_default": {"inputs": inputs}}
    metadata = {"metadata": {"signature_def": {"signature_def": signatures}}}
    rows = [[0.5 * row + column for column in range(_WIDTH)] for row in range(_PHOTOS)]
    outputs = {"outputs": {"embedding": rows, "valid": [True] * _PHOTOS}}
    for name, body in zip(_ANSWERS, (metadata, outputs)):
        content = json.dumps(body).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
        with open(os.path.join(folder, name), "wb") as file:
            file.write(head.encode() + content)


def look(folder):
    """Returns the sizes of what the client makes of the answers."""
    photos = [__file__] * _PHOTOS
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, folder), daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        answer, table = ask(make_client(url, "sona_net", time.monotonic() + _SECONDS), photos)
    return len(answer["embedding"]), len(answer["valid"]), len(table.splitlines())


def _serve(listener, folder):
    for name in _ANSWERS:
        try:
            connection, _ = listener.accept()
            with connection, open(os.path.join(folder, name), "rb") as file:
                connection.recv(1 << 16)
                connection.sendall(file.read())
        except OSError:
            return
