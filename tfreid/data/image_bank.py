"""All images of a split, decoded and resized, in memory: read once instead of in every epoch."""

import tensorflow as tf

from tfreid.data import transforms
from tfreid.progress import Progress

_CHUNK = 64


class ImageBank:
    """Decoded, resized images, of which tf.data may read any row in any order.

    The images are held as a TensorList. A tensor of the same size would be copied whenever an
    iterator is made, a variable whenever a slice is filled in; a list costs its own bytes only, and
    reading from it has no state, so that it stays parallel under `enable_op_determinism`.
    """

    def __init__(self, paths, height, width):
        """Reads the images in parallel, reporting progress.

        Args:
          paths: N file names.
          height: rows to resize to.
          width: columns to resize to.

        Raises:
          tf.errors.OpError: for a file that cannot be read (see `examination.explain_read_error`).
        """
        self._shape = [height, width, 3]
        gigabytes = len(paths) * height * width * 3 / 1e9
        progress = Progress(f"Reading images into memory ({gigabytes:.2f} GB)", len(paths))
        with tf.device("CPU:0"):
            images = tf.data.Dataset.from_tensor_slices(list(paths)).map(
                lambda path: transforms.read_image(path, height, width),
                num_parallel_calls=tf.data.AUTOTUNE,
                # In the order of the paths: a row of the bank is found by its number.
                deterministic=True,
            )
            self._list = tf.raw_ops.EmptyTensorList(
                element_shape=self._shape, max_num_elements=-1, element_dtype=tf.uint8
            )
            for chunk in images.batch(_CHUNK).prefetch(2):
                self._append(chunk)
                progress.advance(len(chunk))

    def read(self, row):
        """Returns image number `row` (int32 scalar): uint8[height, width, 3]."""
        return tf.raw_ops.TensorListGetItem(
            input_handle=self._list,
            index=row,
            element_shape=self._shape,
            element_dtype=tf.uint8,
        )

    def _append(self, chunk):
        more = tf.raw_ops.TensorListFromTensor(tensor=chunk, element_shape=self._shape)
        self._list = tf.raw_ops.TensorListConcatLists(
            input_a=self._list, input_b=more, element_dtype=tf.uint8
        )
