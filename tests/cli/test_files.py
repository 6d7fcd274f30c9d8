"""Many Parquet files, here and at URLs, as one table that need not fit into memory."""

import json

import click
import fsspec
import numpy as np
import pandas as pd
import pytest

from interpkd._collections import (
    Collection,
    HeldOut,
    MemoryCollection,
    Selection,
    View,
    held_out_parts,
)
from interpkd.cli._engine import choose_engine, read_files
from interpkd.cli._errors import DataError
from interpkd.cli._files import find_files, is_pattern, names_files
from interpkd.exceptions import InvalidInputError

DEFAULTS = {
    "engine": "auto", "scheduler_address": None, "checkpoint": None, "hold_out": "rows",
    "sql": None, "table_name": None, "missing": (), "separator": ",", "category": (),
}  # fmt: skip


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(600, 3)), columns=["a", "b", "c"])
    return frame.assign(region=rng.choice(["n", "s"], 600), y=np.where(frame.a > 0.2, "x", "z"))


@pytest.fixture(scope="module")
def folder(table, tmp_path_factory):
    made = tmp_path_factory.mktemp("files")
    for k in range(3):
        table[k * 200 : (k + 1) * 200].to_parquet(made / f"p{k}.parquet", row_group_size=100)
    return made


@pytest.fixture
def bucket(table):
    store = fsspec.filesystem("memory")
    for k in range(2):
        with store.open(f"/bucket/p{k}.parquet", "wb") as file:
            table[k * 300 : (k + 1) * 300].to_parquet(file)
    yield "memory://bucket"
    store.rm("/bucket", recursive=True)


@pytest.mark.parametrize("what", ["p*.parquet", "p[0-2].parquet", ""])
def test_patterns_and_folders_name_files(what, folder, table):
    files = find_files([str(folder / what)])
    assert [path[-10:] for path in files.paths] == [f"p{k}.parquet" for k in range(3)]
    assert files.name == "3 files, p0.parquet first"
    assert is_pattern(str(folder / what))
    assert files.dataset().count_rows() == 600
    pd.testing.assert_frame_equal(read_files(files, ()), table, check_dtype=False)


def test_each_file_is_read_once(folder):
    names = [str(folder / "p1.parquet"), str(folder / "*.parquet")]
    assert [path[-10:-8] for path in find_files(names).paths] == ["p1", "p0", "p2"]


@pytest.mark.parametrize("what", ["/*.parquet", "", "/p0.parquet"])
def test_urls_name_files(what, bucket):
    files = find_files([bucket + what])
    assert files.urls[0] == "memory:///bucket/p0.parquet"
    assert files.dataset().count_rows() == 300 * len(files.paths)
    assert files.n_bytes() > 3000


def test_a_file_url_is_a_local_file(folder):
    files = find_files([f"file://{folder}/*.parquet"])
    assert len(files.paths) == 3
    assert files.dataset().count_rows() == 600


def test_databases_are_no_files():
    assert names_files("s3://bucket/*.parquet")
    assert not names_files("postgresql://host/base")
    assert not names_files("loans.parquet")


def test_refuses_what_is_not_there(folder, bucket, tmp_path):
    for missing in (str(folder / "q*.parquet"), f"{bucket}/q.parquet"):
        with pytest.raises(click.UsageError, match="names no file; check the path"):
            find_files([missing])
    with pytest.raises(click.UsageError, match="partly here and partly at a URL"):
        find_files([bucket, str(folder)])
    (tmp_path / "t.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"t.csv does not end in .parquet"):
        find_files([str(tmp_path / "*.csv")])


def test_refuses_files_that_differ(folder, table, tmp_path):
    table.drop(columns="b").to_parquet(tmp_path / "lacks.parquet")
    table.assign(b="text").to_parquet(tmp_path / "text.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no more")
    first = str(folder / "p0.parquet")
    with pytest.raises(DataError, match=r"lacks.parquet lacks the column 'b', which .*p0.parquet"):
        find_files([first, str(tmp_path / "lacks.parquet")]).dataset()
    with pytest.raises(
        DataError, match=r"the column 'b' is .*string in .*text.parquet, and double"
    ):
        find_files([first, str(tmp_path / "text.parquet")]).dataset()
    with pytest.raises(DataError, match=r"broken.parquet is no readable Parquet file"):
        find_files([first, str(tmp_path / "broken.parquet")]).dataset()


def test_auto_reads_one_file_at_once_and_more_part_by_part(folder, monkeypatch):
    one = folder / "p0.parquet"
    assert choose_engine([one], DEFAULTS)[0] == "memory"
    assert choose_engine([str(folder)], DEFAULTS)[0] == "arrow"
    assert choose_engine([str(folder)], {**DEFAULTS, "engine": "memory"})[0] == "memory"
    monkeypatch.setattr("interpkd._collections.available_bytes", lambda: 1000)
    assert choose_engine([one], DEFAULTS)[0] == "arrow"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scheduler_address": "tcp://h:1"}, "--scheduler-address is for --engine dask"),
        ({"engine": "memory", "checkpoint": "d"}, "--checkpoint is for --engine arrow or dask"),
        ({"engine": "memory", "hold_out": "parts"}, "in memory rows are held out"),
        ({"missing": ("-",)}, "--missing is not for Parquet files"),
    ],
)
def test_refuses_options_of_another_engine(options, message, folder):
    with pytest.raises(click.UsageError, match=message):
        choose_engine([str(folder)], {**DEFAULTS, **options})


