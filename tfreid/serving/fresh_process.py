"""Runs an exported model as a stranger would: with TensorFlow and nothing of tfreid.

    python fresh_process.py VERSION_FOLDER REQUESTS.npz ANSWERS.npz

`serving/verification.py` starts a copy of this file in a process of its own; it must not import
tfreid. An array's name in the files is "number of the request/signature/input or output".
"""

import sys

import numpy as np
import tensorflow as tf


def main(version, requests_path, answers_path):
    """Answers all requests by the signatures of a SavedModel."""
    signatures = tf.saved_model.load(version).signatures
    requests = {}
    # Bytes of images are objects to numpy; the file was written a moment ago, by the caller.
    with np.load(requests_path, allow_pickle=True) as arrays:
        for name in arrays.files:
            number, signature, key = name.split("/")
            inputs = requests.setdefault((int(number), signature), {})
            inputs[key] = tf.constant(arrays[name])
    answers = {}
    for (number, signature), inputs in requests.items():
        for key, value in signatures[signature](**inputs).items():
            answers[f"{number}/{signature}/{key}"] = value.numpy()
    np.savez(answers_path, **answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
    if any(name.partition(".")[0] == "tfreid" for name in sys.modules):
        sys.exit("tfreid was imported: this proves nothing about an export.")
