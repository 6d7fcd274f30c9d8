"""A cluster of processes on this machine, started once; its workers find what tests define."""

import os
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("distributed")

ROOT = str(Path(__file__).parents[2])


@pytest.fixture(scope="session")
def start():
    """Start a cluster of some single-thread workers; give the way to start others."""
    import contextlib

    from distributed import Client, LocalCluster

    # workers are spawned and read the environment; the package need not be installed
    path = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join([ROOT, *filter(None, [path])])

    @contextlib.contextmanager
    def start_cluster(n_workers, **options):
        with (
            LocalCluster(
                n_workers=n_workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address=":0",  # any free port: None takes a fixed one
                **options,
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client

    yield start_cluster
    os.environ["PYTHONPATH"] = path


@pytest.fixture(scope="session")
def two(start):
    """Two workers."""
    with start(2) as client:
        yield client


@pytest.fixture(scope="session")
def four(start):
    """Four workers."""
    with start(4) as client:
        yield client


@pytest.fixture(scope="session")
def alone(start):
    """One worker, which says that it has a GPU; a scheduler that is lost is given up soon."""
    import dask

    with (
        dask.config.set({"distributed.comm.timeouts.connect": "2s"}),
        start(1, resources={"GPU": 1}) as client,
    ):
        yield client


@pytest.fixture
def client(two):
    """Two workers, as the ones that Dask works with."""
    with two.as_current():
        yield two


@pytest.fixture
def at_rest():
    """Wait until no worker has anything to do; what runs already ends first."""

    def rest(client):
        until = time.monotonic() + 20
        while any(client.processing().values()) and time.monotonic() < until:
            time.sleep(0.1)
        return not any(client.processing().values())

    return rest


@pytest.fixture(scope="module", autouse=True)
def by_value(request):
    """Send the functions of a test file themselves: workers cannot import it."""
    import cloudpickle

    module = sys.modules[request.module.__name__]
    cloudpickle.register_pickle_by_value(module)
    yield
    cloudpickle.unregister_pickle_by_value(module)
