"""The writer of BUILD files, on small trees whose rules are known."""

import ast
import textwrap

import pytest

from tools import update_build


@pytest.fixture
def tree(tmp_path):
    """A factory of source trees: `tree({path: text})` returns its root."""

    def make(files):
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(textwrap.dedent(text), encoding="utf-8")
        return tmp_path

    return make


def test_imports_inside_functions_count():
    source = "import a.b\nfrom c import d\ndef f():\n    from e import g as h, i\n"
    assert update_build.list_imports(ast.parse(source)) == {
        ("a.b", ""),
        ("c", "d"),
        ("e", "g"),
        ("e", "i"),
    }


def test_a_name_taken_from_a_package_is_its_module_where_there_is_one(tree):
    root = tree(
        {
            "tfreid/__init__.py": "",
            "tfreid/data/__init__.py": "",
            "tfreid/data/records.py": "Split = 1\n",
            "tfreid/one.py": "from tfreid.data import records\n",
            "tfreid/two.py": "from tfreid.data.records import Split\n",
            "tfreid/three.py": "from tfreid import __version__\n",
        }
    )
    modules = update_build.read_modules(root)
    assert modules["tfreid/one.py"].internal == ("tfreid/data/records.py",)
    assert modules["tfreid/two.py"].internal == ("tfreid/data/records.py",)
    assert modules["tfreid/three.py"].internal == ("tfreid/__init__.py",)


def test_other_packages_are_named_as_pip_names_them_and_pythons_own_are_left_out(tree):
    root = tree({"tfreid/x.py": "import json, fcntl, sys\nimport PIL.Image\nimport keras_cv\n"})
    assert update_build.read_modules(root)["tfreid/x.py"].external == ("Pillow", "keras-cv")


def test_a_rule_names_its_source_its_dependencies_and_its_packages(tree):
    root = tree(
        {
            "tfreid/errors.py": "",
            "tfreid/data/records.py": "import numpy\n",
            "tfreid/data/readers.py": """\
                from absl import logging
                from tfreid import errors
                from tfreid.data import records
                """,
        }
    )
    text = update_build.write_builds(root)["tfreid/data/BUILD"]
    assert text.startswith("# Kept true by tools/update_build.py")
    assert text.endswith(
        """
py_library(
    name = "readers",
    srcs = ["readers.py"],
    deps = [
        ":records",
        "//tfreid:errors",
        # pip: absl-py
    ],
)

py_library(
    name = "records",
    srcs = ["records.py"],
    deps = [
        # pip: numpy
    ],
)
"""
    )


def test_a_program_is_a_binary_and_a_test_is_named_by_its_path(tree):
    root = tree(
        {
            "tfreid/train.py": 'if __name__ == "__main__":\n    print()\n',
            "tests/conftest.py": "",
            "tests/data/train_test.py": "from tfreid import train\n",
            "tools/setup.sh": "",
            "configs/b.cfg": "",
            "configs/a.cfg": "",
        }
    )
    builds = update_build.write_builds(root)
    assert 'py_binary(\n    name = "train",\n    srcs = ["train.py"],\n)' in builds["tfreid/BUILD"]
    assert 'name = "data/train_test"' in builds["tests/BUILD"]
    assert '":conftest",\n        "//tfreid:train",' in builds["tests/BUILD"]
    assert 'sh_binary(\n    name = "setup_sh",' in builds["tools/BUILD"]
    assert '"a.cfg",\n        "b.cfg",' in builds["configs/BUILD"]


def test_an_update_writes_once_and_removes_the_build_file_of_an_empty_folder(tree):
    root = tree({"tfreid/a.py": "", "configs/x.cfg": "", "tfreid/gone/BUILD": "", "tools/b.py": ""})
    stale = ["configs/BUILD", "tfreid/BUILD", "tools/BUILD", "tfreid/gone/BUILD"]
    assert update_build.update(root, check=True) == stale
    assert (root / "tfreid/gone/BUILD").exists()
    assert update_build.update(root) == stale
    assert not (root / "tfreid/gone/BUILD").exists()
    assert update_build.update(root) == []
