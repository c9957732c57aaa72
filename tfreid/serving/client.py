"""Asks a TF Serving server about photos: embeddings of SONA-Net, scores of KVM-MN.

    python -m tfreid.serving.client --url=http://HOST:8501 --model=sona_net photo1.jpg photo2.jpg
    python -m tfreid.serving.client --url=grpc://HOST:8500 --model=kvm_mn query.jpg other1.jpg ...

SONA-Net: prints the Euclidean distance of each photo to each other; the nearer, the more alike the
people. KVM-MN: prints the score of the first photo with each other; the higher, the more alike.
--json prints all that the server answered. http:// needs nothing but Python, grpc:// needs the
packages tensorflow and tensorflow-serving-api. This file can be copied: it is all there is.
"""

import argparse
import base64
import http.client
import json
import math
import os
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

BATCH = 32  # photos in a request; the exported batching.config allows no more
TIMEOUT_S = 60  # of the whole call; one more for each photo
MOST_BYTES = 1 << 26  # of one answer; those of 32 photos have a fiftieth of it
MOST_PHOTO_BYTES = 1 << 28
_BLOCK = 1 << 16
_TOLD = 300  # characters of what a server says
_MOST_NUMBERS = MOST_BYTES // 16  # of an output: gRPC can promise any number in a few bytes
# Of JSON that is none, or far too deep; of a port beyond 65,535.
_NO_ANSWER = (http.client.HTTPException, OSError, ValueError, RecursionError, OverflowError)


class ClientError(Exception):
    """What a user can mend, in one line."""


class RestClient:
    """TF Serving's REST protocol.

    Args:
      url: "http://HOST:PORT".
      model: name under which the model is served.
      deadline: time of `time.monotonic` at which all answers must be there.
    """

    def __init__(self, url, model, deadline):
        self.deadline = deadline
        self._url = f"{url.rstrip('/')}/v1/models/{urllib.parse.quote(model, safe='')}"

    def list_inputs(self):
        """Returns the names of `serving_default`'s inputs."""
        answer = self._ask("/metadata")
        try:
            signatures = answer["metadata"]["signature_def"]["signature_def"]
            return set(signatures["serving_default"]["inputs"])
        except (KeyError, TypeError, IndexError) as error:
            raise ClientError(
                f"{self._url}: no TF Serving server, or none of tfreid's models; check --url."
            ) from error

    def predict(self, inputs):
        """Calls `serving_default`.

        Args:
          inputs: {name: list of bytes}.

        Returns:
          {output: nested lists}.
        """
        encoded = {
            name: [{"b64": base64.b64encode(content).decode()} for content in contents]
            for name, contents in inputs.items()
        }
        body = {"signature_name": "serving_default", "inputs": encoded}
        return self._ask(":predict", json.dumps(body).encode()).get("outputs")

    def _ask(self, path, body=None):
        headers = {"Content-Type": "application/json"} if body else {}
        try:
            request = urllib.request.Request(self._url + path, body, headers)
            refusal, content = _run_until(self.deadline, lambda: self._read(request))
            answer = json.loads(content)
        except _NO_ANSWER as error:
            reason = _shorten(getattr(error, "reason", error)) or type(error).__name__
            raise ClientError(
                f"{self._url}: no answer of a TF Serving server ({reason}); check --url (REST is "
                "usually on port 8501, gRPC on 8500)."
            ) from error
        answer = answer if isinstance(answer, dict) else {}
        if refusal:
            said = _shorten(answer.get("error") or refusal)
            raise ClientError(f"{self._url}: the server says: {said}")
        return answer

    def _read(self, request):
        """Returns (its refusal in HTTP's own words, or "", what the server says)."""
        try:
            with urllib.request.urlopen(request, timeout=_find_rest(self.deadline)) as response:
                return "", _read_all(response, self.deadline)
        except urllib.error.HTTPError as error:
            with error:
                content = _read_all(error, self.deadline)
            is_json = content.lstrip().startswith(b"{")
            return f"{error.code} {error.reason}", content if is_json else b"{}"


