"""Fetching: through scikit-learn's own code, offline, with answers in place of the network."""

import gzip
import inspect
from dataclasses import replace

import pandas as pd
import pytest
from sklearn.datasets import fetch_openml

from interpkd import datasets
from interpkd.datasets import _openml_tables as tables
from interpkd.datasets._openml import fetch_table
from interpkd.exceptions import DamagedFileError, FetchError, InvalidInputError, StorageError

FETCHERS = {
    "ADULT": datasets.fetch_adult,
    "BANK_MARKETING": datasets.fetch_bank_marketing,
    "BIKE_SHARING": datasets.fetch_bike_sharing,
    "CREDIT_CARD_DEFAULT": datasets.fetch_credit_card_default,
    "GERMAN_CREDIT": datasets.fetch_german_credit,
    "PIMA_DIABETES": datasets.fetch_pima_diabetes,
    "SPAMBASE": datasets.fetch_spambase,
}
SMALL = replace(tables.SPAMBASE, n_rows=6, sha256=None)


def fetch(table, home):
    return fetch_table(table, data_home=home, n_retries=1, delay=1e-3)


def test_every_table_has_a_function():
    assert {getattr(tables, name).name for name in FETCHERS} == {t.name for t in tables.TABLES}
    assert {n for n in datasets.__all__ if n.startswith("fetch_")} == {
        function.__name__ for function in FETCHERS.values()
    }


@pytest.mark.parametrize("table", tables.TABLES, ids=lambda table: table.name)
def test_stated_facts_fit_together(table):
    assert len(set(table.columns)) == len(table.columns) == len(table.names_there)
    assert {*table.protected, *table.codes} <= set(table.columns)
    assert table.positive in {*table.classes.values(), None}
    assert (table.positive is None) == (not table.classes)
    assert table.target not in table.names_there
    assert table.sha256 is None or len(bytes.fromhex(table.sha256)) == 32


@pytest.mark.parametrize("name", FETCHERS)
def test_table_is_given_with_the_names_of_this_package(name, openml, tmp_path, monkeypatch):
    table = replace(getattr(tables, name), n_rows=6, sha256=None)
    monkeypatch.setattr(tables, name, table)
    digest = openml.serve(table)
    bunch = FETCHERS[name](data_home=tmp_path)
    assert tuple(bunch.data.columns) == table.columns
    assert bunch.data.shape == (6, len(table.columns))
    assert list(bunch.data.iloc[:, 0].cat.categories) == ["left", "right"]
    for column in bunch.data.columns[1:]:
        whole = "category" if column in table.codes else "int64"
        is_last = column == table.columns[-1]
        assert bunch.data[column].dtype == ("float64" if is_last else whole)
    assert bunch.target.name == table.target_name
    if table.classes:
        assert list(bunch.target) == [table.classes[label] for label in sorted(table.classes)] * 3
        assert bunch.target.dtype == object
    else:
        assert bunch.target.dtype == float
    pd.testing.assert_frame_equal(
        bunch.frame, bunch.data.assign(**{table.target_name: bunch.target})
    )
    assert bunch.positive_class == table.positive
    assert bunch.protected == list(table.protected)
    assert bunch.details["sha256"] == digest
    assert bunch.details["url"] == f"https://www.openml.org/d/{table.data_id}"


@pytest.mark.parametrize("name", FETCHERS)
def test_docstrings_state_the_facts_that_are_checked(name):
    table, text = getattr(tables, name), inspect.getdoc(FETCHERS[name])
    assert f"of shape ({table.n_rows}, {len(table.columns)})" in text
    assert f"{table.title}. Licence: {table.licence}." in text
    assert ("is known beforehand" in text) == (table.sha256 is not None)


def test_codes_become_categories_of_text(openml, tmp_path):
    table = replace(tables.CREDIT_CARD_DEFAULT, n_rows=6)
    openml.serve(table)
    codes = fetch(table, tmp_path).data["SEX"]
    assert all(label.isdigit() for label in codes.cat.categories)


