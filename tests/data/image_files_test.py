"""Memory for images: any number of threads, few large images at a time."""

import concurrent.futures
import io
import threading

import numpy as np
import pytest
from PIL import Image

from tests.image_files import encode, make_picture
from tfreid.data import image_files
from tfreid.data.image_files import LARGE_AT_ONCE, make_room, read_pixels
from tfreid.data.images import prepare_image


def _count_at_once(size, num_bytes=0):
    """Returns how many of twelve threads were in the room of images of a size at once."""
    inside, most, lock = [], [], threading.Lock()

    def enter(_):
        with make_room(*size, num_bytes):
            with lock:
                inside.append(1)
                most.append(len(inside))
            threading.Event().wait(0.02)
            with lock:
                inside.pop()

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        list(pool.map(enter, range(12)))
    return max(most)


@pytest.mark.parametrize("size, num_bytes", [((5000, 5000), 0), ((16_384, 1), 0), ((9, 9), 10**8)])
def test_few_large_images_are_in_memory_at_once(size, num_bytes):
    assert _count_at_once(size, num_bytes) <= LARGE_AT_ONCE


def test_one_huge_file_is_in_memory_at_once_beside_a_large_one():
    assert _count_at_once((5000, 5000), 10**8) == 1 < LARGE_AT_ONCE


def test_crops_do_not_wait_for_each_other():
    assert _count_at_once((128, 256), 50_000) > LARGE_AT_ONCE


def test_room_is_free_again_after_an_error():
    content = encode(Image.new("RGB", (1200, 1200)), "JPEG")
    for _ in range(2 * LARGE_AT_ONCE):
        with pytest.raises(ValueError, match="damaged or cut off"):
            read_pixels(io.BytesIO(content[:-200]), np.asarray)
    assert image_files._LARGE.acquire(blocking=False)
    image_files._LARGE.release()


def test_an_image_is_shrunk_before_the_next_large_one_begins():
    held = []

    def shrink(image):
        held.append(image_files._LARGE._value)
        return image[:2]

    pixels, _ = read_pixels(io.BytesIO(encode(make_picture(size=(1200, 1000)), "JPEG")), shrink)
    assert held == [LARGE_AT_ONCE - 1] and pixels.shape == (2, 1000, 3)


@pytest.mark.parametrize("make", [lambda picture: picture, np.asarray])
def test_many_threads_with_large_pictures_in_memory_do_not_block_each_other(make):
    picture = make_picture(size=(1200, 1000))
    threads = [
        threading.Thread(target=prepare_image, args=(make(picture), 8, 4), daemon=True)
        for _ in range(3 * LARGE_AT_ONCE)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
