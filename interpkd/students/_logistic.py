"""Distillation into logistic regression."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression

from interpkd._validation import Interval
from interpkd.learners import fit_soft_logistic, fit_soft_logistic_blocks
from interpkd.students._in_blocks import is_for_blocks, take_in_blocks
from interpkd.students._linear import LinearClassifierStudent, weigh_generated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from interpkd._typing import FloatArray
    from interpkd.learners import Blocks, LinearModel, Sketch
    from interpkd.targets import TransferSet


class DistilledLogisticRegression(LinearClassifierStudent):
    r"""Logistic regression that imitates the class probabilities of a teacher.

    The log loss is that of the soft targets themselves: the minimum is what scikit-learn's
    ``LogisticRegression`` finds on every row repeated once per class with the class's probability
    as its weight, and no row is repeated.

    Each category but the most frequent, the reference level, has a coefficient of its own. Missing
    numbers are replaced with the median, and where training rows miss values an indicator has a
    coefficient too; a category that was not seen in `fit` is treated as missing, and this as the
    reference level where no training row misses one. Inside, columns are standardised over the real
    rows, so the penalty acts on coefficients per standard deviation; those reported are per unit of
    the column.

    Tables may be sparse too (scipy's matrices and arrays, as of a bag of words), and are never made
    dense: the coefficients are those of the same table in full. Near sparse rows none are generated,
    so "auto" is no augmentation, and asking for some is an error. Without a `teacher` of your own a
    sparse table is taught by a random forest, which takes such rows.

    Parameters
    ----------
    teacher : estimator instance or None, default=None
        Classifier with `predict_proba`. One in a :class:`~sklearn.frozen.FrozenEstimator`, or made
        by :func:`~interpkd.as_teacher`, is used as it is. Any other is cloned and fitted, and the
        student sees its out-of-fold probabilities. None is a
        :class:`~sklearn.ensemble.HistGradientBoostingClassifier` of default settings.

    alpha : float, default=0.0
        Weight of the true label: the target is
        :math:`\alpha \, \mathrm{onehot}(y) + (1 - \alpha)` times the softened teacher.

    temperature : float, default=1.0
        Temperature :math:`T` of the soft targets :math:`q \propto p^{1/T}`. Above 1 the student
        attends more to how the teacher ranks the unlikely classes. Scores are then multiplied by
        :math:`T`, which maps probabilities back to the teacher's scale: coefficients and intercepts
        are reported so, and the penalty acts on them divided by :math:`T`.

    cv : int, cross-validation splitter or iterable, default=5
        Folds of the cross-fitting, of any splitter: a row that several folds hold out is answered
        by their mean, one that none does takes no part. Not used for a frozen teacher.

    augmentation : {"auto", "neighbours"} or None, default="auto"
        Rows generated near the data and labelled by the fitted teacher; real rows always take part
        too. "neighbours" puts them together from real rows and their nearest neighbours; "auto"
        leaves the kind to the package, which in this version is the same. None generates none.

    n_augmented : "auto" or int, default="auto"
        Number of generated rows, each of the mean weight of a different real one. "auto" is 15,000,
        but at most 25 per different real row; and none with `teacher_proba`, with ``alpha=1``, for
        a single column, and for fewer than 20 or more than 100,000 different rows. Generated rows
        have no label: their target is the teacher's answers, as for `X_unlabeled`, whatever `alpha`
        is. Beside labels `y`, those of a frozen teacher weigh together at most 5 times as much as
        its label memory takes from the real rows: coefficients need them only in place of answers
        that repeat labels.

    monotonic_cst : array-like of shape (n_features,), dict, "teacher" or None, default=None
        1, 0 or -1 per column, or a dictionary from column names: the probability of ``classes_[1]``
        may only rise, is free, may only fall, along the known values of the column. For two
        classes; a bound at 0 of the coefficient. "teacher" takes over the constraints under which
        the teacher was trained.

    random_state : int, RandomState instance or None, default=None
        Draws the generated rows. An integer makes the fit reproducible.

    C : float, default=1.0
        Inverse strength of the penalty, as in scikit-learn: the log loss is summed over row
        weights, generated rows included. ``np.inf`` for no penalty. Intercepts have none.

    l1_ratio : float, default=0.0
        Share of the L1 penalty: 0 is ridge, 1 is lasso, between is elastic net.

    fit_intercept : bool, default=True
        Whether to fit intercepts.

    tol : float, default=1e-08
        The search ends with a step that changes no score of any row by more than this.

    max_iter : int, default=100
        Most steps of the search.

    n_jobs : int or None, default=None
        Folds of the cross-fitting that are fitted at once, and threads of the search; None is 1
        unless in a :obj:`joblib.parallel_config` context, -1 all processors. The student is the
        same for any number, to the last digit.

    verbose : int, default=0
        Above 0 the progress of the cross-fitting is shown.

    Attributes
    ----------
    teacher_ : estimator or None
        The fitted teacher; None when only `teacher_proba` was given.

    teacher_reference_ : dict
        Only of a student that :func:`~interpkd.export.load` gave, which has no `teacher_`: which
        teacher it was.

    student_ : LogisticRegression or Pipeline
        The fitted LogisticRegression with the coefficients in it, behind a ``ColumnTransformer``
        where the table has category columns or training rows miss values. It gives
        the same probabilities as the student.

    classes_ : ndarray of shape (n_classes,)
        The class labels, in the column order of `predict_proba`.

    coef_ : ndarray of shape (1 or n_classes, n_features_out)
        Coefficients per unit of each design column, whose names are in `feature_names_out_`.

    intercept_ : ndarray of shape (1 or n_classes,)
        Scores where all design columns are 0: numbers 0, categories at their reference levels.

    feature_names_out_ : ndarray of shape (n_features_out,)
        Names of the design columns; see :meth:`get_feature_names_out`.

    feature_scales_ : ndarray of shape (n_features_out,)
        Standard deviations of the design columns: a coefficient times this is what the penalty
        acts on. 1 for a column of a single value, whose coefficient is 0.

    reference_levels_ : dict
        The reference level of each category column by name: its most frequent category.

    imputed_values_ : dict
        What stands in place of a missing value of each column of numbers by name: its median. Of
        more than 200,000 rows in a full table it is the median of 200,000 different ones that their
        content chooses, and so the same in whatever order or parts the rows come: at most 0.3 % of
        them lie between the two, with 95 % confidence.

    columns_ : tuple of Column
        How each column was read: its kind, its categories, its range.

    distillation_ : dict
        Where the soft targets come from ("out-of-fold", "frozen teacher" or "given scores"),
        numbers of rows, folds and questions, and how the teacher does in and out of sample.

    n_iter_ : int
        Steps of the search for coefficients.

    n_features_in_ : int
        Number of columns seen during fit.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, when all are texts.

    See Also
    --------
    interpkd.DistilledLinearSVC : Decisions by a linear support vector machine.
    interpkd.DistilledTreeClassifier : A decision tree instead.
    interpkd.fidelity_report : How well a student imitates its teacher.

    References
    ----------
    .. [1] G. Hinton, O. Vinyals and J. Dean, "Distilling the knowledge in a neural network",
       2015. https://arxiv.org/abs/1503.02531

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.frozen import FrozenEstimator
    >>> from interpkd import DistilledLogisticRegression
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> X = X[["mean radius", "mean texture"]]
    >>> forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(X, y)
    >>> student = DistilledLogisticRegression(FrozenEstimator(forest), random_state=0).fit(X)
    >>> dict(zip(student.get_feature_names_out(), student.coef_[0].round(1).tolist()))
    {'mean radius': -1.0, 'mean texture': -0.2}
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **LinearClassifierStudent._parameter_constraints,
        "C": [Interval(Real, 0, None, closed="right")],
        "l1_ratio": [Interval(Real, 0, 1, closed="both")],
        "fit_intercept": ["boolean"],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        teacher: Any = None,
        *,
        alpha: float = 0.0,
        temperature: float = 1.0,
        cv: Any = 5,
        augmentation: str | None = "auto",
        n_augmented: int | str = "auto",
        monotonic_cst: ArrayLike | Mapping[str, int] | None = None,
        random_state: int | np.random.RandomState | None = None,
        C: float = 1.0,
        l1_ratio: float = 0.0,
        fit_intercept: bool = True,
        tol: float = 1e-8,
        max_iter: int = 100,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.teacher = teacher
        self.alpha = alpha
        self.temperature = temperature
        self.cv = cv
        self.augmentation = augmentation
        self.n_augmented = n_augmented
        self.monotonic_cst = monotonic_cst
        self.random_state = random_state
        self.C = C
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.tol = tol
        self.max_iter = max_iter
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _fit_student(
        self, transfer: TransferSet, signs: NDArray[np.int8] | None
    ) -> LogisticRegression:
        self._check_signs(signs)
        if is_for_blocks(transfer):
            return self._fit_blocks(*take_in_blocks(transfer, self.columns_), signs)
        transfer = weigh_generated(transfer)
        found = self._fit_linear(
            fit_soft_logistic, transfer, signs, C=self.C, l1_ratio=self.l1_ratio, tol=self.tol
        )
        return self._core_of(found)

    def _fit_blocks(
        self, blocks: Blocks, sketch: Sketch, signs: NDArray[np.int8] | None
    ) -> LogisticRegression:
        self._check_signs(signs)
        found, _ = self._fit_linear_blocks(
            fit_soft_logistic_blocks,
            blocks,
            sketch,
            signs,
            n_classes=len(self.classes_),
            C=self.C,
            l1_ratio=self.l1_ratio,
            tol=self.tol,
        )
        return self._core_of(found)

    def _core_of(self, found: LinearModel) -> LogisticRegression:
        self.n_iter_ = max(found.n_iter, 1)
        # softmax(T s) is softmax(s) to the power of T, each row summing to one again
        T = self.temperature
        return self._fill_core(T * found.coef, T * found.intercept)

    def _empty_core(self) -> LogisticRegression:
        core = LogisticRegression(
            C=self.C, l1_ratio=self.l1_ratio, fit_intercept=self.fit_intercept
        )
        core.classes_ = self.classes_
        core.n_iter_ = np.array([self.n_iter_], dtype=np.int32)
        return core

    def _student_proba(self, Z: FloatArray) -> FloatArray:
        scores = self._scores(Z)
        if len(self.classes_) == 2:
            positive = expit(scores)
            return np.hstack([1 - positive, positive])
        proba: FloatArray = softmax(scores, axis=1)
        return proba