def test_recorded_rows_of_the_real_entry_are_read(openml, tmp_path):
    openml.serve_recorded(1590)
    table = replace(tables.ADULT, n_rows=10)
    adult = fetch(table, tmp_path)
    assert adult.data.shape == (10, 14)
    assert adult.data["age"].tolist()[:3] == [25, 38, 28]
    assert pd.api.types.is_integer_dtype(adult.data["age"])
    assert isinstance(adult.data["education"].dtype, pd.CategoricalDtype)
    assert adult.data["workclass"].isna().sum() == 2
    assert adult.target.tolist().count(">50K") == 3
    assert adult.details["licence_on_openml"] == "Public"
    assert "Barry Becker" in adult.DESCR


def test_a_table_that_is_cached_needs_no_network(openml, tmp_path):
    openml.serve_recorded(1590)
    table = replace(tables.ADULT, n_rows=10)
    first = fetch(table, tmp_path)
    openml.go_offline()
    n_requests = openml.n_requests
    second = fetch(table, tmp_path)
    assert openml.n_requests == n_requests
    pd.testing.assert_frame_equal(first.frame, second.frame)
    assert first.details["checked_against"].startswith("nothing: the first fetch")
    assert second.details["checked_against"] == "the checksum of the first fetch"
    record = (tmp_path / "interpkd" / "openml-1590.sha256").read_text()
    assert record == f"{first.details['sha256']}  adult.arff\n"


def test_the_environment_variable_names_the_cache(openml, tmp_path, monkeypatch):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "shared"))
    openml.serve(SMALL)
    fetch(SMALL, None)
    assert (tmp_path / "shared" / "interpkd" / "openml-44.sha256").is_file()


def test_without_a_network_the_message_says_what_to_copy_where(openml, tmp_path):
    with (
        pytest.warns(UserWarning, match="Retrying"),
        pytest.raises(FetchError) as caught,
    ):
        datasets.fetch_adult(data_home=tmp_path, n_retries=1, delay=1e-3)
    message = str(caught.value)
    assert "OpenML 1590, 'adult', version 2 is not in the cache" in message
    assert repr(str(tmp_path)) in message
    assert "copy the folders 'openml' and 'interpkd'" in message
    assert "'data_home'" in message
    assert "SCIKIT_LEARN_DATA" in message
    assert "name resolution" in message
    assert isinstance(caught.value, OSError)


def test_copied_folders_are_a_cache(openml, tmp_path):
    openml.serve(SMALL)
    first = fetch(SMALL, tmp_path / "online")
    openml.go_offline()
    (tmp_path / "online").rename(tmp_path / "offline")
    second = fetch(SMALL, tmp_path / "offline")
    pd.testing.assert_frame_equal(first.frame, second.frame)


def test_a_file_that_changed_since_the_first_fetch_is_refused(openml, tmp_path):
    openml.serve(SMALL)
    fetch(SMALL, tmp_path)
    (tmp_path / "openml").rename(tmp_path / "old")
    openml.serve(SMALL, seed=1)  # its own MD5 fits
    with pytest.raises(DamagedFileError, match=r"SHA-256 is .* the checksum of the first fetch is"):
        fetch(SMALL, tmp_path)


def test_a_published_checksum_is_held_against_the_file(openml, tmp_path):
    digest = openml.serve(SMALL)
    found = fetch(replace(SMALL, sha256=digest), tmp_path)
    assert found.details["checked_against"] == "the published checksum"
    assert not (tmp_path / "interpkd").exists()
    with pytest.raises(DamagedFileError, match="the published checksum is 0000"):
        fetch(replace(SMALL, sha256="0" * 64), tmp_path)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"n_rows": 7}, "rows: 6 instead of 7"),
        ({"version": 3}, "version: 1 instead of 3"),
        ({"name": "ham"}, "name: 'spambase' instead of 'ham'"),
        (
            {"columns": ("one", "two")},
            r"columns: \('word_freq_make', .* instead of \('one', 'two'\)",
        ),
        ({"classes": {"a": "a", "b": "b"}}, r"classes: \('0', '1'\) instead of \('a', 'b'\)"),
        ({"target": "label"}, "label"),
    ],
    ids=str,
)
def test_another_table_is_refused_and_its_checksum_not_written(change, match, openml, tmp_path):
    openml.serve(SMALL)
    with pytest.raises(DamagedFileError, match=match):
        fetch(replace(SMALL, **change), tmp_path)
    assert not (tmp_path / "interpkd").exists()


