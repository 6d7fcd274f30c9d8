"""The boosters of two libraries, opened: objective, columns, and how to ask each for its answers."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy.special import softmax

from interpkd._tables import Column, encode, is_frame, read_frame
from interpkd.exceptions import InvalidInputError, NotATeacherError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import FloatArray, Table


class Booster(Protocol):
    """A booster of either library, opened."""

    @property
    def booster(self) -> Any:
        """The library's own object."""

    @property
    def objective(self) -> str:
        """The objective, as its library writes it."""

    @property
    def n_outputs(self) -> int:
        """Number of answers per row."""

    @property
    def names(self) -> list[str] | None:
        """Names of the columns, None when it was trained without."""

    @property
    def n_columns(self) -> int:
        """Number of columns."""

    def answers(self, X: Table) -> FloatArray:
        """Give what the objective says, shape (n_samples,) or (n_samples, n_outputs)."""


@dataclass(frozen=True)
class XGBoostBooster:
    """An `xgboost.Booster` and what is to be known to ask it."""

    booster: Any
    objective: str
    n_outputs: int
    columns: tuple[Column, ...]
    has_names: bool

    @property
    def names(self) -> list[str] | None:
        """Names of the columns, None when it was trained without."""
        return [column.name for column in self.columns] if self.has_names else None

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return len(self.columns)

    def answers(self, X: Table) -> FloatArray:
        """Give what the objective says, with the trees up to the best iteration.

        Categories are coded here, so that one not seen in training is a missing value. The margin
        begins at the model's own base score: a `base_margin` belongs to rows, and there is none.
        """
        import xgboost

        numbers = self._codes(X) if is_frame(X) else read_numbers(X, self)
        check_width(numbers.shape[1], self)
        rows = xgboost.DMatrix(
            numbers,
            feature_names=self.booster.feature_names,
            feature_types=self.booster.feature_types,
            enable_categorical=True,
        )
        is_softmax = self.objective == "multi:softmax"  # would decide, as its objective says
        # training=False: DART drops trees at random in training only
        answers = self.booster.predict(
            rows,
            output_margin=is_softmax,
            training=False,
            iteration_range=used_rounds(self.booster),
        )
        answers = np.asarray(answers, dtype=np.float64)
        return softmax(answers, axis=1) if is_softmax else answers

    def _codes(self, X: Table) -> FloatArray:
        """Give the table as numbers, categories as the codes of the training table."""
        raw = read_frame(X)
        check_width(len(raw), self)
        kinds = self.booster.feature_types or [""] * len(raw)
        for one, column, kind in zip(raw, self.columns, kinds, strict=True):
            if kind == "c" and column.kind != "category" and one.kind == "category":
                msg = (
                    f"The booster splits the column {one.name!r} by category, but has no list of "
                    "its categories: it was trained on codes, or is a slice of another booster, "
                    "which forgets them. Pass the codes as numbers, or the whole booster."
                )
                raise InvalidInputError(msg)
        return encode(raw, self.columns)


def open_xgboost(booster: Any) -> XGBoostBooster:
    """Read objective, columns and categories of an `xgboost.Booster`.

    Parameters
    ----------
    booster : xgboost.Booster
        The booster.

    Returns
    -------
    opened : XGBoostBooster
        The booster with what is to be known to ask it.
    """
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    shape = learner["learner_model_param"]
    n_outputs = max(int(shape["num_class"]), int(shape.get("num_target", 1)), 1)
    names = booster.feature_names
    every = names or [f"x{i}" for i in range(booster.num_features())]
    columns = tuple(
        Column(name) if categories is None else Column(name, "category", categories)
        for name, categories in zip(every, xgboost_categories(learner, every), strict=True)
    )
    return XGBoostBooster(
        booster, learner["objective"]["name"], n_outputs, columns, names is not None
    )


def used_rounds(booster: Any) -> tuple[int, int]:
    """Give the range of boosting rounds that answer: to the best one, when training noted it.

    Parameters
    ----------
    booster : xgboost.Booster
        The booster; on its own it would answer with all rounds.

    Returns
    -------
    rounds : tuple of two int
        First round, and the one after the last.
    """
    n_rounds = booster.num_boosted_rounds()
    best = booster.attr("best_iteration")
    return 0, n_rounds if best is None else min(int(best) + 1, n_rounds)


def xgboost_categories(
    learner: dict[str, Any], names: Sequence[str]
) -> list[tuple[Any, ...] | None]:
    """Give the training categories of each column in the order of their codes.

    Parameters
    ----------
    learner : dict
        The `learner` of a model that XGBoost saved as JSON.

    names : sequence of str
        Names of the columns, for the error.

    Returns
    -------
    categories : list of tuple or None
        None for a column of numbers, and for one that was trained on codes.

    Raises
    ------
    NotATeacherError
        If XGBoost has cut the categories off.
    """
    trees = learner["gradient_booster"]
    trees = trees.get("gbtree", trees)  # DART keeps its trees one level deeper
    stored = trees.get("model", {}).get("cats", {}).get("enc", [])
    found: list[tuple[Any, ...] | None] = []
    for name, one in zip(names, stored, strict=False):
        ends = one.get("offsets")
        if ends is None:  # numbers as categories
            found.append(tuple(one["values"]) or None)
            continue
        letters = np.array(one["values"], dtype=np.int64).astype(np.uint8).tobytes()
        pieces = _texts([letters[a:b] for a, b in pairwise(ends)])
        if pieces is None:
            msg = (
                f"The category column {name!r} has categories with letters beyond ASCII. XGBoost "
                "before 3.4 stores them cut off and takes one for another. Rename them and train "
                "again, or train through interpkd.teachers.TabularClassifier, which codes them "
                "itself."
            )
            raise NotATeacherError(msg)
        found.append(pieces or None)
    return found + [None] * (len(names) - len(found))