def test_refuses_an_engine_for_a_csv_file(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(click.UsageError, match="--engine arrow reads Parquet files"):
        choose_engine([path], {**DEFAULTS, "engine": "arrow"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--target", "z"], "--target 'z': the table has no such column"),
        (["--checkpoint", "kept"], "--checkpoint needs a teacher that is trained already"),
        (["--teacher-scores", "a"], "--teacher-scores needs the table in memory"),
        (["--category", "a"], "--category changes values as they are read"),
        (["--segment", "county"], "--group, --segment 'county': the table has no such column"),
        (["--engine", "dask", "--scheduler-address", "tcp://127.0.0.1:1"], "no Dask scheduler"),
    ],
)
def test_refuses_what_files_cannot_give(options, message, folder, run, monkeypatch):
    monkeypatch.setattr("interpkd.cli._distill_files.PATIENCE", "0.2s")
    target = [] if "--target" in options else ["--target", "y"]
    result = run("distill", folder, *target, *options, "--out", "out")
    assert result.exit_code > 0
    assert message in result.stderr


def shown(view):
    return pd.concat(list(view.map(_rows)))


def _rows(part):
    return part.X.assign(y=part.y)


def test_both_sides_are_all_rows_and_share_none(table):
    rows = MemoryCollection(pd.concat([table, table[:50]]), 4, "y")
    rule = HeldOut(0.25, seed=3)
    learn, held = (shown(View(rows, Selection(rule, side))) for side in (False, True))
    assert len(learn) + len(held) == 650
    assert 0.18 < len(held) / 650 < 0.32
    assert not set(learn.a) & set(held.a)  # copies are on the same side
    # wherever the rows lie
    again = MemoryCollection(table.sample(frac=1, random_state=0), 3, "y")
    assert set(shown(View(again, Selection(rule, True))).a) == set(held.a)
    other = shown(View(rows, Selection(HeldOut(0.25, seed=4), True)))
    assert set(other.a) != set(held.a)


def test_whole_parts_are_held_out(table):
    rows = MemoryCollection(table, 6, "y")
    view = View(rows, Selection(HeldOut(0.3, 0), False))
    assert all(hasattr(view, name) for name in Collection.__annotations__)
    parts = held_out_parts(6, 0.3, seed=0)
    rule = HeldOut(0.3, 0, parts)
    held = View(rows, Selection(rule, True, dropped=("region",)))
    assert len(shown(held)) == 200
    assert "region" not in held.feature_names
    assert held.fingerprint() != View(rows, Selection(rule, False)).fingerprint()
    with pytest.raises(InvalidInputError, match="one part only"):
        held_out_parts(1, 0.3, seed=0)
    with pytest.raises(InvalidInputError, match="'q' is to be dropped"):
        View(rows, Selection(rule, True, dropped=("q",)))


def test_distils_files_part_by_part(folder, tmp_path, run):
    out = tmp_path / "out"
    result = run(
        "distill", str(folder / "*.parquet"), "--target", "y", "--teacher", "forest",
        "--max-leaf-nodes", 3, "--segment", "region", "--out", out,
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert "Engine    arrow, " in result.stdout
    assert "25 % by a hash of their content" in result.stdout
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    split = report["data"]["split"]
    assert split["How"].startswith("by a hash of their content")
    assert split["Engine"] == "arrow"
    n_held = report["fidelity"]["n_rows"]
    assert 100 < n_held < 200
    assert sum(one["n"] for one in report["fidelity"]["segments"]) == n_held
    assert report["lineage"]["distillation"]["n_labeled"] == 600 - n_held
    assert "student.interpkd" in {path.name for path in out.iterdir()}
    assert 'engine = "auto"' in (out / "run.toml").read_text(encoding="utf-8")
