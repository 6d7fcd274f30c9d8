"""Distillation into a linear support vector machine."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.special import expit, softmax
from sklearn.svm import LinearSVC

from interpkd._validation import Interval, StrOptions
from interpkd.learners import (
    check_smooth_hinge,
    fit_soft_svm,
    fit_soft_svm_blocks,
    use_threads,
)
from interpkd.students._in_blocks import as_sample, is_for_blocks, take_in_blocks
from interpkd.students._linear import LinearClassifierStudent, weigh_generated
from interpkd.students._sparse import is_sparse, sparse_places
from interpkd.students._svm_link import Link, fit_slope, fit_slope_blocks
from interpkd.targets import temper

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from interpkd._tables import Column
    from interpkd._typing import FloatArray
    from interpkd.learners import Blocks, Sketch
    from interpkd.targets import TransferSet

N_FOLDS = 5
"""Folds for the margins that links are fitted to."""


class DistilledLinearSVC(LinearClassifierStudent):
    r"""Linear support vector machine that decides as a teacher does.

    Each row counts for a class with the class's soft target, and against it with the rest: the
    minimum is that of scikit-learn's ``LinearSVC`` on every row repeated with these weights, and no
    row is repeated. More than two classes are taken one against the rest.

    A support vector machine has margins, not probabilities. `predict_proba` gives
    :math:`\mathrm{softmax}(a z)` of the margins :math:`z`, for two classes
    :math:`1 / (1 + e^{-a z})`: rising in each margin, and highest where the margin is, so that it
    agrees with `predict`. The slope :math:`a`, one for all classes, is fitted to the teacher's
    probabilities by least log loss, on cross-fitted margins: 5 folds of the transfer set, equal
    rows in the same fold, each margin by coefficients that did not see the row. Of more than
    200,000 rows in full tables the margins are those of all rows, as no row has much part in them.
    With `alpha` above 0 these probabilities hold the labels' share, as the targets of the margins
    do.

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
        Temperature :math:`T` of the soft targets :math:`q \propto p^{1/T}` that margins are fitted
        to. The functions from margins to probabilities are fitted on the teacher's scale.

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
        1, 0 or -1 per column, or a dictionary from column names: the margin and the probability of
        ``classes_[1]`` may only rise, is free, may only fall, along the known values of the column.
        For two classes; a bound at 0 of the coefficient. "teacher" takes over the constraints under
        which the teacher was trained.

    random_state : int, RandomState instance or None, default=None
        Draws the generated rows. An integer makes the fit reproducible.

    C : float, default=1.0
        Inverse strength of the penalty, as in scikit-learn: the loss is summed over row weights,
        generated rows included.

    loss : {"squared_hinge", "hinge"}, default="squared_hinge"
        The loss of a margin.

    fit_intercept : bool, default=True
        Whether to fit intercepts.

    intercept_scaling : float, default=1.0
        The intercept is the coefficient of one more standardised column, of this value, and is
        penalised as the others are: the larger the value, the less it is.

    tol : float, default=1e-08
        The search ends with a step that changes no margin of any row by more than this.

    max_iter : int, default=500
        Most steps of the search for one class.

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

    student_ : LinearSVC or Pipeline
        The fitted LinearSVC with the coefficients in it, behind a ``ColumnTransformer``
        where the table has category columns or training rows miss values. It makes
        the same decisions as the student, and has no probabilities.

    classes_ : ndarray of shape (n_classes,)
        The class labels, in the column order of `predict_proba`.

    coef_ : ndarray of shape (1 or n_classes, n_features_out)
        Coefficients per unit of each design column, whose names are in `feature_names_out_`.

    intercept_ : ndarray of shape (1 or n_classes,)
        Margins where all design columns are 0: numbers 0, categories at their reference levels.

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
        Steps of the search for coefficients on all rows; of several classes, the most.

    n_features_in_ : int
        Number of columns seen during fit.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, when all are texts.

    link_slope_ : float
        The slope :math:`a` from margins to the scores of probabilities.

    See Also
    --------
    interpkd.DistilledLogisticRegression : Probabilities without a detour.
    interpkd.fidelity_report : How well a student imitates its teacher.

    References
    ----------
    .. [1] J. Platt, "Probabilistic outputs for support vector machines and comparisons to
       regularized likelihood methods", Advances in Large Margin Classifiers, 1999.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.frozen import FrozenEstimator
    >>> from interpkd import DistilledLinearSVC
    >>> X, y = load_iris(return_X_y=True)
    >>> forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(X, y)
    >>> student = DistilledLinearSVC(FrozenEstimator(forest), random_state=0).fit(X)
    >>> student.decision_function(X[:2]).shape, student.predict_proba(X[:2]).shape
    ((2, 3), (2, 3))
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **LinearClassifierStudent._parameter_constraints,
        "C": [Interval(Real, 0, None, closed="neither")],
        "loss": [StrOptions({"squared_hinge", "hinge"})],
        "fit_intercept": ["boolean"],
        "intercept_scaling": [Interval(Real, 0, None, closed="neither")],
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
        loss: str = "squared_hinge",
        fit_intercept: bool = True,
        intercept_scaling: float = 1.0,
        tol: float = 1e-8,
        max_iter: int = 500,
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
        self.loss = loss
        self.fit_intercept = fit_intercept
        self.intercept_scaling = intercept_scaling
        self.tol = tol
        self.max_iter = max_iter
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _fit_student(self, transfer: TransferSet, signs: NDArray[np.int8] | None) -> LinearSVC:
        self._check_signs(signs)
        if is_for_blocks(transfer) and self.loss == "squared_hinge":
            return self._fit_blocks(*take_in_blocks(transfer, self.columns_), signs)
        transfer = weigh_generated(transfer)
        params: dict[str, Any] = {
            "C": self.C,
            "loss": self.loss,
            "intercept_scaling": self.intercept_scaling,
            "tol": self.tol,
        }
        found = self._fit_linear(fit_soft_svm, transfer, signs, **params)
        self.n_iter_ = max(found.n_iter, 1)
        margins = self._cross_fitted_margins(transfer, signs, params)
        answers = temper(transfer.targets, 1 / self.temperature)
        self.link_slope_ = fit_slope(margins, answers, transfer.weights)
        return self._fill_core(found.coef, found.intercept)

    def _takes_blocks(self) -> bool:
        """Say that rows may come in blocks, or refuse a loss that is no sum over them."""
        check_smooth_hinge(self.loss)
        return True

    def _fit_blocks(
        self, blocks: Blocks, sketch: Sketch, signs: NDArray[np.int8] | None
    ) -> LinearSVC:
        check_smooth_hinge(self.loss)
        self._check_signs(signs)
        n_classes = len(self.classes_)
        found, facts = self._fit_linear_blocks(
            fit_soft_svm_blocks,
            blocks,
            sketch,
            signs,
            n_classes=n_classes,
            C=self.C,
            loss=self.loss,
            intercept_scaling=self.intercept_scaling,
            tol=self.tol,
        )
        self.n_iter_ = max(found.n_iter, 1)
        link = Link(self._design, found.coef, found.intercept, self.temperature, n_classes)
        self.link_slope_ = fit_slope_blocks(blocks, as_sample(sketch), link, facts.total)
        return self._fill_core(found.coef, found.intercept)

    def _rebuild(self, state: Mapping[str, Any], read: Any) -> Any:
        self.link_slope_ = read.link_slope_
        return super()._rebuild(state, read)

    def _empty_core(self) -> LinearSVC:
        core = LinearSVC(
            C=self.C,
            loss=self.loss,
            fit_intercept=self.fit_intercept,
            intercept_scaling=self.intercept_scaling,
        )
        core.classes_ = self.classes_
        core.n_iter_ = self.n_iter_
        return core

    def _cross_fitted_margins(
        self, transfer: TransferSet, signs: NDArray[np.int8] | None, params: dict[str, Any]
    ) -> FloatArray:
        """Give each row's margins by coefficients of the rows in other folds."""
        D, scaling = self._prepare(transfer)
        (S, centre), bounds = scaling.apply(D), self._bounds(signs, scaling)
        folds = _folds(transfer.Z, self.columns_)
        outputs = 1 if len(self.classes_) == 2 else len(self.classes_)
        margins = np.empty((len(folds), outputs))
        for fold in range(N_FOLDS):
            held = folds == fold
            # a single row, however often, leaves no other to learn from
            seen = ~held if held.sum() < len(held) else held
            if not held.any():
                continue
            with use_threads(self.n_jobs):
                model = fit_soft_svm(
                    S[seen],
                    transfer.targets[seen],
                    transfer.weights[seen],
                    bounds=bounds,
                    fit_intercept=self.fit_intercept,
                    centre=centre,
                    max_iter=self.max_iter,
                    **params,
                )
            shift = 0.0 if centre is None else model.coef @ centre
            margins[held] = S[held] @ model.coef.T + (model.intercept - shift)
        return margins

    def _student_proba(self, Z: FloatArray) -> FloatArray:
        scores = self._scores(Z) * self.link_slope_
        if len(self.classes_) == 2:
            positive = expit(scores)
            return np.hstack([1 - positive, positive])
        proba: FloatArray = softmax(scores, axis=1)
        return proba


def _folds(Z: FloatArray, columns: Sequence[Column]) -> NDArray[np.intp]:
    """Give each row a fold that depends on its values only, and on which other rows there are."""
    if is_sparse(Z):
        return sparse_places(Z) % N_FOLDS
    same = np.where(np.isnan(Z), -np.inf, Z) + 0.0  # one zero, and no value is infinite
    for i, column in enumerate(columns):
        if column.kind == "category":  # whose codes follow the teacher's answers
            by_text = sorted(range(len(column.categories)), key=lambda k: str(column.categories[k]))
            known = ~np.isnan(Z[:, i])
            same[known, i] = np.argsort(by_text)[Z[known, i].astype(np.intp)]
    place: NDArray[np.intp] = np.unique(same, axis=0, return_inverse=True)[1].ravel()
    return place % N_FOLDS