def _run_until(deadline, call):
    """Returns what a call returns, or raises what it raises, `TimeoutError` after the deadline.

    A limit for each read would hold for ever with a server that drips, or a name's slow look-up.
    """
    outcome = {}

    def run():
        try:
            outcome["value"] = call()
        except Exception as error:  # is raised again where it can be told
            outcome["error"] = error

    # A socket's timeout holds for each read: a server that drips would be waited for forever.
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(_find_rest(deadline))
    if not outcome:
        raise TimeoutError("it takes too long")
    if "error" in outcome:
        raise outcome["error"]
    return outcome["value"]


def _find_rest(deadline):
    return max(0.01, deadline - time.monotonic())


def _read_all(response, deadline):
    content = b""
    while block := response.read1(_BLOCK):
        content += block
        if len(content) > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES:,} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError("it takes too long")
    return content


def _shorten(words):
    """Returns what a server says on one line of printable characters."""
    text = " ".join(str(words).split())[:_TOLD]
    return _escape(text)


def _escape(text):
    """Returns a text in which every character can be seen, none of which controls a terminal."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


class GrpcClient:
    """TF Serving's gRPC protocol; arguments and methods as of `RestClient`."""

    def __init__(self, url, model, deadline):
        self.deadline = deadline
        try:
            import grpc
            import tensorflow as tf
            from tensorflow_serving.apis import prediction_service_pb2_grpc
        except ImportError as error:
            raise ClientError(
                f"--url={url}: needs the packages tensorflow and tensorflow-serving-api ({error}); "
                "install them, or use http://."
            ) from error
        self._tf, self._grpc, self._model, self._url = tf, grpc, model, url
        limits = [
            ("grpc.max_receive_message_length", MOST_BYTES),
            ("grpc.max_send_message_length", -1),
        ]
        address = url[len("grpc://") :].rstrip("/")
        if not address:
            raise ClientError(f"--url={url}: give the host and port, as in grpc://HOST:8500.")
        channel = grpc.insecure_channel(address, limits)
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)

    def list_inputs(self):
        from tensorflow_serving.apis import get_model_metadata_pb2

        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        request.model_spec.name = self._model
        answer = self._ask(self._stub.GetModelMetadata, request).metadata["signature_def"]
        try:
            signatures = get_model_metadata_pb2.SignatureDefMap.FromString(answer.value)
        except Exception as error:  # of protobuf, whose class differs by version
            raise ClientError(f"{self._url}: no answer of a TF Serving server.") from error
        return set(signatures.signature_def["serving_default"].inputs)

    def predict(self, inputs):
        from tensorflow_serving.apis import predict_pb2

        request = predict_pb2.PredictRequest()
        request.model_spec.name = self._model
        request.model_spec.signature_name = "serving_default"
        for name, contents in inputs.items():
            tensor = self._tf.make_tensor_proto(contents, self._tf.string, [len(contents)])
            request.inputs[name].CopyFrom(tensor)
        outputs = self._ask(self._stub.Predict, request).outputs
        try:
            return {name: self._to_lists(value) for name, value in outputs.items()}
        except (ValueError, TypeError) as error:
            raise ClientError(f"{self._url}: its answer cannot be read.") from error

    def _to_lists(self, tensor):
        sizes = [dim.size for dim in tensor.tensor_shape.dim]
        # Before room is made for them.
        if min(sizes, default=0) < 0 or math.prod(sizes) > _MOST_NUMBERS:
            raise ValueError(sizes)
        return self._tf.make_ndarray(tensor).tolist()

    def _ask(self, call, request):
        try:
            return call(request, _find_rest(self.deadline))
        except self._grpc.RpcError as error:
            if error.code() in (
                self._grpc.StatusCode.UNAVAILABLE,
                self._grpc.StatusCode.DEADLINE_EXCEEDED,
            ):
                raise ClientError(
                    f"{self._url}: no answer of a TF Serving server ({_shorten(error.details())}); "
                    "check --url."
                ) from error
            raise ClientError(
                f"{self._url}: the server says: {_shorten(error.details())}"
            ) from error