def test_a_file_that_is_not_as_openml_says_is_refused(openml, tmp_path):
    openml.serve(SMALL, md5_checksum="0" * 32)
    with (
        pytest.warns(RuntimeWarning, match="Invalid cache"),
        pytest.raises(DamagedFileError, match="md5 checksum"),
    ):
        fetch(SMALL, tmp_path)


def test_every_file_that_scikit_learn_may_read_is_seen(openml, tmp_path):
    openml.serve(SMALL)
    fetch(SMALL, tmp_path)
    folder = tmp_path / "openml" / "openml.org" / "data" / "v1" / "download"
    names = {folder / "44.gz", folder / "44" / "rows.arff.gz"}  # of scikit-learn 1.6, and of 1.9
    (other,) = (path for path in names if not path.exists())
    other.parent.mkdir(exist_ok=True)
    other.write_bytes(gzip.compress(b"another"))
    with pytest.raises(DamagedFileError, match="two files of it, which differ"):
        fetch(SMALL, tmp_path)


def test_a_cache_that_is_kept_elsewhere_is_said(openml, tmp_path, monkeypatch):
    openml.serve(SMALL)
    raw = fetch_openml(data_id=44, data_home=str(tmp_path / "elsewhere"), parser="liac-arff")
    monkeypatch.setattr("interpkd.datasets._openml.fetch_openml", lambda **_: raw)
    with pytest.raises(StorageError, match="its checksum cannot be seen"):
        fetch(SMALL, tmp_path)


def test_a_checksum_that_cannot_be_written_is_said(openml, tmp_path):
    openml.serve(SMALL)
    (tmp_path / "interpkd").write_text("in the way")
    with pytest.raises(StorageError, match=r"openml-44\.sha256' could not be written"):
        fetch(SMALL, tmp_path)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"n_retries": 0}, "n_retries must be a whole number of at least 1, got 0"),
        ({"n_retries": True}, "n_retries must be"),
        ({"delay": 0}, "delay must be a number of seconds above 0, got 0"),
        ({"delay": "long"}, "delay must be"),
    ],
    ids=str,
)
def test_patience_that_is_none_is_refused(wrong, match, openml, tmp_path):
    with pytest.raises(InvalidInputError, match=match):
        datasets.fetch_adult(data_home=tmp_path, **wrong)
    assert openml.n_requests == 0


def test_benchmarks_take_fetched_tables(openml, tmp_path, monkeypatch):
    protocol = pytest.importorskip("benchmarks._protocol", reason="run from a checkout")
    assert {f"fetch_{name}" for name in protocol.FETCHED} == {
        function.__name__ for function in FETCHERS.values()
    }
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    small = replace(tables.BANK_MARKETING, n_rows=6), replace(tables.BIKE_SHARING, n_rows=6)
    monkeypatch.setattr(tables, "BANK_MARKETING", small[0])
    monkeypatch.setattr(tables, "BIKE_SHARING", small[1])
    taken = []
    for name, table in zip(("bank_marketing", "bike_sharing"), small, strict=True):
        openml.serve(table)
        taken += protocol.fetched_data([name])
    assert [one.name for one in taken] == ["bank_marketing", "bike_sharing"]
    assert [one.n_classes for one in taken] == [2, 0]
    assert [one.categorical for one in taken] == [("age",), ("season",)]
    assert taken[0].y.tolist() == [0, 1] * 3
    assert taken[0].frame.shape == (6, 16)
