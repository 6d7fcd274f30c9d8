"""Distillation into a scorecard: whole points for bins of columns, added up."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.pipeline import Pipeline

from interpkd._saved_state import take_number
from interpkd._validation import Interval
from interpkd.exceptions import InvalidInputError
from interpkd.learners import (
    bin_blocks,
    fit_scorecard,
    fit_scorecard_blocks,
    points_of_masses,
    round_to_points,
    rounding_of_blocks,
)
from interpkd.students._by_parts import by_parts
from interpkd.students._columns import make_encoder
from interpkd.students._in_blocks import as_sample, is_for_blocks, take_in_blocks
from interpkd.students._plain_scorecard import plain_scorecard
from interpkd.students._points_table import BASE, points_table, points_table_of, with_own_texts
from interpkd.students._saved_card import card_from
from interpkd.students._special_values import check_special_values
from interpkd.students._tasks import BaseDistilledClassifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray
    from sklearn.utils import Tags

    from interpkd._tables import RawColumn
    from interpkd._typing import FloatArray, IntArray, Table
    from interpkd.learners import Blocks, Sketch
    from interpkd.targets import TransferSet


MOST_POINTS = 1_000_000
"""Largest base score, and most points to double the odds: a card is to be read."""


class DistilledScorecardClassifier(BaseDistilledClassifier):
    r"""Scorecard that imitates the probabilities of a teacher of two classes.

    Every column is cut into a few bins where what the teacher makes of it changes, every bin has
    a whole number of points, and the points of a row add up to its score. The probability is a
    function of the score alone, :math:`\log \mathrm{odds} = \log(\texttt{base\_odds}) +
    (\mathrm{score} - \texttt{base\_score}) \log(2) / \texttt{pdo}`, so the table is all there is:
    `predict_proba` is computed from the points as they are deployed, and the points of a decision
    are its explanation.

    Missing values and special values have bins of their own. A category that was not seen in
    `fit` counts as missing; a bin without training rows has the mean points of its column.

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
        Temperature :math:`T` of the soft targets :math:`q \propto p^{1/T}`; the fitted log odds
        are multiplied by it, back to the teacher's scale.

    cv : int, cross-validation splitter or iterable, default=5
        Folds of the cross-fitting, of any splitter: a row that several folds hold out is answered
        by their mean, one that none does takes no part. Not used for a frozen teacher.

    augmentation : {"auto", "neighbours"} or None, default="auto"
        Rows generated near the data and labelled by the fitted teacher; real rows always take part
        too. "neighbours" puts them together from real rows and their nearest neighbours; "auto"
        leaves the kind to the package, which in this version is the same. None generates none.

    n_augmented : "auto" or int, default="auto"
        Number of generated rows, each of the mean weight of a different real one. "auto" is
        15,000, but at most 25 per different real row; and none with `teacher_proba`, with
        ``alpha=1``, for a single column, and for fewer than 20 or more than 100,000 different
        rows. Generated rows have no label: their target is the teacher's answers.

    monotonic_cst : array-like of shape (n_features,), dict, "teacher" or None, default=None
        1, 0 or -1 per column, or a dictionary from column names: the probability of ``classes_[1]``
        may only rise, is free, may only fall, from each bin of the column to the next. Bins of
        missing and special values are free. "teacher" takes over the constraints under which the
        teacher was trained.

    random_state : int, RandomState instance or None, default=None
        Draws the generated rows. An integer makes the fit reproducible.

    max_bins : int, default=16
        Most bins of a column; those of missing and special values come on top.

    mean_cuts : float, default=7.0
        Cuts per column of more than two values, on average. All columns share one budget, which
        goes to where a cut gains most; less of it is spent where more cuts would gain nothing.

    min_bin_share : float, default=0.005
        Least share of the real rows, by weight, in a bin; missing and special values may be rarer.

    max_features : int or None, default=None
        Most columns in the card; None for no limit. Columns are dropped one after the other where
        the fit suffers least.

    special_values : array-like, dict or None, default=None
        Numbers that are codes, such as -9 for "never", each with a bin of its own: a list for all
        numeric columns, or a dictionary from column names to lists.

    pdo : float, default=20.0
        Points to double the odds.

    base_score : float, default=600.0
        The score that means odds of `base_odds`.

    base_odds : float, default=50.0
        Odds at `base_score`: of `good_class` to the other class.

    good_class : label or None, default=None
        The class that points speak for. None is ``classes_[1]``: more points mean more of it. For
        labels where 1 is the bad outcome, such as default, name the other, 0: a high score then
        is a low risk, as lenders are used to.

    n_jobs : int or None, default=None
        Folds of the cross-fitting that are fitted at once; None is 1 unless in a
        :obj:`joblib.parallel_config` context, -1 all processors. The student is the same for any
        number.

    verbose : int, default=0
        Above 0 the progress of the cross-fitting is shown.

    Attributes
    ----------
    points_table_ : pandas.DataFrame
        The card: "feature", "bin", "rows" (real ones), "share" (by weight), "teacher mean" (of
        the soft targets for ``classes_[1]``), "coefficient" (log odds of ``classes_[1]`` before
        rounding) and "points". The first row is the base points, which every row gets.

    rounding_loss_ : float
        What whole points cost: mean log loss on the real rows, in nats, with points minus that
        with the coefficients of `points_table_`.

    rounding_change_ : float
        The largest change of a probability by rounding, on the real rows.

    card_ : PointsCard
        The card in arrays.

    teacher_ : estimator or None
        The fitted teacher; None when only `teacher_proba` was given.

    teacher_reference_ : dict
        Only of a student that :func:`~interpkd.export.load` gave, which has no `teacher_`: which
        teacher it was.

    student_ : Pipeline
        :class:`~interpkd.students.BinIndicators` and a ``LogisticRegression`` on them, behind a
        ``ColumnTransformer`` where the table has category columns. It gives the same
        probabilities as the student.

    classes_ : ndarray of shape (2,)
        The class labels, in the column order of `predict_proba`.

    columns_ : tuple of Column
        How each column was read: its kind, its categories, its range.

    distillation_ : dict
        Where the soft targets come from ("out-of-fold", "frozen teacher" or "given scores"),
        numbers of rows, folds and questions, and how the teacher does in and out of sample.

    n_features_in_ : int
        Number of columns seen during fit.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, when all are texts.

    See Also
    --------
    interpkd.fidelity_report : How well a student imitates its teacher.
    interpkd.DistilledTreeClassifier : A decision tree instead, for any number of classes.
    interpkd.learners.fit_scorecard : How bins are found.

    Notes
    -----
    A row of weight 2 is a row given twice, as everything is a weighted sum; but "rows" of the
    table counts rows. Neighbouring bins that come to the same points are joined, and a column
    whose bins all do is left out.
    Of more than 200,000 rows, the many fine bins that a column's few are joined from are those of
    200,000 different rows that their content chooses; everything else is summed over all rows.

    References
    ----------
    .. [1] N. Siddiqi, "Credit Risk Scorecards", Wiley 2006.
    .. [2] C. Buciluǎ, R. Caruana and A. Niculescu-Mizil, "Model compression", KDD 2006.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.frozen import FrozenEstimator
    >>> from interpkd import DistilledScorecardClassifier
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(X, y)
    >>> card = DistilledScorecardClassifier(
    ...     FrozenEstimator(forest), max_features=3, max_bins=4, random_state=0
    ... ).fit(X)
    >>> card.points_table_["feature"].nunique()  # three columns and the base points
    4
    >>> bool((card.explain_points(X).sum(axis=1) == card.score_samples(X)).all())
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseDistilledClassifier._parameter_constraints,
        "max_bins": [Interval(Integral, 2, 255, closed="both")],
        "mean_cuts": [Interval(Real, 0, None, closed="left")],
        "min_bin_share": [Interval(Real, 0, 0.5, closed="both")],
        "max_features": [Interval(Integral, 1, None, closed="left"), None],
        "special_values": ["array-like", dict, None],
        "pdo": [Interval(Real, 0, MOST_POINTS, closed="right")],
        "base_score": [Interval(Real, -MOST_POINTS, MOST_POINTS, closed="both")],
        "base_odds": [Interval(Real, 0, None, closed="neither")],
        "good_class": [object, None],
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
        max_bins: int = 16,
        mean_cuts: float = 7.0,
        min_bin_share: float = 0.005,
        max_features: int | None = None,
        special_values: ArrayLike | Mapping[str, ArrayLike] | None = None,
        pdo: float = 20.0,
        base_score: float = 600.0,
        base_odds: float = 50.0,
        good_class: Any = None,
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
        self.max_bins = max_bins
        self.mean_cuts = mean_cuts
        self.min_bin_share = min_bin_share
        self.max_features = max_features
        self.special_values = special_values
        self.pdo = pdo
        self.base_score = base_score
        self.base_odds = base_odds
        self.good_class = good_class
        self.n_jobs = n_jobs
        self.verbose = verbose

    @by_parts
    def score_samples(self, X: Table) -> IntArray:
        """Give the score of each row: the sum of its points.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows. Of a Dask DataFrame or Array the answer is one too, not yet computed.

        Returns
        -------
        scores : ndarray of int of shape (n_samples,)
            More points, more of `good_class`.
        """
        Z = self._encode(X)
        return self.card_.scores(Z)

    def explain_points(self, X: Table) -> Any:
        """Give the points of each row, column by column.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        points : pandas.DataFrame of shape (n_samples, 1 + n_columns_of_the_card)
            The base points and those of each column of the card; a row sums to its score. A pandas
            table keeps its index.
        """
        import pandas as pd

        Z = self._encode(X)
        names = [self.columns_[i].name for i in self.card_.model.columns]
        index = X.index if isinstance(X, pd.DataFrame) else None
        table = pd.DataFrame(self.card_.contributions(Z), columns=names, index=index)
        table.insert(0, BASE, self.card_.base_points, allow_duplicates=True)
        return table

    @by_parts
    def decision_function(self, X: Table) -> FloatArray:
        """Give the log odds of ``classes_[1]``, a linear function of the score.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows. Of a Dask DataFrame or Array the answer is one too, not yet computed.

        Returns
        -------
        log_odds : ndarray of shape (n_samples,)
            Log odds.
        """
        scores = self.score_samples(X)
        return self.card_.log_odds(scores)

    def _check_target(self, y: NDArray[Any]) -> NDArray[Any]:
        y = super()._check_target(y)
        _check_two(np.unique(y), "y")
        return y

    def _targets(self, answers: FloatArray, y: NDArray[Any] | None) -> FloatArray:
        _check_two(self.classes_, "The teacher")  # before anything is generated
        self._counts_for_first()
        return super()._targets(answers, y)

    def _counts_for_first(self) -> bool:
        """Tell whether points speak for the first class."""
        if self.good_class is None:
            return False
        classes = self.classes_.tolist()
        if self.good_class not in classes:
            msg = (
                f"The 'good_class' parameter must be one of the classes {classes}, or None for "
                f"{classes[1]!r}; got {self.good_class!r}."
            )
            raise InvalidInputError(msg)
        return bool(classes.index(self.good_class) == 0)

    def _fit_student(self, transfer: TransferSet, signs: NDArray[np.int8] | None) -> Pipeline:
        if is_for_blocks(transfer):
            return self._fit_blocks(*take_in_blocks(transfer, self.columns_), signs)
        n_real = transfer.n_labeled + transfer.n_unlabeled
        Z = transfer.Z.astype(np.float64, copy=False)
        p, weights = transfer.targets[:, 1], transfer.weights
        counted = np.where(np.arange(len(Z)) < n_real, weights, 0.0)
        model = fit_scorecard(
            Z,
            p,
            weights,
            counted=counted,
            **self._of_columns(),
            **self._of_size(signs),
        )
        real = slice(0, n_real)
        self.card_ = round_to_points(
            model.scaled(self.temperature),
            Z[real],
            weights[real],
            **self._of_points(),
        )
        self.points_table_ = points_table(
            self.card_, self.columns_, Z[real], p[real], weights[real]
        )
        self.rounding_loss_, self.rounding_change_ = self.card_.cost_of_rounding(
            Z[real], p[real], weights[real], self.temperature
        )
        return plain_scorecard(self.card_, self.classes_, Z[:1])

    def _fit_blocks(
        self, blocks: Blocks, sketch: Sketch, signs: NDArray[np.int8] | None
    ) -> Pipeline:
        rows = bin_blocks(blocks, as_sample(sketch), **self._of_columns())
        try:
            model = fit_scorecard_blocks(rows, **self._of_size(signs)).scaled(self.temperature)
            masses = [one.mass for one in rows.table(model.columns, model.bins)]
            self.card_ = points_of_masses(model, masses, **self._of_points())
            sums = rows.table(self.card_.model.columns, self.card_.model.bins)
            self.points_table_ = points_table_of(
                self.card_, self.columns_, sums, n_rows=rows.n_rows, mean=rows.mean
            )
            self.rounding_loss_, self.rounding_change_ = rounding_of_blocks(
                self.card_, rows, self.temperature
            )
        finally:
            rows.close()
        return plain_scorecard(self.card_, self.classes_, np.zeros((1, len(self.columns_))))

    def _of_columns(self) -> dict[str, Any]:
        """Give what the learner must know of the columns."""
        return {
            "n_categories": [
                len(column.categories) if column.kind == "category" else 0
                for column in self.columns_
            ],
            "special_values": check_special_values(self.special_values, self.columns_),
        }

    def _of_size(self, signs: NDArray[np.int8] | None) -> dict[str, Any]:
        """Give what limits the card."""
        names = ("max_bins", "mean_cuts", "min_bin_share", "max_features")
        return {"signs": signs, **{name: getattr(self, name) for name in names}}

    def _of_points(self) -> dict[str, Any]:
        """Give what points mean."""
        return {
            "pdo": self.pdo,
            "base_score": self.base_score,
            "base_odds": self.base_odds,
            "counts_for_first": self._counts_for_first(),
        }

    def _plain_model(self, core: Any, raw: list[RawColumn]) -> Any:
        encoder = make_encoder(self.columns_, raw)
        if encoder is not None:
            return Pipeline([("columns", encoder), *core.steps])
        if hasattr(self, "feature_names_in_"):
            core.steps[0][1].feature_names_in_ = self.feature_names_in_
        return core

    def _to_state(self) -> dict[str, Any]:
        return {**super()._to_state(), "loss": float(self.card_.model.loss)}

    def _rebuild(self, state: Mapping[str, Any], read: Any) -> Pipeline:
        names = ("pdo", "base_score", "base_odds", "good_class")
        different = [name for name in names if getattr(self, name) != getattr(read, name)]
        if different:
            msg = f"The parameter {different[0]!r} is not that of the card."
            raise InvalidInputError(msg)
        self.card_ = card_from(read.card_, take_number(state, "loss"))
        self.points_table_ = with_own_texts(read.points_table_)
        self.rounding_loss_ = read.rounding_loss_
        self.rounding_change_ = read.rounding_change_
        return plain_scorecard(self.card_, self.classes_, np.zeros((1, len(self.columns_))))

    def _student_proba(self, Z: FloatArray) -> FloatArray:
        p = self.card_.probability(self.card_.scores(Z))
        return np.column_stack([1 - p, p])

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "points_table_" in state:  # in lists, which skops can write and read too
            state["points_table_"] = state["points_table_"].to_dict("list")
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        import pandas as pd

        state = dict(state)
        if "points_table_" in state:
            state["points_table_"] = pd.DataFrame(state["points_table_"])
        super().__setstate__(state)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


def _check_two(classes: NDArray[Any], source: str) -> None:
    if len(classes) == 2:
        return
    labels = classes.tolist()
    kind = "multiclass" if len(labels) > 2 else "one class"
    msg = (
        f"Only binary classification is supported. The type of the target is {kind}: {source} has "
        f"the classes {labels}. Make it a question of two classes, one against the rest, or use "
        "DistilledTreeClassifier."
    )
    raise InvalidInputError(msg)
