"""Blocks on workers: the same sums on any number of them, and after any of them died."""

import gc
import os
import signal
import threading
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from interpkd._collections import Store
from interpkd._collections._dask import DaskCollection
from interpkd._collections._dask_cluster import Cluster
from interpkd.exceptions import PartError, TeacherError

dd = pytest.importorskip("dask.dataframe")
da = pytest.importorskip("dask.array")

pytestmark = pytest.mark.distributed

FACTOR = np.arange(20_000.0)  # large enough to travel on its own


class Teacher:
    """State that says where it was unpacked."""

    def __init__(self, folder):
        self.folder, self.weights = Path(folder), FACTOR

    def __setstate__(self, state):
        vars(self).update(state)
        (self.folder / f"unpacked-{os.getpid()}-{time.monotonic_ns()}").touch()


def score(part, factor, flag=None):
    if flag is not None and part.number == 4:
        die_once(flag)
    Z = np.asarray(part.X, dtype=np.float64)
    return {"Z": Z, "targets": factor.sum() * Z[:, :1]}, (part.number, len(Z), os.getpid())


def die_once(flag):
    try:
        os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def ask(part, teacher):
    time.sleep(0.05)
    return os.getpid(), float(teacher.weights.sum())


def moments(block, power, flag=None):
    if flag is not None and block.number == 4:
        die_once(flag)
    block.kept["calls"] = block.kept.get("calls", 0) + 1
    return [(block["Z"] ** power).sum(axis=0), len(block), np.histogram(block["Z"], 5)[0]]


def calls(block):
    return [block.kept.get("calls", 0)]


def number(block):
    return block.number, float(block["Z"][0, 0]), block["Z"].flags.writeable


def shifted(block, by):
    return {"Z": block["Z"] + by}


def fail_in_partition(frame, partition_info=None):
    if partition_info is not None and partition_info["number"] == 2:
        msg = "the file is torn"
        raise OSError(msg)
    return frame


def doubt(part):
    if part.number == 3:
        msg = "Probabilities must be finite."
        raise TeacherError(msg, row=5)
    return part.number


def dawdle(part, folder):
    (Path(folder) / f"started-{part.number}").touch()
    time.sleep(0.5)


def die(part):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame(rng.normal(size=(1000, 3)), columns=["a", "b", "c"])


def parts_of(frame, n=11):
    """Give partitions of uneven sizes, one of them empty."""
    borders = np.linspace(0, len(frame), n - 1).astype(int)
    pieces = [frame.iloc[a:b] for a, b in pairwise(borders)]
    return [*pieces[:3], frame.iloc[:0], *pieces[3:]]


def collection_of(pieces):
    import dask

    return DaskCollection(dd.from_delayed([dask.delayed(one) for one in pieces], meta=pieces[0]))


def test_blocks_stay_and_sums_come(client, frame):
    collection = collection_of(parts_of(frame))
    blocks, told = collection.keep(score, FACTOR)
    assert [number for number, _, _ in told] == [*range(10)]
    assert len({pid for _, _, pid in told} - {os.getpid()}) == 2
    assert (blocks.n_rows, blocks.n_blocks) == (1000, 9)
    total, n, histogram = blocks.sum(moments, 2)
    np.testing.assert_allclose(total, (frame**2).sum())
    assert (n, histogram.sum()) == (1000, 3000)
    # the sums are asked for where the blocks are, each block once
    runs, holders = blocks._where_they_are(), client.who_has(blocks._futures)
    assert sorted(k for _, numbers in runs for k in numbers) == [*range(9)]
    for address, numbers in runs:
        assert all(address in holders[blocks._futures[k].key] for k in numbers)
    # what a block keeps is kept where it is; an idle worker may have taken some over
    assert 5 <= blocks.sum(calls)[0] <= 9
    found = list(blocks.each(number))
    assert [k for k, _, _ in found] == [*range(9)]
    assert all(writable for _, _, writable in found)
    derived = blocks.derive(shifted, 1.0)
    np.testing.assert_allclose(derived.sum(moments, 1)[0], (frame + 1).sum())
    blocks.close()
    derived.close()
    gc.collect()  # copies of them in messages
    time.sleep(0.2)
    assert not client.futures


def test_large_state_travels_once_to_each_worker(client, frame, tmp_path):
    collection = DaskCollection(dd.from_pandas(frame, npartitions=12))
    answers = list(collection.map(ask, Teacher(tmp_path)))
    assert {value for _, value in answers} == {FACTOR.sum()}
    workers = {pid for pid, _ in answers}
    unpacked = [int(path.name.split("-")[1]) for path in tmp_path.glob("unpacked-*")]
    assert len(workers) == 2
    assert sorted(unpacked) == sorted(workers)


def sums_of(frame):
    blocks, _ = collection_of(parts_of(frame, 23)).keep(score, FACTOR)
    found = blocks.sum(moments, 3)
    blocks.close()
    return found


def test_other_numbers_of_workers_give_the_same_digits(client, alone, four, frame):
    expected = sums_of(frame)
    for other in (alone, four):
        with other.as_current():
            found = sums_of(frame)
        np.testing.assert_array_equal(found[0], expected[0])  # sums of floats, to the last bit
        np.testing.assert_array_equal(found[2], expected[2])


