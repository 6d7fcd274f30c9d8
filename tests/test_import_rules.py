"""The import graph is part of the design: this test fails when it bends."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import interpkd

PACKAGE = Path(interpkd.__file__).parent
CORE = {
    "exceptions",
    "_alignment",
    "_asking",
    "_betting",
    "_borders",
    "_digits",
    "_files",
    "_fingerprint",
    "_glance",
    "_html",
    "_interruptible",
    "_mixing",
    "_optional",
    "_plain_rows",
    "_row_sample",
    "_saved_classes",
    "_saved_state",
    "_structure",
    "_tables",
    "_typing",
    "_validation",
}
ALLOWED = {
    **dict.fromkeys(CORE, CORE),
    "learners": CORE,
    "_collections": CORE | {"learners"},
    "teachers": CORE,
    "targets": CORE,
    "students": CORE | {"_collections", "learners", "teachers", "targets"},
    "fidelity": CORE | {"_collections"},
    "explanation": CORE | {"_collections"},
    "export": CORE,
    "datasets": CORE,
    "audit": CORE | {"_collections", "fidelity", "explanation", "export"},
    "cli": CORE
    | {
        "_collections",
        "audit",
        "datasets",
        "explanation",
        "export",
        "fidelity",
        "students",
        "teachers",
    }
    | {"__version__"},
}
LAZY = {
    "catboost",
    "click",
    "dask",
    "fairlearn",
    "jinja2",
    "lightgbm",
    "matplotlib",
    "narwhals",
    "numba",
    "onnx",
    "onnxruntime",
    "pandas",
    "pyarrow",
    "rich",
    "shap",
    "torch",
    "xgboost",
}
OWN_LIBRARIES = {  # where a library is what the room is made of
    "cli": {"click", "rich"},
    "learners": {"numba"},
}
COMPILED = "fidelity/certificate/*_kernels.py"
"""Numba's other home; who calls these imports them inside the function."""
READERS = {
    ("audit", "interpkd.teachers", "teacher_monotonic_cst"),
    ("fidelity", "interpkd.teachers", "relu_network"),
    ("fidelity", "interpkd.teachers", "teacher_monotonic_cst"),
    ("fidelity", "interpkd.teachers", "tree_ensemble"),
    ("students", "interpkd.export", "to_json"),
}
"""Functions of another room that read a fitted model and build nothing."""
PRIVATE_DOORS = {"_validation.py", "students/_plain_tree.py"}


def imported_at_load(tree):
    """Yield the modules a file imports when it is loaded; functions and type hints do not count."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module, alias.name) for alias in node.names)


def imported_anywhere(tree):
    """Yield the modules a file imports at any time, type hints included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module, alias.name) for alias in node.names)


def violations(source, path):
    """Say what a module of the package imports against the rules."""
    part = path.parts[0].removesuffix(".py")
    tree = ast.parse(source)
    for module, _ in imported_at_load(tree):
        root = module.split(".")[0]
        own = {"numba"} if path.match(COMPILED) else OWN_LIBRARIES.get(part, set())
        if root in LAZY - own:
            yield f"{path}: import {root} inside the function that needs it"
    for module, name in imported_anywhere(tree):
        root, *rest = module.split(".")
        if root == "interpkd" and part != "__init__":
            target = rest[0] if rest else name
            if len(rest) > 1 and rest[1].startswith("_") and target != part:
                yield f"{path}: {module} is private to its room"
            is_reader = (part, module, name) in READERS
            if target != part and target not in ALLOWED[part] and not is_reader:
                yield f"{path}: {part} must not import {target}"
        private = [piece for piece in (*rest, name or "") if piece.startswith("_")]
        if root == "sklearn" and private and path.as_posix() not in PRIVATE_DOORS:
            yield f"{path}: only _validation imports private names of scikit-learn, not {module}"


MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_module_imports_only_what_it_may(path):
    assert not list(violations((PACKAGE / path).read_text(encoding="utf-8"), path))


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("fidelity/_scores.py", "from interpkd.students import DistilledTreeClassifier"),
        ("fidelity/_scores.py", "def f():\n    from interpkd import students"),
        ("audit/_report.py", "from interpkd.teachers import as_teacher"),
        ("learners/_tree_growth.py", "import interpkd.targets"),
        ("targets/_soft.py", "from interpkd.learners import grow_tree"),
        ("_tables.py", "from interpkd.teachers import as_teacher"),
        ("students/_tree.py", "import pandas as pd"),
        ("explanation/_shap.py", "import shap"),
        ("fidelity/_scores.py", "import numba"),
        ("fidelity/certificate/_cells.py", "import numba"),
        ("fidelity/certificate/_models.py", "from interpkd.teachers import as_teacher"),
        ("audit/_sections.py", "from interpkd.fidelity._scores import Agreement"),
        ("students/_tree.py", "from sklearn.tree._tree import Tree"),
        ("export/_rules.py", "from sklearn.utils import _safe_indexing"),
        ("export/_rules.py", "from interpkd.cli import main"),
    ],
)
def test_a_seeded_violation_is_seen(where, line):
    assert list(violations(line, Path(where)))


def test_every_module_is_in_a_room():
    assert {path.parts[0].removesuffix(".py") for path in MODULES} == {*ALLOWED, "__init__"}


@pytest.mark.slow
def test_import_is_light():
    """All public names load numpy, scipy and scikit-learn, and what those load themselves."""
    code = (
        "import sys, sklearn.compose, sklearn.ensemble, sklearn.frozen, sklearn.model_selection\n"
        "import sklearn.pipeline, sklearn.tree\n"
        "before = {name.partition('.')[0] for name in sys.modules}\n"
        "from interpkd import *\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} - before))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    new = set(run.stdout.split()) - set(sys.stdlib_module_names)
    assert new == {"interpkd"}
