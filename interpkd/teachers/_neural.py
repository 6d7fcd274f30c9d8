"""A neural network for tables: RealMLP of pytabkit, on the tables boosters read.

RealMLP (Holzmüller, Grinsztajn & Steinwart, Better by default, NeurIPS 2024) is a multilayer
perceptron with tuned defaults. Two of them are changed here because a teacher's probabilities are
targets and not only decisions: no label smoothing, which pulls them all towards the middle, and
the epoch to keep is chosen by cross-entropy, not by the error rate.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from interpkd._optional import require
from interpkd._tables import is_frame
from interpkd.exceptions import InvalidInputError
from interpkd.teachers._holdout import held_back_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from numpy.typing import NDArray
    from sklearn.utils import Tags

    from interpkd._typing import FloatArray

HELD_BACK = 0.2
"""Share of the rows that choose the epoch to keep, as RealMLP was tuned."""

N_EPOCHS = 256
MOST_ROW_VISITS = 256 * 50_000
"""Above 50,000 rows there are fewer epochs, so that training ends: about this many visits."""
FEWEST_EPOCHS = 8
LARGE_BATCH_FROM = 100_000
LOGGERS = ("pytorch_lightning", "lightning", "lightning.pytorch", "lightning_fabric")


class _Neural(BaseEstimator):
    """What both tasks share: filling in, training in silence, and a seed of its own."""

    def __init__(
        self,
        *,
        device: str = "auto",
        n_epochs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.device = device
        self.n_epochs = n_epochs
        self.random_state = random_state

    def _train(self, kind: str, X: Any, y: NDArray[Any], weights: Any, **settings: Any) -> None:
        if weights is not None and np.ptp(weights) > 0:
            msg = (
                "The neural teacher takes no sample_weight: RealMLP has none. Use "
                "make_teacher('boosted'), or fit it without weights and freeze it."
            )
            raise InvalidInputError(msg)
        rng = check_random_state(self.random_state)
        table = self._fill(X, reset=True)
        held = held_back_rows(y, HELD_BACK, rng, by_class=kind == "Classifier")
        with quiet_pytabkit() as pytabkit:
            import torch

            model = getattr(pytabkit, f"RealMLP_TD_S_{kind}")(
                device=cuda_or_cpu(self.device),
                n_epochs=self._epochs(len(y)),
                batch_size=1024 if len(y) >= LARGE_BATCH_FROM else 256,
                random_state=int(rng.randint(2**31 - 1)),
                n_threads=torch.get_num_threads(),
                val_fraction=0.0,  # the rows are chosen here; with none, the last epoch is kept
                **settings,
            )
            self.model_ = model.fit(table, y, val_idxs=held if len(held) else None)

    def _epochs(self, n_rows: int) -> int:
        if self.n_epochs is not None:
            return self.n_epochs
        return int(np.clip(MOST_ROW_VISITS // n_rows, FEWEST_EPOCHS, N_EPOCHS))

    def _fill(self, X: Any, *, reset: bool) -> Any:
        """Fill in medians, and add a column that says so where the training table had gaps."""
        import pandas as pd

        table = X.copy() if is_frame(X) else pd.DataFrame(np.asarray(X, dtype=np.float64))
        table.columns = [f"x{i}" for i in range(table.shape[1])]  # no name can be in the way
        numbers = [name for name in table if not isinstance(table[name].dtype, pd.CategoricalDtype)]
        if reset:
            medians = table[numbers].median()
            self.medians_ = medians.where(medians.notna(), 0.0)  # a column of gaps only
            self.had_gaps_ = [name for name in numbers if table[name].isna().any()]
        gaps = {f"{name} missing": table[name].isna().astype(float) for name in self.had_gaps_}
        table[numbers] = table[numbers].fillna(self.medians_)
        return pd.concat([table, pd.DataFrame(gaps, index=table.index)], axis=1)

    def _ask(self, method: str, X: Any) -> FloatArray:
        check_is_fitted(self)
        table = self._fill(X, reset=False)
        with quiet_pytabkit():
            return np.asarray(getattr(self.model_, method)(table), dtype=np.float64)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        return tags


class NeuralClassifier(ClassifierMixin, _Neural):
    """RealMLP for class codes 0, 1, … on a table of numbers and pandas categories.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda"}, default="auto"
        Where to train and predict; "auto" is CUDA when torch sees a device, else the CPU.

    n_epochs : int or None, default=None
        Passes over the rows. None for 256, and for fewer above 50,000 rows.

    random_state : int, RandomState instance or None, default=None
        Seed of everything random; the global generators are left as they were.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The codes.

    model_ : RealMLP_TD_S_Classifier
        The fitted network.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on 80 % of the rows; the others choose the epoch to keep."""
        codes = np.asarray(y)
        self.classes_ = np.unique(codes)
        self._train(
            "Classifier", X, codes, sample_weight, use_ls=False, val_metric_name="cross_entropy"
        )
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        """Give class probabilities, float64 of shape (n_samples, n_classes)."""
        P = self._ask("predict_proba", X)
        return P / P.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> NDArray[Any]:
        """Give the most probable code of each row."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class NeuralRegressor(RegressorMixin, _Neural):
    """RealMLP for a number, on a table of numbers and pandas categories.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda"}, default="auto"
        Where to train and predict; "auto" is CUDA when torch sees a device, else the CPU.

    n_epochs : int or None, default=None
        Passes over the rows. None for 256, and for fewer above 50,000 rows.

    random_state : int, RandomState instance or None, default=None
        Seed of everything random; the global generators are left as they were.

    Attributes
    ----------
    model_ : RealMLP_TD_S_Regressor
        The fitted network, for the target less its mean, over its spread.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on 80 % of the rows; the others choose the epoch to keep."""
        target = np.asarray(y, dtype=np.float64)
        self.mean_ = float(target.mean())
        self.spread_ = float(target.std()) or 1.0
        # the network works in float32, where a large mean would swallow the differences
        self._train("Regressor", X, (target - self.mean_) / self.spread_, sample_weight)
        return self

    def predict(self, X: Any) -> FloatArray:
        """Give predictions, float64 of shape (n_samples,)."""
        return self._ask("predict", X) * self.spread_ + self.mean_


