"""Distillation into linear regression."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar

from sklearn.linear_model import LinearRegression

from interpkd._validation import Interval
from interpkd.learners import fit_soft_linear, fit_soft_linear_blocks
from interpkd.students._in_blocks import is_for_blocks, take_in_blocks
from interpkd.students._linear import LinearStudent, weigh_generated
from interpkd.students._tasks import BaseDistilledRegressor

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from interpkd._typing import FloatArray
    from interpkd.learners import Blocks, LinearModel, Sketch
    from interpkd.targets import TransferSet


class DistilledLinearRegression(BaseDistilledRegressor, LinearStudent):
    r"""Linear regression that imitates the predictions of a regression teacher.

    Least squares, with a ridge, lasso or elastic net penalty if one is set.

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
        Regressor. One in a :class:`~sklearn.frozen.FrozenEstimator`, or made
        by :func:`~interpkd.as_teacher`, is used as it is. Any other is cloned and fitted, and the
        student sees its out-of-fold predictions. None is a
        :class:`~sklearn.ensemble.HistGradientBoostingRegressor` of default settings.

    alpha : float, default=0.0
        Weight of the true target: the student imitates :math:`\alpha y + (1 - \alpha)` times the
        teacher's prediction. No penalty; that is `penalty_alpha`.

    temperature : float, default=1.0
        Only 1: a regression has no temperature. Here so that all students are made alike.

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
        have no label: their target is the teacher's predictions, as for `X_unlabeled`, whatever
        `alpha` is. Beside labels `y`, those of a frozen teacher weigh together at most 5 times as
        much as its label memory takes from the real rows: coefficients need them only in place of
        answers that repeat labels.

    monotonic_cst : array-like of shape (n_features,), dict, "teacher" or None, default=None
        1, 0 or -1 per column, or a dictionary from column names: the prediction may only rise, is
        free, may only fall, along the known values of the column. A bound at 0 of the coefficient.
        "teacher" takes over the constraints under which the teacher was trained.

    random_state : int, RandomState instance or None, default=None
        Draws the generated rows. An integer makes the fit reproducible.

    penalty_alpha : float, default=0.0
        Strength of the penalty, the `alpha` of scikit-learn's ``Ridge``: it is added to the squared
        errors summed over row weights, generated rows included. 0 for none. The intercept has none.

    l1_ratio : float, default=0.0
        Share of the L1 penalty: 0 is ridge, 1 is lasso, between is elastic net. In the units of
        ``Lasso(a)`` and ``ElasticNet(a)`` `penalty_alpha` is ``a`` times the sum of row weights.

    fit_intercept : bool, default=True
        Whether to fit an intercept.

    tol : float, default=1e-10
        The search ends with a step that changes no prediction by more than this share of the
        standard deviation of the targets.

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

    student_ : LinearRegression or Pipeline
        The fitted LinearRegression with the coefficients in it, behind a ``ColumnTransformer``
        where the table has category columns or training rows miss values. It gives
        the same predictions as the student.

    coef_ : ndarray of shape (n_features_out,)
        Coefficients per unit of each design column, whose names are in `feature_names_out_`.

    intercept_ : float
        Prediction where all design columns are 0: numbers 0, categories at their reference levels.

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
        Where the teacher's predictions come from ("out-of-fold", "frozen teacher" or "given
        scores"), numbers of rows, folds and questions, and how the teacher does in and out of
        sample.

    n_iter_ : int
        Steps of the search for coefficients.

    n_features_in_ : int
        Number of columns seen during fit.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, when all are texts.

    See Also
    --------
    interpkd.DistilledTreeRegressor : A decision tree instead.
    interpkd.fidelity_report : How well a student imitates its teacher.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from interpkd import DistilledLinearRegression
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    >>> teacher = RandomForestRegressor(n_estimators=10, random_state=0)
    >>> student = DistilledLinearRegression(teacher, monotonic_cst={"bmi": 1}, random_state=0)
    >>> bool(student.fit(X, y).coef_[X.columns.get_loc("bmi")] > 0)
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseDistilledRegressor._parameter_constraints,
        "penalty_alpha": [Interval(Real, 0, None, closed="left")],
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
        penalty_alpha: float = 0.0,
        l1_ratio: float = 0.0,
        fit_intercept: bool = True,
        tol: float = 1e-10,
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
        self.penalty_alpha = penalty_alpha
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.tol = tol
        self.max_iter = max_iter
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _fit_student(
        self, transfer: TransferSet, signs: NDArray[np.int8] | None
    ) -> LinearRegression:
        if is_for_blocks(transfer):
            return self._fit_blocks(*take_in_blocks(transfer, self.columns_), signs)
        found = self._fit_linear(
            fit_soft_linear,
            weigh_generated(transfer),
            signs,
            alpha=self.penalty_alpha,
            l1_ratio=self.l1_ratio,
            tol=self.tol,
        )
        return self._core_of(found)

    def _fit_blocks(
        self, blocks: Blocks, sketch: Sketch, signs: NDArray[np.int8] | None
    ) -> LinearRegression:
        found, _ = self._fit_linear_blocks(
            fit_soft_linear_blocks,
            blocks,
            sketch,
            signs,
            n_classes=1,
            alpha=self.penalty_alpha,
            l1_ratio=self.l1_ratio,
            tol=self.tol,
        )
        return self._core_of(found)

    def _core_of(self, found: LinearModel) -> LinearRegression:
        self.n_iter_ = max(found.n_iter, 1)
        return self._fill_core(found.coef, found.intercept)

    def _empty_core(self) -> LinearRegression:
        return LinearRegression(fit_intercept=self.fit_intercept)

    def _student_prediction(self, Z: FloatArray) -> FloatArray:
        return self._scores(Z)[:, 0]
