"""The shape of the code: what may depend on what, and what a library module must not do.

The BUILD files are the drawing: what a rule does not name in its `deps`, its sources do not import.
"""

import ast
import collections
import importlib.util
import shutil
import subprocess
import sys

import pytest

from tests import fresh
from tests.source_tree import ROOT, read_modules, read_rules

HAS_PAGE = importlib.util.find_spec("starlette") is not None  # of the extra tfreid[app]
TENSORFLOW_AND_ITS_LIKE = {"tensorflow", "keras", "tf_keras", "keras_cv", "matplotlib"}


@pytest.fixture(scope="module")
def modules():
    return read_modules()


@pytest.fixture(scope="module")
def library(modules):
    return {path: module for path, module in modules.items() if path.startswith("tfreid/")}


@pytest.fixture(scope="module")
def rules():
    return {rule.label: rule for rule in read_rules()}


def _list_commands(library):
    return [path for path, module in library.items() if module.is_program and path.count("/") == 1]


def test_every_python_file_is_in_exactly_one_rule(modules, rules):
    counts = collections.Counter(source for rule in rules.values() for source in rule.sources)
    assert counts == dict.fromkeys(modules, 1)


def test_the_deps_of_the_librarys_rules_are_what_its_sources_import(library, rules):
    """Neither less nor more: what nothing uses would be an arrow that is not there."""
    home = {source: rule.label for rule in rules.values() for source in rule.sources}
    differences = {}
    for rule in rules.values():
        if rule.label.startswith("//tfreid"):
            imported = {home[file] for path in rule.sources for file in library[path].internal}
            differences[rule.label] = (imported - {rule.label}) ^ set(rule.deps)
    assert not {label: wrong for label, wrong in differences.items() if wrong}


def test_the_rules_have_no_circle(rules):
    def visit(label, path):
        assert label not in path, f"circle: {' -> '.join([*path, label])}"
        for below in rules[label].deps:
            visit(below, [*path, label])

    for label in rules:
        if not label.startswith("//tests"):
            visit(label, [])


def test_no_modules_import_each_other_in_a_circle(modules):
    finished, path = set(), []

    def visit(name):
        assert name not in path, f"circle: {' -> '.join([*path, name])}"
        if name not in finished:
            path.append(name)
            for other in modules[name].internal:
                visit(other)
            path.pop()
            finished.add(name)

    for name in modules:
        visit(name)


def test_nothing_but_tests_imports_a_command_or_a_test(modules, library):
    commands = set(_list_commands(library))
    for path, module in modules.items():
        if not path.startswith("tests/"):
            assert not module.internal & commands, path
            assert not [file for file in module.internal if file.startswith("tests/")], path


def test_commands_are_short(library):
    for path in _list_commands(library):
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 60, f"{path} has {len(lines)} lines"


def test_a_library_module_reads_no_command_line_prints_nothing_and_asserts_nothing(library):
    for path, module in library.items():
        if module.is_program or path == "tfreid/command_line.py":
            continue
        for node in ast.walk(module.tree):
            where = f"{path}:{getattr(node, 'lineno', 0)}"
            assert not isinstance(node, ast.Assert), f"{where} asserts; raise an error"
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("argv", "FLAGS"), f"{where} reads {node.attr}"
            if isinstance(node, ast.Call):
                assert getattr(node.func, "id", "") != "print", f"{where} prints; log by absl"


def test_no_import_is_relative_or_a_star(modules):
    for path, module in modules.items():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom):
                assert not node.level, f"{path}:{node.lineno} imports relatively"
                assert node.names[0].name != "*", f"{path}:{node.lineno} imports a star"


def test_importing_a_module_neither_defines_nor_reads_a_flag(library):
    """In a new process, where no flag is parsed: one that is read raises, the import would fail."""
    there = [path for path in library if HAS_PAGE or not path.startswith("tfreid/app/")]
    names = [path[: -len(".py")].replace("/__init__", "").replace("/", ".") for path in there]
    code = """if True:
        import importlib, sys
        from absl import flags
        for name in sys.argv[1:]:
            importlib.import_module(name)
        owners = flags.FLAGS.flags_by_module_dict()
        print([flag.name for name in owners if "tfreid" in name for flag in owners[name]])
    """
    assert fresh.run(["-c", code, *names], ROOT).splitlines()[-1] == "[]"


def test_what_every_command_starts_with_does_not_load_tensorflow():
    code = """if True:
        import sys, tfreid, tfreid.errors, tfreid.options, tfreid.command_line
        print(*{name.split('.')[0] for name in sys.modules})
    """
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(result.stdout.split())
    assert "tfreid" in loaded
    assert not loaded & TENSORFLOW_AND_ITS_LIKE


@pytest.mark.skipif(not shutil.which("bazel"), reason="bazel is not installed")
def test_bazel_query_reads_every_target(tmp_path, rules):
    command = ["bazel", f"--output_user_root={tmp_path}", "--batch"]
    version = subprocess.run(["bazel", "--version"], cwd=ROOT, capture_output=True, text=True)
    if version.stdout.startswith(("bazel 8", "bazel 9")):
        pytest.skip("bazel 8 and later have no native Python rules")
    result = subprocess.run(
        [*command, "query", "--noshow_progress", "//..."], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert set(rules) <= set(result.stdout.split())
