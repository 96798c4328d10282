"""The layout rules of the package: one name a file, one name a class, small functions, no name with two meanings."""

import ast
import importlib
import inspect
import pkgutil
from collections import Counter
from pathlib import Path

import pytest

import fleet

ROOT = Path(fleet.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
SHARED_NAMES = {"__init__.py", "__main__.py", "base.py", "app.py"}
MAX_LINES, MAX_ARGUMENTS, MAX_FILE_LINES = 60, 7, 300
# Their arguments are the options that a person types.
COMMANDS = ROOT / "cli"


def functions(path: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]


def argument_count(function: ast.FunctionDef) -> int:
    arguments = function.args
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len([name for name in names if name not in {"self", "cls"}])


def test_no_file_name_stands_twice():
    count = Counter(path.name for path in FILES if path.name not in SHARED_NAMES)
    assert [name for name, times in count.items() if times > 1] == []


@pytest.mark.slow
def test_no_class_name_stands_twice():
    classes = Counter(
        node.name
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, times in classes.items() if times > 1] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_functions_are_small(path):
    long = [
        f"{f.name}: {f.end_lineno - f.lineno + 1} lines"
        for f in functions(path)
        if f.end_lineno - f.lineno >= MAX_LINES
    ]
    wide = [f"{f.name}: {argument_count(f)} arguments" for f in functions(path) if argument_count(f) > MAX_ARGUMENTS]
    assert long == []
    assert wide == [] or COMMANDS in path.parents


def test_no_file_is_longer_than_300_lines():
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in FILES}
    assert {name: count for name, count in lines.items() if count > MAX_FILE_LINES} == {}


def test_no_package_exports_a_function_that_has_the_name_of_one_of_its_modules():
    clashes = []
    for package in [ROOT, *(path.parent for path in FILES if path.name == "__init__.py" and path.parent != ROOT)]:
        dotted = ".".join(("fleet", *package.relative_to(ROOT).parts))
        module = importlib.import_module(dotted)
        for name in (info.name for info in pkgutil.iter_modules([str(package)])):
            if name != "__main__" and inspect.isfunction(getattr(module, name, None)):
                clashes.append(f"{dotted}.{name}")  # noqa: PERF401
    assert clashes == []


def test_every_package_says_what_it_is_for():
    assert [
        str(path) for path in FILES if path.name == "__init__.py" and not ast.get_docstring(ast.parse(path.read_text()))
    ] == []
