"""Writes the files of `torch.save` without PyTorch, opcode by opcode; hostile ones, too."""

import struct
import zipfile

import numpy as np

MAGIC = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19"  # 0x1950A86A20F9469CFC6C
KINDS = {"float32": "Float", "float64": "Double", "float16": "Half", "uint16": "BFloat16"}
KINDS.update({"int64": "Long", "uint8": "Byte", "bool": "Bool"})


def pickle_text(text):
    return b"X" + struct.pack("<I", len(text.encode())) + text.encode()


def pickle_number(number):
    return b"J" + struct.pack("<i", number)


def pickle_tuple(*items):
    return b"(" + b"".join(items) + b"t"


def pickle_call(name, *items):
    """Returns the opcodes that call `module.name` with pickled arguments."""
    module, function = name.rsplit(".", 1)
    return f"c{module}\n{function}\n".encode() + pickle_tuple(*items) + b"R"


def pickle_dictionary(items):
    pairs = b"".join(pickle_text(name) + value for name, value in items.items())
    return b"}(" + pairs + b"u"


def pickle_tensor(array, key, offset=0, shape=None, steps=None):
    """Returns the opcodes of a tensor on the storage `key`; uint16 stands for bfloat16."""
    shape = array.shape if shape is None else shape
    steps = [step // array.itemsize for step in array.strides] if steps is None else steps
    kind = f"ctorch\n{KINDS[array.dtype.name]}Storage\n".encode()
    storage = pickle_tuple(
        pickle_text("storage"),
        kind,
        pickle_text(key),
        pickle_text("cpu"),
        pickle_number(array.size),
    )
    return pickle_call(
        "torch._utils._rebuild_tensor_v2",
        storage + b"Q",
        pickle_number(offset),
        pickle_tuple(*map(pickle_number, shape)),
        pickle_tuple(*map(pickle_number, steps)),
        b"\x89",  # requires no gradient
        pickle_call("collections.OrderedDict"),
    )


def pickle_arrays(arrays):
    """Returns (opcodes of {name: tensor}, {key: array} of the storages)."""
    storages = {str(number): array for number, array in enumerate(arrays.values())}
    tensors = (pickle_tensor(array, key) for key, array in storages.items())
    return pickle_dictionary(dict(zip(arrays, tensors))), storages


def write_zip(path, content, storages, byteorder="little"):
    """Writes what PyTorch has written since 1.6; `content` is opcodes."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("m/data.pkl", b"\x80\x02" + content + b".")
        archive.writestr("m/byteorder", byteorder)
        for key, array in storages.items():
            archive.writestr(f"m/data/{key}", np.ascontiguousarray(array).tobytes())
    return str(path)


def write_pickles(path, content, storages):
    """Writes what PyTorch wrote before 1.6."""
    keys = b"](" + b"".join(map(pickle_text, storages)) + b"e"
    parts = [MAGIC, pickle_number(1001), pickle_dictionary({}), content, keys]
    with open(path, "wb") as file:
        for part in parts:
            file.write(b"\x80\x02" + part + b".")
        for array in storages.values():
            file.write(struct.pack("<q", array.size) + np.ascontiguousarray(array).tobytes())
    return str(path)


def write_state_dict(path, arrays):
    """Writes {name: numpy array} as PyTorch writes a state dict today."""
    return write_zip(path, *pickle_arrays(arrays))
