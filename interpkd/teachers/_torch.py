"""A torch module as a frozen teacher: asked in batches, checked, and given back as it was."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy.special import expit, softmax
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import ClassifierTags, RegressorTags
from sklearn.utils.metaestimators import available_if

from interpkd._optional import is_instance_of_name
from interpkd._validation import (
    ROW_SUM_TOLERANCE,
    check_predictions,
    check_probabilities,
    num_samples,
)
from interpkd.exceptions import InvalidInputError, TeacherError
from interpkd.teachers._as_teacher import _check_classes, _Frozen
from interpkd.teachers._forward import (
    SharesModule,
    check_module,
    known_names,
    read_rows,
    run_in_batches,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray
    from sklearn.utils import Tags

    from interpkd._typing import FloatArray, Table

LOGITS = "If they are logits or log-probabilities, pass from_logits=True."


class TorchTeacher(SharesModule, _Frozen):
    """A torch module as a teacher that is used as it is.

    The module is asked in eval mode, without gradients and in batches; its training flags, submodule
    by submodule, the gradient mode and its device are afterwards what they were, after an error
    too. Its answers are checked on every call. Clones and copies share the one module.

    Parameters
    ----------
    module : torch.nn.Module
        A trained network. For a classification it gives probabilities or logits of shape
        (n_samples, n_classes); with two classes also P(`classes[1]`) alone, of shape (n_samples,)
        or (n_samples, 1). For a regression it gives (n_samples,) or (n_samples, 1).

    classes : array-like of shape (n_classes,) or None, default=None
        The classes of the module's outputs, in their order. None for a regression.

    from_logits : bool, default=False
        Whether the outputs are logits (or log-probabilities): a softmax, for one output the
        logistic function, turns them into probabilities, in float64.

    device : str, torch.device or None, default=None
        Where to run. None for where the module's parameters are; otherwise the module is moved
        there for each call and back, so move it yourself where calls are many.

    batch_size : int, default=1024
        Rows at a time. Where the device's memory is too short, the batch is halved for the rest
        of the call, down to one row.

    preprocess : transformer, callable or None, default=None
        A fitted transformer, or a function, from the user's table to the module's input, an array
        or tensor of as many rows: scaling, one-hot columns, images from flat pixels. Called once
        with all rows. Its floats are cast to the module's dtype; integers stay, as indices for an
        embedding. None for a table of numbers, which are all cast.

    feature_names : sequence of str or None, default=None
        The columns that `preprocess` or the module takes, in their order; data frames are
        aligned to them. None for what `preprocess` remembers; without that too, a data frame is
        taken in its own order.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes of the probability columns; not there for a regression.

    feature_names_in_ : ndarray of shape (n_features,)
        The columns in the module's order, where they are known.

    See Also
    --------
    as_teacher : Make a teacher of anything that is trained.
    TorchFeatures : An inner layer of a module as a transformer.

    Notes
    -----
    While a call runs, the module is in eval mode for every thread: calls wait for each other, and
    no other thread should train the module meanwhile.

    Examples
    --------
    >>> import torch
    >>> from interpkd.teachers import TorchTeacher
    >>> module = torch.nn.Linear(2, 3)
    >>> with torch.no_grad():
    ...     _ = module.weight.zero_(), module.bias.copy_(torch.tensor([0.0, 0.0, 9.0]))
    >>> teacher = TorchTeacher(module, classes=["a", "b", "c"], from_logits=True)
    >>> print(teacher.predict([[1.0, 2.0]]))
    ['c']
    """

    def __init__(
        self,
        module: Any,
        *,
        classes: ArrayLike | None = None,
        from_logits: bool = False,
        device: Any = None,
        batch_size: int = 1024,
        preprocess: Any = None,
        feature_names: Sequence[str] | None = None,
    ) -> None:
        self.module = module
        self.classes = classes
        self.from_logits = from_logits
        self.device = device
        self.batch_size = batch_size
        self.preprocess = preprocess
        self.feature_names = feature_names

    def _is_classifier(self) -> bool:
        return self.classes is not None

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes of the probability columns, shape (n_classes,)."""
        labels = _check_classes(self.classes, None)
        if labels is None:
            msg = "TorchTeacher has no classes_: without classes= it is a regression teacher."
            raise AttributeError(msg)
        return labels

    @property
    def feature_names_in_(self) -> NDArray[Any]:
        """The columns in the module's order, shape (n_features,)."""
        names = known_names(self.feature_names, self.preprocess)
        if names is None:
            msg = "TorchTeacher knows no column names; pass feature_names=."
            raise AttributeError(msg)
        return np.asarray(names, dtype=object)

    def fit(self, X: Any = None, y: Any = None, **params: Any) -> Self:  # noqa: ARG002
        """Check the parameters; the module is frozen and stays as it is.

        Parameters
        ----------
        X : object, default=None
            Ignored.

        y : object, default=None
            Ignored.

        **params : dict
            Ignored.

        Returns
        -------
        self : object
            The teacher as it was.

        Raises
        ------
        NotATeacherError
            If `module` is not a torch module.

        InvalidInputError
            If another parameter breaks its rule.
        """
        check_module(self.module, self.batch_size, self.preprocess)
        _check_classes(self.classes, None)
        if not isinstance(self.from_logits, (bool, np.bool_)):
            msg = f"The 'from_logits' parameter must be True or False, got {self.from_logits!r}."
            raise InvalidInputError(msg)
        if self.from_logits and not self._is_classifier():
            msg = (
                "from_logits=True is for a classification; name its classes: "
                "TorchTeacher(module, classes=[...], from_logits=True)."
            )
            raise InvalidInputError(msg)
        return self

    @available_if(_is_classifier)
    def predict_proba(self, X: Table) -> FloatArray:
        """Give the module's class probabilities.

        Parameters
        ----------
        X : array-like, tensor or data frame of shape (n_samples, n_features)
            The rows; of any shape where `preprocess` or the module takes it.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Checked float64 probabilities, columns as in `classes_`.

        Raises
        ------
        TeacherError
            If the answers are no probabilities of these classes.
        """
        n_classes = len(self.classes_)
        answer, resolution = self._ask(X)
        if self.from_logits:
            _check_finite(answer)  # or infinite logits would become probabilities
        if n_classes == 2 and (answer.ndim == 1 or answer.shape[1:] == (1,)):
            answer = answer.reshape(-1)
            if self.from_logits:
                answer = expit(answer)
            answer = np.column_stack([1 - answer, answer])
        elif self.from_logits and answer.ndim == 2:
            answer = softmax(answer, axis=1)
        if not self.from_logits and answer.shape[1:] == (n_classes,):
            _check_not_logits(answer, resolution)
            # each probability was rounded to 8 or 11 bits; what is not finite is refused below
            if resolution > ROW_SUM_TOLERANCE and np.isfinite(answer).all():
                answer = answer / answer.sum(axis=1, keepdims=True)
        return check_probabilities(answer, n_samples=num_samples(X), n_classes=n_classes)

    def predict(self, X: Table) -> NDArray[Any]:
        """Give the most probable class of each row, or the prediction of a regression.

        Parameters
        ----------
        X : array-like, tensor or data frame of shape (n_samples, n_features)
            The rows; of any shape where `preprocess` or the module takes it.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,)
            Class labels, or float64 predictions.
        """
        if self._is_classifier():
            return self.classes_[self.predict_proba(X).argmax(axis=1)]
        return check_predictions(self._ask(X)[0], n_samples=num_samples(X))

    def score(self, X: Table, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Give the accuracy of a classification, or R² of a regression.

        Parameters
        ----------
        X : array-like, tensor or data frame of shape (n_samples, n_features)
            The rows.

        y : array-like of shape (n_samples,)
            Labels or target values.

        sample_weight : array-like of shape (n_samples,) or None, default=None
            Row weights.

        Returns
        -------
        score : float
            At most 1.
        """
        score = accuracy_score if self._is_classifier() else r2_score
        return float(score(y, self.predict(X), sample_weight=sample_weight))

    def _ask(self, X: Table) -> tuple[FloatArray, float]:
        """Give the module's outputs as float64, and the resolution of what they were."""
        self.fit()
        rows = read_rows(X, self.preprocess, known_names(self.feature_names, self.preprocess))
        if rows.shape[0] == 0:
            return np.empty((0, len(self.classes_) if self._is_classifier() else 1)), 0.0
        resolution = 0.0

        def call(batch: Any) -> Any:
            nonlocal resolution
            output = _check_output(self.module(batch), len(batch))
            resolution = max(resolution, _resolution(output))
            return output

        answers = run_in_batches(
            self.module, rows, batch_size=self.batch_size, device=self.device, call=call
        )
        return np.concatenate([answer.numpy() for answer in answers]), resolution

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        if self._is_classifier():
            tags.estimator_type, tags.classifier_tags = "classifier", ClassifierTags()
        else:
            tags.estimator_type, tags.regressor_tags = "regressor", RegressorTags()
        return tags


def _check_output(output: Any, n_rows: int) -> Any:
    """Check that the module gave one tensor with a row per row of the batch."""
    if not is_instance_of_name(output, "torch.Tensor"):
        what = f"{type(output).__name__}"
        if hasattr(output, "keys"):
            what += f" with the keys {[*output.keys()]}"
        msg = (
            f"The module must give one tensor, got a {what}. Wrap it in a module whose forward "
            "returns the tensor of logits or probabilities."
        )
        raise TeacherError(msg)
    if output.is_complex() or output.ndim == 0 or len(output) != n_rows:
        msg = (
            f"The module must give one row of numbers per row, {n_rows} here, got shape "
            f"{tuple(output.shape)} of {output.dtype}."
        )
        raise TeacherError(msg)
    return output


def _resolution(output: Any) -> float:
    """Give how far a row of probabilities, each rounded to the dtype, may be from one."""
    import torch

    return float(torch.finfo(output.dtype).eps) if output.is_floating_point() else 0.0


def _check_finite(answer: FloatArray) -> None:
    bad = ~np.isfinite(answer).all(axis=tuple(range(1, answer.ndim)))
    if bad.any():
        msg = (
            f"Logits of the teacher must be finite; {bad.sum()} of {len(answer)} rows are not, "
            f"the first is row {int(bad.argmax())}: {answer[bad.argmax()]}."
        )
        raise TeacherError(msg)


def _check_not_logits(answer: FloatArray, resolution: float) -> None:
    """Refuse finite outputs that are no probabilities, with the likely remedy."""
    if not np.isfinite(answer).all():
        return  # refused by the check of probabilities, in its own words
    tolerance = max(ROW_SUM_TOLERANCE, resolution)
    bad = (np.abs(answer.sum(axis=1) - 1) > tolerance) | (answer < -ROW_SUM_TOLERANCE).any(axis=1)
    if bad.any():
        first = int(bad.argmax())
        msg = (
            f"The module's outputs are no probabilities: at least 0, with a sum of 1 in each row; "
            f"{bad.sum()} of {len(answer)} rows break this, the first is row {first}: "
            f"{answer[first]}. {LOGITS}"
        )
        raise TeacherError(msg)
