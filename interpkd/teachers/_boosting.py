"""XGBoost inside a ready teacher: when to stop, and on which device."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import ctypes
import os
import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from interpkd._tables import select_rows
from interpkd.exceptions import InvalidInputError
from interpkd.teachers._holdout import held_back_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

MOST_ROUNDS = 1000
PATIENCE = 50
FEWEST_HELD_BACK = 20
ROUNDS_WITHOUT_STOPPING = 300


def fit_with_early_stopping(
    model: Any,
    X: Any,
    y: NDArray[Any],
    sample_weight: NDArray[Any] | None,
    *,
    share: float,
    by_class: bool,
) -> Any:
    """Fit XGBoost with as many rounds as rows that it did not see can use.

    A share of every class is kept back; boosting stops when these rows have gained nothing for
    `early_stopping_rounds`. The model is then fitted anew, to all rows, with the best number of
    rounds: a teacher that had lost a fifth of its rows would be a worse teacher. Where fewer than
    20 rows can be kept back they tell nothing, and 300 rounds are taken.

    Parameters
    ----------
    model : XGBClassifier or XGBRegressor
        The unfitted model, with `early_stopping_rounds`; `n_estimators` is the most rounds.

    X : ndarray or data frame of shape (n_samples, n_features)
        The training table.

    y : ndarray of shape (n_samples,)
        Class codes, or the target.

    sample_weight : ndarray of shape (n_samples,) or None
        Row weights; rows of weight 0 are never kept back.

    share : float
        Share of the rows to keep back.

    by_class : bool
        Whether `y` holds class codes.

    Returns
    -------
    model : XGBClassifier or XGBRegressor
        Fitted to all rows, without early stopping.

    Raises
    ------
    InvalidInputError
        If `model` does not stop early.
    """
    model = clone(model)
    if model.get_params().get("early_stopping_rounds") is None:
        msg = (
            "validation_fraction needs an XGBoost model with early_stopping_rounds, got "
            f"{type(model).__name__} without. Set early_stopping_rounds, or validation_fraction="
            "None."
        )
        raise InvalidInputError(msg)
    usable = np.arange(len(y)) if sample_weight is None else np.flatnonzero(sample_weight)
    rng = check_random_state(model.random_state)
    held = usable[held_back_rows(y[usable], share, rng, by_class=by_class)]
    if len(held) >= FEWEST_HELD_BACK:
        rounds = _best_rounds(model, X, y, sample_weight, held)
    else:
        rounds = min(model.n_estimators, ROUNDS_WITHOUT_STOPPING)
    model = clone(model).set_params(n_estimators=rounds, early_stopping_rounds=None)
    return model.fit(X, y, sample_weight=sample_weight)


def _best_rounds(
    model: Any,
    X: Any,
    y: NDArray[Any],
    sample_weight: NDArray[Any] | None,
    held: NDArray[np.intp],
) -> int:
    kept = np.setdiff1d(np.arange(len(y)), held)
    weights: dict[str, Any] = {}
    if sample_weight is not None:
        weights["sample_weight"] = sample_weight[kept]
        weights["sample_weight_eval_set"] = [sample_weight[held]]
    model.fit(
        select_rows(X, kept),
        y[kept],
        eval_set=[(select_rows(X, held), y[held])],
        verbose=False,
        **weights,
    )
    return int(model.best_iteration) + 1


@contextmanager
def quiet_about_devices(model: Any) -> Iterator[None]:
    """Let XGBoost on a GPU predict rows from the CPU's memory without a warning on each call.

    It moves them, as it has to; the warning would advise to keep them on the GPU.
    """
    if not str(getattr(model, "device", None)).startswith("cuda"):
        yield
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*mismatched devices", category=UserWarning)
        yield


def boosting_device(device: str) -> str:
    """Give the device that XGBoost is to use.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda"}
        What the user wants.

    Returns
    -------
    device : {"cpu", "cuda"}
        "cuda" for "auto" when this XGBoost was built with CUDA and a device is there.

    Raises
    ------
    InvalidInputError
        If "cuda" is wanted and cannot be had: XGBoost itself would take the CPU, with no more
        than a warning.
    """
    if device == "cpu":
        return "cpu"
    import xgboost

    built = bool(xgboost.build_info().get("USE_CUDA"))
    if built and _has_cuda_device():
        return "cuda"
    if device == "auto":
        return "cpu"
    why = (
        "this machine shows none"
        if built
        else "it was built without CUDA, as the package xgboost-cpu is"
    )
    msg = f"device='cuda': XGBoost finds no GPU that it can use, for {why}. Use device='auto'."
    raise InvalidInputError(msg)


def _has_cuda_device() -> bool:
    """Tell whether the driver counts a device that this process may see.

    The management library is asked: it does not start CUDA, which a forked child could then not
    use.
    """
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in {"", "-1", "NoDevFiles"}:
        return False
    try:
        library = ctypes.CDLL("nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1")
    except OSError:
        return False
    count = ctypes.c_uint(0)
    if library.nvmlInit_v2() != 0:
        return False
    try:
        return library.nvmlDeviceGetCount_v2(ctypes.byref(count)) == 0 and count.value > 0
    finally:
        library.nvmlShutdown()
