"""Ordinary models on raw tables: category columns, missing values and labels of any kind."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone, is_classifier
from sklearn.utils import get_tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from interpkd._tables import category_frame, describe_columns, encode, is_frame, read_frame
from interpkd._validation import (
    HasMethods,
    Interval,
    StrOptions,
    check_sample_weight,
    check_target,
    fit_context,
)
from interpkd.teachers._boosting import fit_with_early_stopping, quiet_about_devices

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from sklearn.utils import Tags

    from interpkd._typing import FloatArray, Table


class _Tabular(BaseEstimator):
    """Read a table as a booster or a forest wants it, the same way at fit and at predict."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "model": [HasMethods(["fit", "predict"])],
        "categories": [StrOptions({"native", "ordinal"})],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
    }

    def __init__(
        self,
        model: Any,
        *,
        categories: str = "native",
        validation_fraction: float | None = None,
    ) -> None:
        self.model = model
        self.categories = categories
        self.validation_fraction = validation_fraction

    def _read(self, X: Table, *, reset: bool) -> Any:
        if not is_frame(X):
            X = validate_data(self, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan")
            if reset:
                self.columns_ = None
            return X
        validate_data(self, X, reset=reset, skip_check_array=True)
        raw = read_frame(X)
        if reset:
            self.columns_ = describe_columns(raw)
        if self.columns_ is None:  # trained on an array: numbers only
            return check_array(X, dtype=np.float64, ensure_all_finite="allow-nan")
        if self.categories == "native":
            return category_frame(raw, self.columns_)
        return encode(raw, self.columns_)

    def _fit_model(self, X: Table, y: Any, sample_weight: ArrayLike | None) -> Self:
        if self.validation_fraction is not None:
            self.model_ = fit_with_early_stopping(
                self.model,
                X,
                y,
                None if sample_weight is None else check_sample_weight(sample_weight, X),
                share=self.validation_fraction,
                by_class=is_classifier(self),
            )
            return self
        params = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.model_ = clone(self.model).fit(X, y, **params)
        return self

    def _ask(self, method: str, X: Table) -> FloatArray:
        table = self._read(X, reset=False)
        with quiet_about_devices(self.model_):
            return np.asarray(getattr(self.model_, method)(table), dtype=np.float64)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = get_tags(self.model).input_tags.allow_nan
        tags.target_tags.required = True
        return tags


class TabularClassifier(ClassifierMixin, _Tabular):
    """A classifier that reads raw tables and labels of any kind.

    Parameters
    ----------
    model : estimator instance
        A classifier for numbers and labels 0, 1, …, such as ``XGBClassifier``.

    categories : {"native", "ordinal"}, default="native"
        How `model` gets category columns: as pandas categories, or as numbers in the order of
        their text. Categories not seen in `fit` are missing values for it.

    validation_fraction : float or None, default=None
        For an XGBoost model with `early_stopping_rounds`: the share of the rows that `fit` keeps
        back to see how many rounds help, drawn by the model's `random_state`, of every class. The
        model is then fitted to all rows with as many rounds. Where that is fewer than 20 rows,
        300 rounds are taken. None to fit once, as the model is.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels.

    model_ : estimator
        The fitted model.

    columns_ : tuple of Column or None
        How each column of the training table was read; None for an array.

    n_features_in_ : int
        Number of columns seen during fit.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, when all are texts.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.ensemble import HistGradientBoostingClassifier
    >>> from interpkd.teachers import TabularClassifier
    >>> X = pd.DataFrame({"colour": ["red", "white"] * 20, "age": range(40)})
    >>> teacher = TabularClassifier(HistGradientBoostingClassifier()).fit(X, ["a", "b"] * 20)
    >>> print(teacher.predict(X)[:2])
    ['a' 'b']
    """

    @fit_context(prefer_skip_nested_validation=False)  # the model validates itself
    def fit(self, X: Table, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the model to a raw table.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The training table.

        y : array-like of shape (n_samples,)
            Class labels of any kind.

        sample_weight : array-like of shape (n_samples,) or None, default=None
            Row weights.

        Returns
        -------
        self : object
            The fitted teacher.
        """
        table = self._read(X, reset=True)
        y = check_target(y, estimator=self)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        return self._fit_model(table, codes, sample_weight)

    def predict_proba(self, X: Table) -> FloatArray:
        """Give class probabilities.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities, columns as in `classes_`.
        """
        check_is_fitted(self)
        return self._ask("predict_proba", X)

    def predict(self, X: Table) -> NDArray[Any]:
        """Give the most probable class of each row.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,)
            Class labels.
        """
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]


class TabularRegressor(RegressorMixin, _Tabular):
    """A regressor that reads raw tables.

    Parameters
    ----------
    model : estimator instance
        A regressor for numbers, such as ``XGBRegressor``.

    categories : {"native", "ordinal"}, default="native"
        How `model` gets category columns: as pandas categories, or as numbers in the order of
        their text. Categories not seen in `fit` are missing values for it.

    validation_fraction : float or None, default=None
        For an XGBoost model with `early_stopping_rounds`: the share of the rows that `fit` keeps
        back to see how many rounds help, drawn by the model's `random_state`, of every class. The
        model is then fitted to all rows with as many rounds. Where that is fewer than 20 rows,
        300 rounds are taken. None to fit once, as the model is.

    Attributes
    ----------
    model_ : estimator
        The fitted model.

    columns_ : tuple of Column or None
        How each column of the training table was read; None for an array.

    n_features_in_ : int
        Number of columns seen during fit.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, when all are texts.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.ensemble import HistGradientBoostingRegressor
    >>> from interpkd.teachers import TabularRegressor
    >>> X = pd.DataFrame({"colour": ["red", "white"] * 20})
    >>> teacher = TabularRegressor(HistGradientBoostingRegressor()).fit(X, [1.0, 3.0] * 20)
    >>> print(teacher.predict(X)[:2].round(2))
    [1. 3.]
    """

    @fit_context(prefer_skip_nested_validation=False)  # the model validates itself
    def fit(self, X: Table, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the model to a raw table.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The training table.

        y : array-like of shape (n_samples,)
            The target.

        sample_weight : array-like of shape (n_samples,) or None, default=None
            Row weights.

        Returns
        -------
        self : object
            The fitted teacher.
        """
        table = self._read(X, reset=True)
        y = check_target(y, estimator=self, dtype=np.float64)
        return self._fit_model(table, y, sample_weight)

    def predict(self, X: Table) -> FloatArray:
        """Give predictions.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,)
            Predictions.
        """
        check_is_fitted(self)
        return self._ask("predict", X)
