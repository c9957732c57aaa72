"""BUILD files say what the sources say: every file in one rule, every import a dependency."""

import ast
import collections
import pathlib
import shutil
import subprocess

import pytest

from tools import update_build

ROOT = pathlib.Path(__file__).resolve().parent.parent
RULES = ("py_library", "py_binary", "py_test")


def _read_rules():
    """Returns {label: (kind of rule, paths of its sources, labels of its deps)} of all BUILDs."""
    rules = {}
    for path in _list_build_files():
        package = path.parent.relative_to(ROOT).as_posix()
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            call = node.value
            if call.func.id in RULES:
                values = {item.arg: ast.literal_eval(item.value) for item in call.keywords}
                sources = [f"{package}/{name}" for name in values["srcs"]]
                deps = [_complete(label, package) for label in values.get("deps", [])]
                rules[f"//{package}:{values['name']}"] = (call.func.id, sources, deps)
    return rules


def _list_build_files():
    return sorted(path for folder in update_build.CODE for path in (ROOT / folder).rglob("BUILD"))


def _complete(label, package):
    """Returns a label with its package and its name: `//a/b` is `//a/b:b`."""
    if label.startswith(":"):
        return f"//{package}{label}"
    return label if ":" in label else f"{label}:{label.rpartition('/')[2]}"


def _list_imported_files(path):
    """Returns the files of this repository that one file imports, from its syntax tree."""
    files = set()
    for module, name in update_build.list_imports(ast.parse((ROOT / path).read_text("utf-8"))):
        base = module.replace(".", "/")
        inner = (f"{base}/{name}.py", f"{base}/{name}/__init__.py") if name else ()
        choices = (*inner, f"{base}.py", f"{base}/__init__.py")
        found = [file for file in choices if (ROOT / file).is_file()]
        files.update(found[:1])
    return files - {path}


def test_build_files_are_what_the_tool_writes():
    stale = update_build.update(check=True)
    assert not stale, f"run `python tools/update_build.py`; out of date: {', '.join(stale)}"


def test_every_python_file_is_in_exactly_one_rule():
    counts = collections.Counter(
        source for _, sources, _ in _read_rules().values() for source in sources
    )
    files = {
        path.relative_to(ROOT).as_posix()
        for folder in update_build.CODE
        for path in (ROOT / folder).rglob("*.py")
    }
    assert counts == dict.fromkeys(files, 1)


def test_the_deps_of_a_rule_are_the_imports_of_its_sources():
    rules = _read_rules()
    home = {source: label for label, (_, sources, _) in rules.items() for source in sources}
    for label, (kind, sources, deps) in rules.items():
        imported = {home[file] for source in sources for file in _list_imported_files(source)}
        if kind == "py_test":
            imported.add("//tests:conftest")
        assert sorted(deps) == sorted(imported), label


def test_no_two_rules_of_a_package_share_a_name():
    for path in _list_build_files():
        calls = [node.value for node in ast.parse(path.read_text(encoding="utf-8")).body]
        names = [item.value.value for call in calls for item in call.keywords if item.arg == "name"]
        assert names and len(names) == len(set(names)), path


def test_programs_are_binaries_and_tests_are_tests():
    for label, (kind, sources, _) in _read_rules().items():
        text = (ROOT / sources[0]).read_text(encoding="utf-8")
        is_program = 'if __name__ == "__main__":' in text.splitlines()
        expected = "py_test" if sources[0].endswith("_test.py") else "py_library"
        assert kind == ("py_binary" if is_program else expected), label


@pytest.mark.skipif(not shutil.which("bazel"), reason="bazel is not installed")
def test_bazel_query_reads_every_target(tmp_path):
    command = ["bazel", f"--output_user_root={tmp_path}", "--batch"]
    version = subprocess.run([*command, "version"], cwd=ROOT, capture_output=True, text=True)
    if "Build label: 8" in version.stdout or "Build label: 9" in version.stdout:
        pytest.skip("bazel 8 and later have no native Python rules")
    result = subprocess.run(
        [*command, "query", "--noshow_progress", "//..."], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert set(_read_rules()) <= set(result.stdout.split())
