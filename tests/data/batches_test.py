"""The keys of a batch."""

from tfreid.data import batches


def test_keys_are_distinct():
    keys = [value for name, value in vars(batches).items() if name.isupper()]
    assert sorted(keys) == ["image", "index", "label", "likeness", "pid"]
