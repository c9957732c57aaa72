"""Writes the BUILD files from the imports of the sources: `python tools/update_build.py`.

One rule per module, its dependencies named, pip packages as comments. A new module, test or import
needs this command and nothing else; `--check` says which files are out of date and exits 1.
"""

import ast
import dataclasses
import functools
import importlib.machinery
import os
import pathlib
import sys
import sysconfig
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CODE = ("tfreid", "tools", "tests")
HEADER = (
    "# Kept true by tools/update_build.py; `bazel query //...` reads it, pytest runs the tests.\n"
)
PREFACE = 'licenses(["notice"])  # Apache-2.0\n\n'
VISIBILITY = 'package(default_visibility = ["//visibility:{}"])\n'
# Packages whose name is not that of the module that they bring; a dash is "_" in the module.
PIP_NAMES = {
    "PIL": "Pillow",
    "absl": "absl-py",
    "faiss": "faiss-cpu",
    "google": "protobuf",
    "grpc": "tensorflow-serving-api",
    "tensorboard": "tensorflow",
    "tensorflow_serving": "tensorflow-serving-api",
}


@dataclasses.dataclass(frozen=True)
class Module:
    """One Python file.

    Attributes:
      path: its path from the root, with slashes.
      internal: paths of the files of this repository that it imports, sorted.
      external: pip packages that it imports, sorted; none of Python's own library.
      is_program: whether it is run as a program.
    """

    path: str
    internal: tuple
    external: tuple
    is_program: bool


def read_modules(root=ROOT, folders=CODE):
    """Returns {path: Module} of every Python file below the given folders."""
    paths = [path for folder in folders for path in sorted((root / folder).rglob("*.py"))]
    names = {path.relative_to(root).as_posix() for path in paths}
    return {name: _read_module(root, name, names) for name in sorted(names)}


def list_imports(tree):
    """Returns the dotted names that a syntax tree imports, with the names taken from them."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.update((node.module, alias.name) for alias in node.names)
    return found


def _read_module(root, path, names):
    tree = ast.parse((root / path).read_text(encoding="utf-8"), path)
    internal, external = set(), set()
    for module, name in list_imports(tree):
        file = _find_file(module, name, names)
        if file:
            internal.add(file)
        elif module.split(".")[0] not in CODE and not _is_pythons_own(module.split(".")[0]):
            external.add(_name_pip_package(module.split(".")[0]))
    is_program = any(
        isinstance(node, ast.If) and "__main__" in ast.dump(node) for node in tree.body
    )
    return Module(path, tuple(sorted(internal - {path})), tuple(sorted(external)), is_program)


def _name_pip_package(module):
    return PIP_NAMES.get(module, module.replace("_", "-"))


def _find_file(module, name, names):
    """Returns the file behind `from module import name`: the module `name`, or `module` itself."""
    base = module.replace(".", "/")
    candidates = (f"{base}/{name}.py", f"{base}/{name}/__init__.py", f"{base}.py")
    return next((file for file in (*candidates, f"{base}/__init__.py") if file in names), None)


@functools.cache
def _is_pythons_own(name):
    # sys.stdlib_module_names would say it, but only from Python 3.10 on.
    paths = sysconfig.get_paths()
    folders = [paths["stdlib"], paths["platstdlib"], sysconfig.get_config_var("DESTSHARED") or ""]
    if name in sys.builtin_module_names or name == "__future__":
        return True
    return importlib.machinery.PathFinder.find_spec(name, folders) is not None


def write_builds(root=ROOT):
    """Returns {path of a BUILD file: the text that it should have}."""
    modules, packages = read_modules(root), {}
    for module in modules.values():
        packages.setdefault(_package_of(module.path), []).append(_write_rule(module))
    packages.setdefault("tools", []).extend(
        _write("sh_binary", name=f"{path.stem}_sh", srcs=[path.name])
        for path in sorted((root / "tools").glob("*.sh"))
    )
    recipes = sorted(path.name for path in (root / "configs").glob("*.cfg"))
    packages["configs"] = [_write("filegroup", name="configs", srcs=recipes)]
    return {
        f"{package}/BUILD": "\n".join([_write_preface(package), *sorted(rules)])
        for package, rules in packages.items()
    }


def _write_preface(package):
    return HEADER + PREFACE + VISIBILITY.format("private" if package == "tests" else "public")


def _package_of(path):
    """Returns the folder whose BUILD names a file: its own, or `tests` for everything there."""
    return "tests" if path.startswith("tests/") else path.rpartition("/")[0]


def _target_of(path):
    package = _package_of(path)
    if path.endswith("/__init__.py"):
        return package, package.rpartition("/")[2]
    return package, path[len(package) + 1 : -len(".py")]


def _label(path, package):
    home, name = _target_of(path)
    if home == package:
        return f":{name}"
    return f"//{home}" if home.rpartition("/")[2] == name else f"//{home}:{name}"


def _write_rule(module):
    package, name = _target_of(module.path)
    files = [_label(path, package) for path in module.internal]
    is_test = module.path.endswith("_test.py")
    kind = "py_test" if is_test else "py_binary" if module.is_program else "py_library"
    if is_test:
        files.append(":conftest")
    return _write(
        kind,
        name=name,
        testonly=package == "tests" and not is_test,
        srcs=[module.path[len(package) + 1 :]],
        deps=sorted(files, key=lambda label: (not label.startswith(":"), label)),
        pip=module.external,
    )


def _write(kind, name, srcs, deps=(), pip=(), testonly=False):
    lines = [f"{kind}(", f'    name = "{name}",']
    lines += ["    testonly = True,"] if testonly else []
    lines += _write_list("srcs", srcs)
    lines += _write_list("deps", deps, [f"# pip: {', '.join(pip)}"] if pip else [])
    return "\n".join([*lines, ")", ""])


def _write_list(name, labels, comments=()):
    if not labels and not comments:
        return []
    if len(labels) == 1 and not comments:
        return [f'    {name} = ["{labels[0]}"],']
    entries = [f'"{label}",' for label in labels] + list(comments)
    return [f"    {name} = [", *(f"        {entry}" for entry in entries), "    ],"]


def update(root=ROOT, check=False):
    """Writes the BUILD files that are out of date, or with `check` only finds them.

    Returns:
      Their paths. A BUILD file of a folder without sources is among them, and is removed.
    """
    wanted = write_builds(root)
    existing = {
        path.relative_to(root).as_posix()
        for folder in (*CODE, "configs")
        for path in (root / folder).rglob("BUILD")
    }
    stale = [path for path, text in wanted.items() if _read(root / path) != text]
    surplus = sorted(existing - set(wanted))
    if not check:
        for path in stale:
            _replace(root / path, wanted[path])
        for path in surplus:
            (root / path).unlink()
    return sorted(stale) + surplus


def _read(path):
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _replace(path, text):
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        file.write(text)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


def main(argv):
    """Updates the repository's BUILD files and says which; returns the exit code."""
    check = "--check" in argv
    paths = update(check=check)
    for path in paths:
        print(f"{path}: {'out of date; run python tools/update_build.py' if check else 'written'}")
    return int(check and bool(paths))


if __name__ == "__main__":
    sys.exit(main(sys.argv))
