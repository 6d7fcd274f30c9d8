"""Where a report was made: software, linear algebra, threads, the user's working directory.

Nothing here names the machine, its user or a folder.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import functools
import importlib.metadata
import os
import platform
import shutil
import subprocess  # nosec: git is asked about the working directory, nothing else is run
import sys
from typing import Any

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)

GIT_SECONDS = 10
"""How long git may take; a working directory on a dead network drive shall not stop a report."""


def environment() -> dict[str, Any]:
    """Say on what the numbers were made.

    Returns
    -------
    section : dict
        "python", "implementation", "system", "release", "machine", "packages" (all that are
        installed, name to version), "blas" (libraries of linear algebra in use) and "threads".
    """
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "packages": dict(packages()),
        "blas": blas(),
        "threads": threads(),
    }


@functools.cache
def packages() -> tuple[tuple[str, str], ...]:
    """Give name and version of every installed distribution, in order of their names."""
    found: dict[str, str] = {}
    for one in importlib.metadata.distributions():
        name = one.metadata["Name"]
        if name:  # the first on the path is the one that is imported
            found.setdefault(name.lower().replace("_", "-"), str(one.version))
    return tuple(sorted(found.items()))


def blas() -> list[dict[str, Any]]:
    """Give the libraries of linear algebra that are loaded, without where they lie."""
    from threadpoolctl import threadpool_info

    keys = ("internal_api", "version", "threading_layer", "architecture", "num_threads")
    found = [
        {"library" if key == "internal_api" else key: one.get(key) for key in keys}
        for one in threadpool_info()
        if one.get("user_api") == "blas"
    ]
    return sorted(found, key=str)


def threads() -> dict[str, Any]:
    """Give the numbers of processors and threads, and the variables that limit them."""
    import numba

    return {
        "processors": os.cpu_count(),
        "processors_allowed": _allowed(),
        "numba": numba.get_num_threads(),
        "variables": {name: os.environ[name] for name in THREAD_VARIABLES if name in os.environ},
    }


def git_state() -> dict[str, Any]:
    """Say which commit the working directory is at, where git knows it.

    Returns
    -------
    section : dict
        "commit", "is_dirty" (whether files that git follows differ from the commit; new files do
        not count, such as the results of a run) and "reason", why there is none. Never raises.
    """
    git = shutil.which("git")
    if git is None:
        return _no_git("git is not installed.")
    command = [git, "-c", "core.fsmonitor=false", "status", "--porcelain=v2", "--branch"]
    try:
        answer = subprocess.run(  # noqa: S603  (a fixed command)
            [*command, "--untracked-files=no"],
            capture_output=True,
            check=False,
            timeout=GIT_SECONDS,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        )
    except (OSError, subprocess.SubprocessError) as error:
        return _no_git(f"git could not be asked: {type(error).__name__}.")
    if answer.returncode:
        return _no_git("The working directory belongs to no git repository that git may read.")
    lines = answer.stdout.decode("utf-8", "replace").splitlines()
    commits = [line.split()[-1] for line in lines if line.startswith("# branch.oid ")]
    if not commits or commits[0] == "(initial)":
        return _no_git("The git repository has no commit yet.")
    is_dirty = any(not line.startswith("#") for line in lines)
    return {"commit": commits[0], "is_dirty": is_dirty, "reason": None}


def _no_git(reason: str) -> dict[str, Any]:
    return {"commit": None, "is_dirty": None, "reason": reason}


def _allowed() -> int | None:
    """Give the processors that this process may use, where the system tells."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return None