def embed(client, photos):
    """Returns {"embedding": N lists, "valid": N booleans} of the bytes of N photos."""
    answers = {"embedding": [], "valid": []}
    for start in range(0, len(photos), BATCH):
        answer = client.predict({"image_bytes": photos[start : start + BATCH]})
        count = len(photos[start : start + BATCH])
        answers["valid"].extend(_take(answer, "valid", [count], bool))
        answers["embedding"].extend(_take(answer, "embedding", [count, None], float))
    _check_widths(answers["embedding"])
    return answers


def score(client, photos):
    """Returns {"scores", "valid"} of the bytes of N photos: those of the first with the others."""
    answers = {"scores": [], "valid": []}
    for start in range(1, len(photos), BATCH):
        gallery = photos[start : start + BATCH]
        answer = client.predict({"query_image_bytes": photos[:1], "gallery_image_bytes": gallery})
        query = _take(answer, "query_valid", [1], bool)
        answers["scores"].extend(_take(answer, "scores", [1, len(gallery)], float)[0])
        answers["valid"].extend(query if start == 1 else [])
        answers["valid"].extend(_take(answer, "gallery_valid", [len(gallery)], bool))
    return answers


def _take(answer, name, shape, kind):
    """Returns one output of an answer; raises `ClientError` unless it has this shape and kind."""
    values = answer.get(name) if isinstance(answer, dict) else None
    if not _has_shape(values, shape, kind):
        sizes = " x ".join(str(size or "N") for size in shape)
        raise ClientError(
            f"the server's answer has no proper {name!r} ({sizes} expected); it serves none of "
            "tfreid's models, or another version: check --url and --model."
        )
    return values


def _has_shape(values, shape, kind):
    if not shape:
        return _is_number(values) if kind is float else isinstance(values, kind)
    size, *rest = shape
    fits = isinstance(values, list) and len(values) == size if size else isinstance(values, list)
    return fits and bool(values) and all(_has_shape(value, rest, kind) for value in values)


def _is_number(value):
    """NaN is one: what is said of an image that cannot be read. Infinity is none of ours."""
    is_real = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_real and (value != value or abs(value) <= sys.float_info.max)


def _check_widths(embeddings):
    if len({len(row) for row in embeddings}) > 1:
        raise ClientError("the server's embeddings differ in length; check --url and --model.")


def format_distances(paths, answer):
    """Returns a table of the distances between photos."""
    rows = [f"{'':>4}" + "".join(f"{number:>9}" for number in range(1, len(paths) + 1))]
    for number, (path, one) in enumerate(zip(paths, answer["embedding"]), start=1):
        distances = "".join(f"{math.dist(one, other):9.3f}" for other in answer["embedding"])
        rows.append(f"{number:>4}{distances}  {_escape(path)}")
    return "\n".join(rows)


def format_scores(paths, answer):
    """Returns the photos ordered by their score with the first one."""
    pairs = sorted(zip(answer["scores"], paths[1:]), key=lambda pair: (-pair[0], pair[1]))
    rows = [f"{value:9.3f}  {_escape(path)}" for value, path in pairs if not math.isnan(value)]
    return "\n".join([f"score with {_escape(paths[0])}", *(rows or ["    none: see the warnings"])])


def _is_bad(row, valid):
    return not valid or any(map(math.isnan, row))


def format_json(paths, answer):
    """Returns an answer as JSON, which knows no NaN: null stands for what is not valid."""
    if "embedding" in answer:
        rows = zip(answer["embedding"], answer["valid"])
        answer = {**answer, "embedding": [None if _is_bad(*pair) else pair[0] for pair in rows]}
    else:
        scores = [None if math.isnan(value) else value for value in answer["scores"]]
        answer = {**answer, "scores": scores}
    return json.dumps({"photos": paths, **answer}, allow_nan=False)


