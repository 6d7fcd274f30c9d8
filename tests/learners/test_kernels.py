"""What is compiled is kept by the text of its file: the file must hold all that it is made of."""

import ast
from pathlib import Path

import pytest

import interpkd.learners

FOLDER = Path(interpkd.learners.__file__).parent
COMPILED = sorted(path for path in FOLDER.glob("*.py") if "import njit" in path.read_text())


@pytest.mark.parametrize("path", COMPILED, ids=lambda path: path.stem)
def test_compiled_functions_call_none_of_another_file(path):
    imported = [
        node.module
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ImportFrom) and node.module.startswith("interpkd")
    ]
    assert imported == []
