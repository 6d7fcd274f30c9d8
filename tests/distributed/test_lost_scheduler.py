"""The last test of the cluster of one worker: it ends."""

import threading
import time

import numpy as np
import pandas as pd
import pytest

from interpkd._collections._dask import DaskCollection
from interpkd.exceptions import ClusterError

dd = pytest.importorskip("dask.dataframe")

pytestmark = pytest.mark.distributed


def kept(part):
    return {"Z": np.asarray(part.X, dtype=np.float64)}, len(part)


def rows(block):
    return [len(block)]


def slowly(block):
    time.sleep(5)
    return [1]


def test_a_lost_scheduler_is_named(start, alone):
    with alone.as_current():
        collection = DaskCollection(dd.from_pandas(pd.DataFrame({"a": range(90)}), npartitions=3))
    blocks, told = collection.keep(kept)
    assert told == [30, 30, 30]
    assert blocks.sum(rows) == [90]
    ending = threading.Timer(1, alone.cluster.close)
    ending.start()
    with pytest.raises(ClusterError, match="connection to the scheduler"):
        blocks.sum(slowly)
    ending.join()
    with pytest.raises(ClusterError, match="connection to the scheduler"):
        blocks.sum(rows)
    with pytest.raises(ClusterError, match="connection to the scheduler"):
        collection.keep(kept)
    blocks.close()