def test_scoring_asks_for_a_gpu_where_there_is_one(alone, frame):
    with alone.as_current():
        collection = DaskCollection(dd.from_pandas(frame, npartitions=3))
    blocks, _ = collection.keep(score, FACTOR)
    assert alone.run_on_scheduler(wishes_of) == [{"GPU": 1}] * 3
    assert blocks.sum(moments, 1)[1] == 1000
    blocks.close()


def test_work_that_is_still_under_way_is_no_failure(client):
    # a result whose worker died is made again, and looks unfinished until then
    cluster, again = Cluster(client), client.submit(time.sleep, 0.3)
    assert again.status == "pending"
    cluster.fail(again, "partition 3")
    assert again.status == "finished"
    with pytest.raises(PartError, match="Partition 3 could not be worked on: ZeroDivisionError"):
        cluster.fail(client.submit(divmod, 1, 0), "partition 3")


@pytest.mark.parametrize("when", ["scoring", "growth"])
def test_a_killed_worker_changes_nothing(client, frame, tmp_path, when):
    flag = str(tmp_path / "dead")
    collection = collection_of(parts_of(frame))
    expected, _ = collection.keep(score, FACTOR)
    reference = expected.sum(moments, 3)
    blocks, told = collection.keep(score, FACTOR, flag if when == "scoring" else None)
    assert [k for k, _, _ in told] == [*range(10)]
    for found in (
        blocks.sum(moments, 3, flag if when == "growth" else None),
        blocks.sum(moments, 3),  # the workers are others now
    ):
        np.testing.assert_array_equal(found[0], reference[0])
        assert found[1] == 1000
    assert Path(flag).exists()
    blocks.close()
    expected.close()


def test_a_partition_that_raises_is_named(client, frame, at_rest):
    ddf = dd.from_pandas(frame, npartitions=5)
    torn = DaskCollection(ddf.map_partitions(fail_in_partition, meta=frame.iloc[:0]))
    with pytest.raises(
        PartError, match=r"Partition 2 could not be.*OSError: the file is torn"
    ) as e:
        torn.keep(score, FACTOR)
    assert isinstance(e.value.__cause__, OSError)
    with pytest.raises(TeacherError, match="In partition 3: Probabilities must be finite") as e:
        list(DaskCollection(ddf).map(doubt))
    assert e.value.row == 5
    assert at_rest(client)


def test_workers_that_die_again_and_again(client, frame):
    collection = DaskCollection(dd.from_pandas(frame, npartitions=1))
    usual = client.run_on_scheduler(allow_failures, 0)
    try:
        with pytest.raises(PartError, match=r"Workers died again and again.*partition 0.*memory"):
            list(collection.map(die))
    finally:
        client.run_on_scheduler(allow_failures, usual)


def allow_failures(n, dask_scheduler):
    usual, dask_scheduler.allowed_failures = dask_scheduler.allowed_failures, n
    return usual


def wishes_of(dask_scheduler):
    return [
        dict(task.resource_restrictions)
        for key, task in dask_scheduler.tasks.items()
        if str(key).startswith("interpkd-made")
    ]


def test_parts_of_a_checkpoint_are_not_read_again(client, frame, tmp_path):
    flag = tmp_path / "read"
    folder = tmp_path / "kept"
    flag.mkdir()
    folder.mkdir()
    ddf = dd.from_pandas(frame, npartitions=5).map_partitions(
        note_reading, str(flag), meta=frame.iloc[:0], enforce_metadata=False
    )
    done = []
    store = Store(checkpoint=folder, progress=lambda *counts: done.append(counts))
    first, told = DaskCollection(ddf).keep(counted, store=store)
    assert done[-1] == (5, 5)
    assert sorted(path.name for path in folder.iterdir()) == [
        f"part-{k:06d}.arrays" for k in range(5)
    ]
    (folder / "part-000003.arrays").unlink()
    n_read = len(list(flag.iterdir()))
    second, again = DaskCollection(ddf).keep(counted, store=store)
    assert len(list(flag.iterdir())) == n_read + 1
    assert [int(one["n"][0]) for one in again] == [int(one["n"][0]) for one in told] == [200] * 5
    np.testing.assert_array_equal(first.sum(moments, 1)[0], second.sum(moments, 1)[0])


def note_reading(rows, folder):
    (Path(folder) / f"{os.getpid()}-{time.monotonic_ns()}").touch()
    return rows


def counted(part):
    return {"Z": np.asarray(part.X, dtype=np.float64)}, {"n": np.array([len(part)])}


def test_answers_are_merged_on_the_workers(client, frame):
    done = []
    for n_parts in (1, 2, 40):
        collection = DaskCollection(dd.from_pandas(frame, npartitions=n_parts))
        found = collection.merged(sizes, together, progress=lambda k, n: done.append(k))
        assert sum(found) == 1000
        assert len(found) == n_parts == done[-1]
    torn = dd.from_pandas(frame, npartitions=5).map_partitions(fail_in_partition, meta=frame)
    with pytest.raises(PartError, match="Partition 2 could not be worked on"):
        DaskCollection(torn).merged(sizes, together)


def sizes(part):
    return [len(part)]


def together(lists):
    return [n for one in lists for n in one]


def test_interrupted(client, frame, tmp_path, at_rest):
    collection = DaskCollection(dd.from_pandas(frame, npartitions=40))

    def interrupt():
        while not list(tmp_path.glob("started-*")):
            time.sleep(0.05)
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        list(collection.map(dawdle, str(tmp_path)))
    thread.join()
    time.sleep(1.2)
    started = len(list(tmp_path.glob("started-*")))
    assert started < 20
    assert at_rest(client)
