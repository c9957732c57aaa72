"""What the sources import and what the BUILD files say, read without running either."""

import ast
import dataclasses
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CODE = ("tfreid", "tools", "tests")


@dataclasses.dataclass(frozen=True)
class Module:
    """One Python file.

    Attributes:
      path: from the root, with slashes.
      tree: its syntax tree.
      internal: paths of the files of this repository that it imports.
      external: top-level names of all else that it imports, less Python's own.
    """

    path: str
    tree: ast.AST
    internal: frozenset
    external: frozenset

    @property
    def is_program(self):
        return any(isinstance(n, ast.If) and "__main__" in ast.dump(n) for n in self.tree.body)


@dataclasses.dataclass(frozen=True)
class Rule:
    """One rule of a BUILD file: kind, label, paths of its sources, labels that it depends on."""

    kind: str
    label: str
    sources: tuple
    deps: tuple


def read_modules():
    """Returns {path: `Module`} of every Python file of the library, the tools and the tests."""
    paths = [path for folder in CODE for path in (ROOT / folder).rglob("*.py")]
    names = {path.relative_to(ROOT).as_posix() for path in paths}
    return {name: _read_module(name, names) for name in sorted(names)}


def list_imports(tree):
    """Returns the (dotted module, name taken from it or "") that a syntax tree imports."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.update((node.module, alias.name) for alias in node.names)
    return found


def read_rules():
    """Returns the Python `Rule`s of all BUILD files."""
    files = [ROOT / "configs" / "BUILD", ROOT / "BUILD"]
    files += [path for folder in CODE for path in sorted((ROOT / folder).rglob("BUILD"))]
    return [rule for path in files for rule in _run_build_file(path)]


def _read_module(path, names):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"), path)
    internal, external = set(), set()
    for module, name in list_imports(tree):
        file = _find_file(module, name, names)
        top = module.split(".")[0]
        if file:
            internal.add(file)
        elif top not in CODE and top not in sys.stdlib_module_names:
            external.add(top)
    return Module(path, tree, frozenset(internal - {path}), frozenset(external))


def _find_file(module, name, names):
    """Returns the file behind `from module import name`: the module `name`, or `module` itself."""
    base = module.replace(".", "/")
    choices = (f"{base}/{name}.py", f"{base}/{name}/__init__.py", f"{base}.py")
    return next((file for file in (*choices, f"{base}/__init__.py") if file in names), None)


def _run_build_file(path):
    """Returns the rules of one file: BUILD files are written in a subset of Python."""
    folder, rules = path.parent, []

    def glob(include, exclude=()):
        inner = [below.parent for below in folder.rglob("BUILD") if below != path]
        found = {file for pattern in include for file in folder.glob(pattern) if file.is_file()}
        found -= {file for pattern in exclude for file in folder.glob(pattern)}
        owned = [file for file in found if not any(other in file.parents for other in inner)]
        return sorted(file.relative_to(folder).as_posix() for file in owned)

    def make(kind):
        def add(name, srcs=(), deps=(), **_):
            package = folder.relative_to(ROOT).as_posix()
            sources = tuple(f"{package}/{source}" for source in srcs)
            labels = tuple(_complete(label, package) for label in deps)
            rules.append(Rule(kind, _complete(f":{name}", package), sources, labels))

        return add

    words = {kind: make(kind) for kind in ("py_library", "py_binary", "py_test")}
    others = ("licenses", "package", "filegroup", "sh_binary", "exports_files")
    words.update(dict.fromkeys(others, lambda *_, **__: None), glob=glob)
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), words)
    return rules


def _complete(label, package):
    """Returns a label with its package and its name: `//a/b` is `//a/b:b`."""
    if label.startswith(":"):
        return f"//{package}{label}"
    return label if ":" in label else f"{label}:{label.rpartition('/')[2]}"
