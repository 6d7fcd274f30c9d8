"""Every engine gives the rows that are there, in their order, and keeps what is made of them."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from interpkd._collections import MemoryCollection, Store, open_collection
from interpkd.exceptions import DamagedFileError, InvalidInputError, StorageError


def rows_of(part):
    return part.X.assign(y=part.y, w=part.sample_weight)


def taught(part):
    return {"Z": part.X[["a"]].to_numpy()}, {"n": np.array([len(part)])}


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    a = rng.random(50).astype(np.float32)
    text = pd.Series(rng.choice(["x", "y", None], 50))
    return pd.DataFrame({"w": rng.random(50), "a": a, "s": text, "y": rng.integers(0, 2, 50)})


@pytest.fixture
def folder(tmp_path, frame):
    for i, (start, stop, size) in enumerate([(0, 20, 3), (20, 20, 5), (20, 50, 30)]):
        table = pa.Table.from_pandas(frame[start:stop], preserve_index=True)
        pq.write_table(table, tmp_path / f"{i}.parquet", row_group_size=size)
    return tmp_path


@pytest.fixture(autouse=True)
def short_parts(monkeypatch):
    monkeypatch.setattr("interpkd._collections._arrow_units.PART_ROWS", 8)


@pytest.mark.parametrize("engine", ["arrow", "memory", "table"])
def test_parts_are_the_rows_in_their_order(engine, folder, frame):
    if engine == "memory":
        collection = MemoryCollection(frame, 7, "y", "w")
    else:
        data = ds.dataset(folder if engine == "arrow" else pa.Table.from_pandas(frame))
        collection = open_collection(data, "y", "w")
    assert collection.feature_names == ["a", "s"]
    assert collection.n_rows == 50
    found = list(collection.map(rows_of))
    assert len(found) == collection.n_parts > 3
    together = pd.concat(found, ignore_index=True)
    pd.testing.assert_frame_equal(together, frame[["a", "s", "y", "w"]])
    some = list(collection.map(rows_of, parts=[1, 3]))
    pd.testing.assert_frame_equal(some[1], found[3])
    assert collection.n_passes == 2


def test_rows_are_named_by_file_and_row_group(folder):
    collection = open_collection(ds.dataset(folder), "y", "w")
    where = [(part.where, part.first_row) for part in collection.map(lambda part: part)]
    assert where[0] == ("row groups 0 to 1 of 0.parquet", 0)
    assert where[-1] == ("row group 0 of 2.parquet", 22)


def test_types_that_pandas_reads_in_its_own_way(tmp_path):
    from decimal import Decimal

    table = pa.table(
        {
            "truth": [True, None, False, True],
            "money": pa.array([Decimal("1.25"), None, Decimal("2.00"), Decimal("3.50")]),
            "city": pa.array(["b", "a", None, "b"]).dictionary_encode(),
            "text": pa.array(["b", "a", None, "b"], pa.large_string()),
            "count": pa.array([1, None, 3, 4], pa.int16()),
            "empty": pa.nulls(4),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=2)
    from interpkd._tables import read_frame

    (frame,) = open_collection(ds.dataset(tmp_path)).map(lambda part: part.X)
    kinds = [column.kind for column in read_frame(frame)]
    assert kinds == ["boolean", "numeric", "category", "category", "numeric", "numeric"]
    assert frame["money"].tolist()[::2] == [1.25, 2.0]


def test_columns_are_checked_before_a_row_is_read(folder):
    data = ds.dataset(folder)
    with pytest.raises(InvalidInputError, match=r"y='label' is not a column of X.*\['w', 'a'"):
        open_collection(data, "label")
    with pytest.raises(InvalidInputError, match="y must be the name of a column of X"):
        open_collection(data, np.zeros(50))
    with pytest.raises(InvalidInputError, match="sample_weight and y both name the column 'y'"):
        open_collection(data, "y", "y")
    dates = pa.table({"day": pa.array([1], pa.date32()), "a": [1.0]})
    with pytest.raises(InvalidInputError, match=r"Column 'day' holds date32\[day\], which is nei"):
        open_collection(ds.dataset(dates))
    with pytest.raises(InvalidInputError, match="holds no row"):
        open_collection(ds.dataset(dates.select(["a"]).slice(1)))
    with pytest.raises(InvalidInputError, match="filtered data set"):
        open_collection(data.filter(ds.field("a") > 0.5))
    with pytest.raises(InvalidInputError, match="no column left"):
        open_collection(ds.dataset(pa.table({"y": [1]})), "y")


def test_a_damaged_row_group_is_named(folder):
    path = folder / "2.parquet"
    start = pq.ParquetFile(path).metadata.row_group(0).column(1).data_page_offset
    raw = bytearray(path.read_bytes())
    raw[start : start + 40] = bytes(range(200, 240))
    path.write_bytes(raw)
    collection = open_collection(ds.dataset(folder), "y", "w")
    with pytest.raises(DamagedFileError, match=r"row group 0 of .*2\.parquet cannot be read"):
        list(collection.map(rows_of))
    path.write_bytes(raw[:-6])
    with pytest.raises(DamagedFileError, match=r"2\.parquet cannot be opened"):
        open_collection(ds.dataset([str(folder / "0.parquet"), str(path)]))


def test_fingerprint_tells_of_files_and_columns(folder):
    import os

    def now(*columns):
        return open_collection(ds.dataset(folder), *columns).fingerprint()

    first = now("y", "w")
    assert first == now("y", "w") != now("y")
    os.utime(folder / "0.parquet", (1, 1))
    assert now("y", "w") != first


@pytest.mark.parametrize("on_file", [frozenset(), frozenset({"Z"}), frozenset({"codes"})])
def test_blocks_are_the_same_in_memory_and_in_files(frame, on_file, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def made(part):
        Z = part.X[["a"]].to_numpy()
        return {"Z": Z, "codes": (Z * 9).astype(np.uint8)}, {"n": np.array([len(part)])}

    blocks, told = MemoryCollection(frame, 60, "y", "w").keep(made, store=Store(on_file))
    assert blocks.n_rows == 50 == sum(int(one["n"][0]) for one in told)
    derived = blocks.derive(lambda block: {"Z": block["Z"] * 2, "codes": block["codes"]})
    total, codes = derived.sum(lambda block: [block["Z"].sum(axis=0), block["codes"].sum()])
    assert total == pytest.approx(2 * frame["a"].sum())
    assert codes == (frame["a"] * 9).astype(np.uint8).sum()
    assert blocks.n_passes == derived.n_passes == 2  # what is derived counts on
    blocks.close()
    assert len(list(derived.each(lambda block: block["codes"].sum()))) == 50
    derived = derived.replaced(lambda block: {"Z": -block["Z"], "codes": block["codes"]})
    assert derived.sum(lambda block: [block["Z"].sum()])[0] == pytest.approx(-2 * frame["a"].sum())
    assert derived.n_passes == 5
    derived.close()
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_named_and_nothing_half_written_stays(frame, tmp_path, monkeypatch):
    import errno

    def no_room(file, array):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("interpkd._collections._array_files._write", no_room)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    collection = MemoryCollection(frame, 4, "y", "w")
    with pytest.raises(StorageError, match=r"000001\.arrays' cannot be written: No space.*TMPDIR"):
        collection.keep(taught)
    assert not list(tmp_path.iterdir())
    with pytest.raises(StorageError, match=r"part-000000\.arrays' cannot be .*checkpoint=DIR"):
        collection.keep(taught, store=Store(checkpoint=tmp_path))
    assert not list(tmp_path.iterdir())


def test_parts_of_a_checkpoint_are_not_made_again(frame, tmp_path):
    collection, asked = MemoryCollection(frame, 4, "y", "w"), []

    def once(part):
        asked.append(part.number)
        if part.number == 2 and asked.count(2) == 1:
            raise KeyboardInterrupt
        return taught(part)

    with pytest.raises(KeyboardInterrupt):
        collection.keep(once, store=Store(checkpoint=tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "part-000000.arrays",
        "part-000001.arrays",
    ]
    blocks, told = collection.keep(once, store=Store(checkpoint=tmp_path))
    assert asked == [0, 1, 2, 2, 3]
    assert [int(one["n"][0]) for one in told] == [12, 13, 12, 13]
    found = np.concatenate(list(blocks.each(lambda block: block["Z"][:, 0])))
    np.testing.assert_array_equal(found, frame["a"])
    (tmp_path / "part-000001.arrays").write_bytes(b"short")
    with pytest.raises(DamagedFileError, match="is not, or no longer, what was written there"):
        collection.keep(once, store=Store(checkpoint=tmp_path))
