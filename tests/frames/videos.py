"""Small videos whose frames can be told apart."""

import numpy as np
import pytest

SIZE = (48, 64)  # rows, columns


def make_frame(number, size=SIZE):
    """Returns a frame, uint8[h, w, 3]: colors by quarter, brighter with its number."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    quarters = np.stack([2 * rows < size[0], 2 * columns < size[1], rows >= 0], -1)
    return np.uint8(quarters * 90 + 20 + 7 * (number % 16))


def write_video(path, numbers, rate=25, rotation=0, size=SIZE):
    """Writes a video of some frames of `make_frame`; skips the test where nothing writes videos."""
    av = pytest.importorskip("av", reason="the extra tfreid[video]")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.height, stream.width = size
        stream.pix_fmt, stream.bit_rate = "yuv420p", 10_000_000
        if rotation:
            stream.set_display_rotation(rotation)
        for number in numbers:
            frame = av.VideoFrame.from_ndarray(make_frame(number, size), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return str(path)
