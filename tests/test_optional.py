"""Missing libraries are named together with the line that installs them."""

import pytest
from sklearn.tree import DecisionTreeClassifier

from interpkd._optional import is_instance_of_name, require
from interpkd.exceptions import MissingExtraError


def test_missing_library_names_the_extra():
    with pytest.raises(
        MissingExtraError,
        match=r'is needed to fly and is not installed.*pip install "interpkd\[wings\]"',
    ):
        require("no_such_library", extra="wings", purpose="fly")


def test_missing_extra_is_an_import_error():
    with pytest.raises(ImportError, match="pip install no_such_library"):
        require("no_such_library.part", purpose="fly")


def test_installed_library_is_given():
    assert require("numpy", purpose="count").__name__ == "numpy"


def test_a_broken_library_speaks_for_itself(tmp_path, monkeypatch):
    (tmp_path / "broken_library.py").write_text("import what_it_needs\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="what_it_needs"):
        require("broken_library", purpose="fly")


def test_instance_by_name_counts_bases():
    tree = DecisionTreeClassifier()
    assert is_instance_of_name(tree, "sklearn.base.BaseEstimator")
    assert not is_instance_of_name(tree, "xgboost.core.Booster")
