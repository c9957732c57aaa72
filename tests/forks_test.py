"""A forked child of a process that has used TensorFlow is told, and does not hang."""

import os
import threading

import numpy as np
import tensorflow as tf

from tests.image_files import make_picture
from tfreid.data.examination import examine_all
from tfreid.data.images import prepare_image
from tfreid.errors import InputError
from tfreid.training.run import train


def test_whatever_needs_tensorflow_is_refused_in_a_child_of_one_that_has_used_it():
    tf.constant(1)
    prepare_image(make_picture(), 4, 2)
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        threading.Timer(20, os._exit, [1]).start()  # it would hang for ever
        for use in (
            lambda: prepare_image(np.zeros([9, 5, 3], np.uint8), 7, 3),
            lambda: examine_all(["a.jpg"]),
            lambda: train(None),
        ):
            try:
                use()
            except InputError as error:
                os.write(writer, str(error).encode() + b"\n")
        os._exit(0)
    os.waitpid(child, 0)
    told = os.read(reader, 9999).decode().splitlines()
    os.close(reader), os.close(writer)
    assert len(told) == 3 and all("was forked from" in line for line in told)
