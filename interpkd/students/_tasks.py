"""Students of class probabilities and students of a regression: targets and predictions."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from abc import abstractmethod
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array

from interpkd._validation import Options, class_positions
from interpkd.exceptions import InvalidInputError
from interpkd.students._base import BaseDistilled
from interpkd.students._by_parts import by_parts
from interpkd.targets import mix_labels, temper
from interpkd.teachers import is_frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, Table


class BaseDistilledClassifier(ClassifierMixin, BaseDistilled):
    """Base of the students of class probabilities."""

    _task = "classification"

    def _check_target(self, y: NDArray[Any]) -> NDArray[Any]:
        check_classification_targets(y)
        labels = np.unique(y)
        if len(labels) < 2 and not is_frozen(self.teacher):
            msg = (
                f"y holds one class only, {labels.tolist()[0]!r}; a classifier needs rows of at "
                "least 2 classes."
            )
            raise InvalidInputError(msg)
        return y

    def _targets(self, answers: FloatArray, y: NDArray[Any] | None) -> FloatArray:
        soft = temper(answers, self.temperature)
        if y is None or self.alpha == 0:
            return soft
        return mix_labels(soft, class_positions(y, self.classes_), self.alpha)

    def _labels_as_targets(self, y: NDArray[Any]) -> FloatArray:
        one_hot: FloatArray = np.eye(len(self.classes_))[class_positions(y, self.classes_)]
        return one_hot

    def _check_signs(self, signs: NDArray[np.int8] | None) -> None:
        """Refuse signs where there are more classes than two."""
        if signs is not None and len(self.classes_) != 2:
            msg = (
                "The 'monotonic_cst' parameter needs two classes, got "
                f"{len(self.classes_)}: with more, each class would need signs of its own."
            )
            raise InvalidInputError(msg)

    @by_parts
    def predict_proba(self, X: Table) -> FloatArray:
        """Predict class probabilities on the teacher's scale.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows. Of a Dask DataFrame or Array the answer is one too, not yet computed.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities, columns as in `classes_`.
        """
        return self._student_proba(self._encode(X))

    @by_parts
    def predict(self, X: Table) -> NDArray[Any]:
        """Predict the most probable class.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows. Of a Dask DataFrame or Array the answer is one too, not yet computed.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,)
            Class labels.
        """
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    @abstractmethod
    def _student_proba(self, Z: FloatArray) -> FloatArray:
        """Give probabilities for the encoded matrix; subclasses own this."""


class BaseDistilledRegressor(RegressorMixin, BaseDistilled):
    """Base of the students of a regression."""

    _task = "regression"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseDistilled._parameter_constraints,
        "temperature": [Options(Real, {1})],
    }

    def _check_target(self, y: NDArray[Any]) -> NDArray[Any]:
        return check_array(y, ensure_2d=False, dtype=np.float64, input_name="y", estimator=self)

    def _targets(self, answers: FloatArray, y: NDArray[Any] | None) -> FloatArray:
        if y is None or self.alpha == 0:
            return answers
        return (1 - self.alpha) * answers + self.alpha * y

    def _labels_as_targets(self, y: NDArray[Any]) -> FloatArray:
        return np.asarray(y, dtype=np.float64)[:, None]

    @by_parts
    def predict(self, X: Table) -> FloatArray:
        """Predict the target.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows. Of a Dask DataFrame or Array the answer is one too, not yet computed.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,)
            Predictions.
        """
        return self._student_prediction(self._encode(X))

    @abstractmethod
    def _student_prediction(self, Z: FloatArray) -> FloatArray:
        """Give predictions for the encoded matrix; subclasses own this."""