def cuda_or_cpu(device: str) -> str:
    """Give the device that torch is to use.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda"}
        What the user wants.

    Returns
    -------
    device : {"cpu", "cuda"}
        "cuda" for "auto" when torch sees a device.

    Raises
    ------
    InvalidInputError
        If "cuda" is wanted and torch sees no device.
    """
    torch = require("torch", extra="neural", purpose="make a neural teacher")
    if device == "cuda" and not torch.cuda.is_available():
        msg = (
            f"device='cuda' needs CUDA, and torch {torch.__version__} sees none here. Use "
            "device='auto', which takes CUDA when there is one."
        )
        raise InvalidInputError(msg)
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return device


@contextmanager
def quiet_pytabkit() -> Iterator[ModuleType]:
    """Import pytabkit and let it work without banners, and without touching global generators.

    Lightning says on each call which devices it found, and advertises; torch and Lightning warn
    about their own use of what they deprecate (torch 2.13, pytorch-lightning 2.6).

    Yields
    ------
    pytabkit : module
        The library.
    """
    loggers = [logging.getLogger(name) for name in LOGGERS]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytabkit = require("pytabkit", extra="neural", purpose="make a neural teacher")
        torch = require("torch", extra="neural", purpose="make a neural teacher")
        levels = [logger.level for logger in loggers]  # after the import, which sets them
        state = np.random.get_state()  # noqa: NPY002 (pytabkit seeds the global generator)
        try:
            for logger in loggers:
                logger.setLevel(logging.ERROR)
            with torch.random.fork_rng():
                yield pytabkit
        finally:
            np.random.set_state(state)  # noqa: NPY002
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