def ask(client, paths):
    """Returns (answer, table in text) for photos, by what the served model can do."""
    inputs = client.list_inputs()
    photos = _read_photos(paths, client.deadline)
    if inputs == {"image_bytes"}:
        answer = embed(client, photos)
        return answer, format_distances(paths, answer)
    if inputs != {"query_image_bytes", "gallery_image_bytes"}:
        names = _shorten(sorted(map(str, inputs)))
        raise ClientError(f"the served model takes {names}: it is none of tfreid's.")
    if len(paths) < 2:
        raise ClientError("this model compares photos: give a query and at least one other photo.")
    answer = score(client, photos)
    return answer, format_scores(paths, answer)


def _read_photos(paths, deadline):
    try:
        return _run_until(deadline, lambda: [read_photo(path) for path in paths])
    except TimeoutError as error:  # a network file system may hang
        raise ClientError("the photos are not read in time; check their disk.") from error


def read_photo(path):
    """Returns a file's bytes; a pipe or a device, which may have no end, is refused."""
    reason = "no file" if os.path.exists(path) and not os.path.isfile(path) else ""
    try:
        if not reason:
            with open(path, "rb") as file:
                content = file.read(MOST_PHOTO_BYTES + 1)
            if len(content) <= MOST_PHOTO_BYTES:
                return content
            reason = f"more than {MOST_PHOTO_BYTES:,} bytes"
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = getattr(error, "strerror", None) or error
    raise ClientError(f"{path}: cannot be read ({reason}); check the name.")


def make_client(url, model, deadline):
    """Returns the client for the protocol of a URL; its answers must be there at a deadline."""
    for flag, text in (("url", url), ("model", model)):
        if not text.isprintable():  # nor are bytes that are no UTF-8
            raise ClientError(f"--{flag}={text}: has characters that no name of a server has.")
    for protocol, client in (
        ("http://", RestClient),
        ("https://", RestClient),
        ("grpc://", GrpcClient),
    ):
        if url.startswith(protocol):
            return client(url, model, deadline)
    raise ClientError(f"--url={url}: must begin with http://, https:// or grpc://.")


def parse(argv):
    """Returns the command line's values; wrong ones raise `ClientError`."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--url", default="http://localhost:8501", help="http://, https:// or grpc://"
    )
    parser.add_argument("--model", default="sona_net", help="name under which it is served")
    parser.add_argument("--json", action="store_true", help="print the whole answer")
    parser.add_argument("photos", nargs="+", help="JPEG or PNG files")
    parser.error = _refuse
    return parser.parse_args(argv)


def main(argv):
    """Prints what a server says of photos; returns the exit code."""
    for stream in filter(None, (sys.stdout, sys.stderr)):  # names may have what its encoding lacks
        stream.reconfigure(errors="backslashreplace")
    try:
        options = parse(argv)
        deadline = time.monotonic() + TIMEOUT_S + len(options.photos)
        client = make_client(options.url, options.model, deadline)
        answer, table = ask(client, options.photos)
    except ClientError as error:
        print(f"error: {_escape(str(error))}", file=sys.stderr)
        return 1
    bad = [path for path, valid in zip(options.photos, answer["valid"]) if not valid]
    for path in bad:
        told = f"warning: {_escape(path)}: the server cannot decode it; allowed are JPEG and PNG."
        print(told, file=sys.stderr)
    print(format_json(options.photos, answer) if options.json else table)
    return 1 if bad else 0


def _refuse(message):
    raise ClientError(f"{message}; --help tells more.")


def run(argv):
    """Returns `main`'s exit code; an answer that nobody can take is one line, or nothing."""
    try:
        code = main(argv)
        print(end="", flush=True)
        return code
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else it fails once more
        if not isinstance(error, BrokenPipeError):  # the reader, say `head`, has seen enough
            print(f"error: the answer cannot be written ({error.strerror}).", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
