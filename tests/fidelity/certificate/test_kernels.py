"""What is compiled is kept by the text of its file: the file must hold all that it is made of."""

import ast
from pathlib import Path

from interpkd.fidelity import certificate
from interpkd.fidelity.certificate import _kernels, _search_room, _tree_sum

FOLDER = Path(certificate.__file__).parent


def test_kernels_are_in_one_file_and_call_none_of_another():
    compiled = [path.name for path in FOLDER.glob("*.py") if "njit" in path.read_text()]
    assert compiled == ["_kernels.py"]
    tree = ast.parse((FOLDER / "_kernels.py").read_text())
    own = [
        (node.module, [alias.name for alias in node.names])
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module.startswith("interpkd")
    ]
    assert own == [("interpkd.fidelity.certificate._search_room", ["Question"])]


def test_what_kernels_know_of_other_files_is_said_in_theirs():
    for name, fields in _kernels.FIELDS.items():
        defined = getattr(_search_room, name, None) or getattr(_tree_sum, name)
        assert fields.split() == [*defined._fields], name
    for name in ("NO", "NEAR", "OPEN", "YES"):
        assert getattr(_kernels, name) == getattr(_search_room, name)
