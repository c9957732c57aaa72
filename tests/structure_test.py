"""The shape of the code: what may depend on what, and what a library module must not do."""

import ast
import pathlib
import subprocess
import sys

import pytest

from tools import update_build

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODULES = update_build.read_modules(ROOT)
OURS = sorted(path for path in MODULES if path.startswith("tfreid/"))
DOORS = [path for path in OURS if MODULES[path].is_program and path.count("/") == 1]
LIBRARY = [path for path in OURS if path not in DOORS]
SILENT = [path for path in LIBRARY if not MODULES[path].is_program]  # no worker process's file
SHELL_OF_DOORS = "tfreid/doors.py"  # the part that all doors share

# Package -> what it may import besides itself; what those may import is allowed as well.
ARROWS = {
    "version": (),
    "errors": (),
    "files": ("errors",),
    "options": ("errors",),
    "doors": ("options",),
    "data": ("options", "files"),
    "layers": ("options",),
    "losses": ("errors",),
    "models": ("data", "layers"),
    "evaluation": ("data", "layers"),  # layers: for the type of a memory
    "visual": ("evaluation",),
    "runs": ("models", "evaluation", "version"),
    "serving": ("runs",),
    "index": ("serving", "visual"),
    "reproduction": ("training", "doors"),  # doors: its timing runs as a program
    "training": ("losses", "runs", "visual"),
}


def _parse(path):
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), path)


def _package_of(path):
    return path.split("/")[1].replace(".py", "")


def _list_reachable(package):
    reached, open_ends = set(), [package]
    while open_ends:
        current = open_ends.pop()
        if current not in reached:
            reached.add(current)
            open_ends.extend(ARROWS[current])
    return reached


def test_every_package_has_its_arrows():
    assert {_package_of(path) for path in LIBRARY} - {"__init__"} <= set(ARROWS)


def test_the_arrows_have_no_cycle():
    for package in ARROWS:
        for below in _list_reachable(package) - {package}:
            assert package not in _list_reachable(below), f"{package} <-> {below}"


@pytest.mark.parametrize("path", LIBRARY)
def test_dependencies_follow_the_arrows(path):
    if path == "tfreid/__init__.py":
        assert set(MODULES[path].internal) == {"tfreid/version.py", "tfreid/serving/loaded.py"}
        return
    allowed = _list_reachable(_package_of(path)) | {"__init__"}
    wrong = [file for file in MODULES[path].internal if _package_of(file) not in allowed]
    assert not wrong, f"{path} may import {', '.join(sorted(allowed))} only"


def test_no_modules_import_each_other_in_a_circle():
    finished, path = set(), []

    def visit(name):
        assert name not in path, f"circle: {' -> '.join([*path, name])}"
        if name not in finished:
            path.append(name)
            for other in MODULES[name].internal:
                visit(other)
            path.pop()
            finished.add(name)

    for module in MODULES:
        visit(module)


def test_nothing_but_tests_imports_a_door_or_a_test():
    for path, module in MODULES.items():
        if not path.startswith("tests/"):
            assert not set(module.internal) & set(DOORS), path
            assert not [file for file in module.internal if file.startswith("tests/")], path


def test_doors_are_short():
    for path in DOORS:
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 60, f"{path} has {len(lines)} lines"


@pytest.mark.parametrize("path", [path for path in SILENT if path != SHELL_OF_DOORS])
def test_a_library_module_reads_no_command_line_prints_nothing_and_asserts_nothing(path):
    for node in ast.walk(_parse(path)):
        where = f"{path}:{getattr(node, 'lineno', 0)}"
        assert not isinstance(node, ast.Assert), f"{where} asserts; raise InputError or ValueError"
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("argv", "FLAGS"), f"{where} reads {node.attr}"
        if isinstance(node, ast.Call):
            assert getattr(node.func, "id", "") != "print", f"{where} prints; use absl.logging"


@pytest.mark.parametrize("path", OURS)
def test_no_import_is_relative_or_a_star(path):
    for node in ast.walk(_parse(path)):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno} imports relatively"
            assert node.names[0].name != "*", f"{path}:{node.lineno} imports a star"


def test_importing_a_module_neither_defines_nor_reads_a_flag():
    """In a new process, where no flag is parsed: one that is read raises, the import would fail."""
    names = [path[: -len(".py")].replace("/__init__", "").replace("/", ".") for path in OURS]
    code = """if True:
        import importlib, sys
        from absl import flags
        for name in sys.argv[1:]:
            importlib.import_module(name)
        owners = flags.FLAGS.flags_by_module_dict()
        print([flag.name for name in owners if "tfreid" in name for flag in owners[name]])
    """
    result = subprocess.run(
        [sys.executable, "-c", code, *names], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", ["tfreid", "tfreid.errors", "tfreid.options", "tfreid.doors"])
def test_what_every_command_starts_with_does_not_load_tensorflow(name):
    code = f"import sys, {name}; print(*{{m.split('.')[0] for m in sys.modules}})"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(result.stdout.split())
    assert "tfreid" in loaded
    assert not loaded & {"tensorflow", "keras", "keras_cv", "tensorflow_addons", "matplotlib"}