def _texts(pieces: Sequence[bytes]) -> tuple[str, ...] | None:
    """Read texts, None where they are cut off: before 3.4, bytes were counted as letters."""
    import xgboost

    counts_bytes = tuple(map(int, xgboost.__version__.split(".")[:2])) >= (3, 4)
    if not counts_bytes and not all(piece.isascii() for piece in pieces):
        return None
    try:
        return tuple(piece.decode("utf-8") for piece in pieces)
    except UnicodeDecodeError:  # trained with an older version
        return None


@dataclass(frozen=True)
class LightGBMBooster:
    """A `lightgbm.Booster` and what is to be known to ask it."""

    booster: Any
    objective: str
    n_outputs: int
    names: list[str] | None
    n_columns: int

    def answers(self, X: Table) -> FloatArray:
        """Give what the objective says, with the trees up to the best iteration."""
        rows = self._frame(X) if is_frame(X) else read_numbers(X, self)
        check_width(rows.shape[1], self)
        # without a number of trees LightGBM takes those up to its best iteration
        return np.asarray(self.booster.predict(rows), dtype=np.float64)

    def _frame(self, X: Table) -> Any:
        """Give a pandas frame with every text as a category, which LightGBM codes itself."""
        import pandas as pd

        raw = read_frame(X)
        n_categories = sum(column.kind == "category" for column in raw)
        known = self.booster.pandas_categorical or []
        if n_categories != len(known):
            msg = (
                f"The booster was trained on {len(known)} category columns, and the table has "
                f"{n_categories}. Give each column the type it had in training."
            )
            raise InvalidInputError(msg)
        return pd.DataFrame(
            {
                one.name: pd.Categorical(one.values) if one.kind == "category" else one.values
                for one in raw
            }
        )


def open_lightgbm(booster: Any) -> LightGBMBooster:
    """Read objective and columns of a `lightgbm.Booster`.

    Parameters
    ----------
    booster : lightgbm.Booster
        The booster.

    Returns
    -------
    opened : LightGBMBooster
        The booster with what is to be known to ask it.
    """
    objective, _ = lightgbm_objective(booster)
    names = booster.feature_name()
    is_named = names != [f"Column_{i}" for i in range(len(names))]
    n_outputs = booster.num_model_per_iteration()
    return LightGBMBooster(booster, objective, n_outputs, names if is_named else None, len(names))


def lightgbm_objective(booster: Any) -> tuple[str, dict[str, str]]:
    """Give the objective of a LightGBM model and its settings.

    Parameters
    ----------
    booster : lightgbm.Booster
        The booster.

    Returns
    -------
    name : str
        The objective, ``"custom"`` when the model names none.

    settings : dict
        What stands beside it, such as ``{"sigmoid": "1"}``.
    """
    for line in booster.model_to_string(num_iteration=1).splitlines():
        if line.startswith("Tree="):
            break
        key, _, text = line.partition("=")
        if key == "objective" and text:
            name, *rest = text.split()
            parts = (one.partition(":") for one in rest)
            return name, {key: value for key, _, value in parts}
    return "custom", {}


def read_numbers(X: Any, source: Booster) -> FloatArray:
    """Read a table without names; a booster that knows names refuses it.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        The rows.

    source : Booster
        Who is to be asked.

    Returns
    -------
    numbers : ndarray of shape (n_samples, n_features)
        The rows as float64.

    Raises
    ------
    InvalidInputError
        If the booster was trained on named columns, or a value is no number.
    """
    if source.names is not None:
        some = ", ".join(map(repr, source.names[:3]))
        msg = (
            f"The booster was trained on named columns ({some}, …), and X is "
            f"{type(X).__name__} without names. Pass a data frame, so that the columns can be "
            "matched."
        )
        raise InvalidInputError(msg)
    try:
        numbers = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = (
            f"The booster takes rows of numbers, got {type(X).__name__}: {error}. Pass a data "
            "frame or an array; a DMatrix or Dataset of the library is not one, and its base "
            "margin could not be had for other rows."
        )
        raise InvalidInputError(msg) from error
    if numbers.ndim != 2:
        msg = f"X must be a table of rows and columns, got shape {numbers.shape}."
        raise InvalidInputError(msg)
    return numbers


def check_width(n_columns: int, source: Booster) -> None:
    """Raise when a table has another number of columns than the booster was trained on."""
    if n_columns != source.n_columns:
        msg = (
            f"The booster was trained on {source.n_columns} columns without names, and X has "
            f"{n_columns}. Pass the same columns in the same order."
        )
        raise InvalidInputError(msg)
