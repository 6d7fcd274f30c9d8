"""Distillation into a single decision tree."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.utils import check_random_state

from interpkd._saved_state import take_choice
from interpkd._validation import Interval, StrOptions
from interpkd.exceptions import DistillationWarning, InvalidInputError
from interpkd.learners import (
    fill_leaves,
    fit_tree,
    fit_tree_blocks,
    grow_plain_tree,
    grow_tree,
    grow_tree_blocks,
    missing_rows,
    sketch_thresholds,
    use_threads,
    wanted_rows,
)
from interpkd.students._base import BaseDistilled
from interpkd.students._collection_rows import hash_tables
from interpkd.students._plain_tree import plain_classifier, plain_regressor
from interpkd.students._progress import progress_of
from interpkd.students._tasks import BaseDistilledClassifier, BaseDistilledRegressor
from interpkd.targets import temper

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    from interpkd._typing import FloatArray
    from interpkd.learners import Blocks, Sketch, TreeModel
    from interpkd.targets import TransferSet

    BlockRows = tuple[Blocks, Sketch, Sequence[FloatArray]]

DEEPEST = 10
"""Up to this limit of depth a search needs no limit of leaves: there are at most 1,024."""

STAY = 3
"""About one in so many generated rows reaches the leaf that it was started in."""

SIZE = ("max_leaf_nodes", "max_depth", "min_samples_leaf", "min_impurity_decrease")

EFFORTS = ("greedy", "refined", "balanced", "thorough")

TREE_CONSTRAINTS: dict[str, list[Any]] = {
    "max_leaf_nodes": [Interval(Integral, 2, None, closed="left"), None],
    "max_depth": [Interval(Integral, 1, None, closed="left"), None],
    "min_samples_leaf": [Interval(Integral, 1, None, closed="left")],
    "min_impurity_decrease": [Interval(Real, 0, None, closed="left")],
    "effort": [StrOptions({*EFFORTS})],
    "n_jobs": [Integral, None],
    "verbose": ["verbose"],
}
DECISION_CONSTRAINTS: dict[str, list[Any]] = {
    "decision_weight": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
    "decision_cutoff": [Interval(Real, 0, 1, closed="neither")],
}


class _TreeStudent(BaseDistilled):
    """What the tree students share: growing or searching, and the rows behind each node."""

    _dtypes: ClassVar[list[type[np.floating[Any]]]] = [np.float64, np.float32]

    max_leaf_nodes: int | None
    max_depth: int | None
    min_samples_leaf: int
    min_impurity_decrease: float
    effort: str
    n_jobs: int | None
    verbose: int

    def _is_greedy(self) -> bool:
        """Tell whether the tree is only grown, and warn if more was asked for by name.

        A search needs a size to spend, and a teacher to imitate: labels alone are grown on as
        scikit-learn does.
        """
        is_unlimited = self.max_leaf_nodes is None and (
            self.max_depth is None or self.max_depth > DEEPEST
        )
        reasons = {"max_leaf_nodes=None": is_unlimited, "alpha=1": self.alpha == 1}
        given = [name for name, holds in reasons.items() if holds]
        if given and self.effort in ("refined", "thorough"):
            warnings.warn(
                f"effort={self.effort!r} does not work together with {given[0]}: the tree is only "
                'grown. Leave one of them out, or set effort="greedy".',
                DistillationWarning,
                stacklevel=5,  # to the caller of `fit`
            )
        self.effort_ = "greedy" if given else self.effort
        return self.effort_ == "greedy"

    def _grow(
        self, transfer: TransferSet, targets: FloatArray, signs: Any, *, impurity_unit: float
    ) -> TreeModel:
        size: dict[str, Any] = {
            "max_leaf_nodes": self.max_leaf_nodes,
            "max_depth": self.max_depth,
            "min_samples_leaf": self.min_samples_leaf,
            "min_impurity_decrease": self.min_impurity_decrease * impurity_unit,
        }
        Z, weights = transfer.Z, transfer.weights
        if self.alpha == 1 and signs is None:
            model = grow_plain_tree(Z, targets, weights, random_state=self.random_state, **size)
        else:
            counts = _real_rows(transfer)
            with use_threads(self.n_jobs):
                model = grow_tree(
                    Z,
                    targets,
                    weights,
                    monotonic_cst=signs,
                    counts=counts,
                    candidates=transfer.thresholds,
                    tables=hash_tables(self.columns_),
                    **size,
                )
        return self._counted(self._filled(model, transfer, targets, signs), transfer)

    def _search(
        self, transfer: TransferSet, targets: FloatArray, signs: Any, **decisions: Any
    ) -> TreeModel:
        with use_threads(self.n_jobs), progress_of("Searching the tree", self.verbose) as progress:
            model = fit_tree(
                transfer.Z,
                targets,
                transfer.weights,
                max_leaf_nodes=self.max_leaf_nodes or 2 ** (self.max_depth or 0),
                max_depth=self.max_depth,
                min_samples_leaf=self.min_samples_leaf,
                min_impurity_decrease=self.min_impurity_decrease,
                monotonic_cst=signs,
                effort=self.effort,
                random_state=check_random_state(self.random_state),
                counts=_real_rows(transfer),
                candidates=transfer.thresholds,
                tables=hash_tables(self.columns_),
                progress=progress,
                **decisions,
            )
        return self._counted(self._filled(model, transfer, targets, signs), transfer)

    def _block_thresholds(
        self, sketch: Sketch, candidates: Sequence[FloatArray] | None
    ) -> Sequence[FloatArray]:
        if self.alpha == 1:
            msg = (
                "alpha=1 grows an ordinary tree on the labels, which needs the rows in memory. Lower "
                "alpha, or give a sample of X as a data frame."
            )
            raise InvalidInputError(msg)
        return sketch_thresholds(sketch, candidates)

    def _grow_blocks(self, rows: BlockRows, signs: Any, *, impurity_unit: float) -> TreeModel:
        with use_threads(self.n_jobs):
            model = grow_tree_blocks(
                *rows,
                max_leaf_nodes=self.max_leaf_nodes,
                max_depth=self.max_depth,
                min_samples_leaf=self.min_samples_leaf,
                min_impurity_decrease=self.min_impurity_decrease * impurity_unit,
                monotonic_cst=signs,
            )
        return self._counted_in_blocks(model)

    def _search_blocks(self, rows: BlockRows, signs: Any, **decisions: Any) -> TreeModel:
        with use_threads(self.n_jobs), progress_of("Searching the tree", self.verbose) as progress:
            model = fit_tree_blocks(
                *rows,
                max_leaf_nodes=self.max_leaf_nodes or 2 ** (self.max_depth or 0),
                max_depth=self.max_depth,
                min_samples_leaf=self.min_samples_leaf,
                min_impurity_decrease=self.min_impurity_decrease,
                monotonic_cst=signs,
                effort=self.effort,
                random_state=check_random_state(self.random_state),
                progress=progress,
                **decisions,
            )
        return self._counted_in_blocks(model)

    def _counted_in_blocks(self, model: TreeModel) -> TreeModel:
        self.n_real_rows_ = model.n_rows
        self.distillation_["effort"] = self.effort_
        return model

    def _filled(
        self, model: TreeModel, transfer: TransferSet, targets: FloatArray, signs: Any
    ) -> TreeModel:
        """Ask the teacher about more rows in leaves that are short of them."""
        n_real = transfer.n_labeled + transfer.n_unlabeled
        # only generated rows are counted: a real one of weight two may be there twice
        n_missing = missing_rows(model, transfer.Z[n_real:])
        if transfer.more_rows is None or self.alpha > 0 or not n_missing.any():
            return model
        Z, more = transfer.more_rows(
            n_missing[model.apply(transfer.Z[:n_real])] > 0,
            STAY * int(n_missing.sum()),
            lambda rows: wanted_rows(model, rows, n_missing),
        )
        if len(Z) == 0:  # no generated row reached a leaf that is short of them
            return model
        self.distillation_["n_augmented"] += len(Z)
        return fill_leaves(
            model,
            np.concatenate([transfer.Z, Z]),
            np.concatenate([targets, more.reshape(len(Z), -1)[:, -targets.shape[1] :]]),
            np.append(transfer.weights, np.full(len(Z), transfer.weights[-1])),
            len(targets),
            monotonic_cst=signs,
        )

    def _counted(self, model: TreeModel, transfer: TransferSet) -> TreeModel:
        n_real = transfer.n_labeled + transfer.n_unlabeled
        self.n_real_rows_ = model.count_rows(transfer.Z[:n_real])
        self.distillation_["effort"] = self.effort_  # the report shows it
        return model

    def _size_params(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in SIZE}

    def get_n_leaves(self) -> int:
        """Give the number of leaves, which is the number of rules.

        Returns
        -------
        n_leaves : int
            Number of leaves of the fitted tree.
        """
        return int(self._tree().n_leaves)

    def get_depth(self) -> int:
        """Give the depth, which is the most conditions a rule has.

        Returns
        -------
        depth : int
            Depth of the fitted tree.
        """
        return int(self._tree().max_depth)

    def _to_state(self) -> dict[str, Any]:
        return {**super()._to_state(), "effort_": self.effort_}

    def _rebuild(self, state: Mapping[str, Any], read: Any) -> Any:
        self.effort_ = take_choice(state, "effort_", EFFORTS)
        self.n_real_rows_ = read.n_real_rows_
        core = read.student_.set_params(**self._size_params())
        if self._task == "classification":
            core.classes_ = self.classes_
        return core

    def _tree(self) -> Any:
        core = self.student_.steps[-1][1] if hasattr(self.student_, "steps") else self.student_
        return core.tree_

    def _leaf_values(self, Z: FloatArray) -> FloatArray:
        return self._tree().predict(_as_float32(Z))


class DistilledTreeClassifier(BaseDistilledClassifier, _TreeStudent):
    r"""Decision tree that imitates the class probabilities of a teacher.

    Of the trees of a given size, the one is looked for whose leaf distributions diverge least from
    the teacher's soft targets and which decides as the teacher does. A tree that is only grown
    lowers the squared error, which on one-hot targets is the Gini criterion: an ordinary
    classification tree, grown on probabilities. `student_` is a genuine one in any case.

    Categories of a column are ordered by the teacher's mean answer, and a split sends a set of
    them to each side. Missing values have a learned side at every split; a category that was not
    seen in `fit` is treated as missing.

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
        Temperature :math:`T` of the soft targets :math:`q \propto p^{1/T}`. Above 1 the tree
        attends more to how the teacher ranks the unlikely classes. The leaf distributions are
        mapped back to the teacher's scale; they then are power means of its probabilities, so
        keep 1 where calibration matters.

    cv : int, cross-validation splitter or iterable, default=5
        Folds of the cross-fitting, of any splitter: a row that several folds hold out is answered
        by their mean, one that none does takes no part. Not used for a frozen teacher.

    augmentation : {"auto", "neighbours"} or None, default="auto"
        Rows generated near the data and labelled by the fitted teacher; real rows always take part
        too. "neighbours" puts them together from real rows and their nearest neighbours; "auto"
        leaves the kind to the package, which in this version is the same. None generates none.

    n_augmented : "auto" or int, default="auto"
        Number of generated rows, each of the mean weight of a different real one. "auto" is
        15,000, but at most 25 per different real row, and up to 300 more for the answer of each
        leaf that fewer of them reach; and none with `teacher_proba`, with
        ``alpha=1``, without a size limit (`max_leaf_nodes` and `max_depth` None), for a single
        column, and for fewer than 20 or more than 100,000 different rows. Generated rows have no label: their target is the
        teacher's answers, as for `X_unlabeled`, whatever `alpha` is.

    monotonic_cst : array-like of shape (n_features,), dict, "teacher" or None, default=None
        1, 0 or -1 per column, or a dictionary from column names: the probability of ``classes_[1]``
        may only rise, is free, may only fall, along the known values of the column. For two
        classes. "teacher" takes over the constraints under which the teacher was trained.

    random_state : int, RandomState instance or None, default=None
        Draws the generated rows and the perturbations of a search; with ``alpha=1`` it breaks
        ties between equally good splits. An integer makes the fit reproducible.

    max_leaf_nodes : int or None, default=16
        Most rules that the reader has to follow; None for no limit.

    max_depth : int or None, default=None
        Most conditions in a rule; None for no limit.

    min_samples_leaf : int, default=5
        Fewest real rows behind a rule; generated ones do not count.

    min_impurity_decrease : float, default=0.0
        Smallest decrease of the Gini impurity, times the node's share of the weight, that is
        worth a split. A searched tree is pruned so that the splits under every node gain at
        least this much each, on average: one that gains little may prepare one that gains much.

    effort : {"greedy", "refined", "balanced", "thorough"}, default="balanced"
        How hard to look for a better tree of the same size: only grow it; refine its splits by
        tree alternating optimisation [3]_; start in several ways,
        one of which looks two splits ahead, and perturb the best tree (120 steps); or 1,500 steps,
        and the best of all trees of three levels where these can be tried. Trees of any number of
        leaves and more than 10 levels, and those with ``alpha=1``, are only grown. Monotone
        constraints cut the steps to a third.

    decision_weight : "auto" or float, default="auto"
        What a search pays for each row on which the tree decides otherwise than the teacher, in
        nats of divergence. "auto" makes all disagreements of a first tree cost as much as its
        divergence. More buys agreement with divergence and ranking.

    decision_cutoff : float, default=0.5
        With two classes, the probability of ``classes_[1]`` above which it is decided.

    n_jobs : int or None, default=None
        Threads of the learner, and folds of the cross-fitting that are fitted at once; None is 1
        unless in a :obj:`joblib.parallel_config` context, -1 all processors. The tree is the same
        for any number.

    verbose : int, default=0
        Above 0 the progress of the cross-fitting and of a search is shown.

    Attributes
    ----------
    teacher_ : estimator or None
        The fitted teacher; None when only `teacher_proba` was given.

    teacher_reference_ : dict
        Only of a student that :func:`~interpkd.export.load` gave, which has no `teacher_`: which
        teacher it was.

    student_ : DecisionTreeClassifier or Pipeline
        The fitted tree with the leaf distributions in it, behind a ``ColumnTransformer`` where
        the table has category columns. It gives the same probabilities as the student.

    classes_ : ndarray of shape (n_classes,)
        The class labels, in the column order of `predict_proba`.

    columns_ : tuple of Column
        How each column was read: its kind, its categories in the tree's order, its range.

    distillation_ : dict
        Where the soft targets come from ("out-of-fold", "frozen teacher" or "given scores"),
        numbers of rows, folds and questions, and how the teacher does in and out of sample. Of a
        data set also how it was read: "engine", "n_parts", "n_passes" over rows and blocks,
        "n_sketch_rows", "bytes_per_row" of a block.

    effort_ : str
        The effort that was made: "greedy" where a search does not apply.

    n_real_rows_ : ndarray of shape (n_nodes,)
        Rows of `X` and `X_unlabeled` that pass through each node.

    n_features_in_ : int
        Number of columns seen during fit.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, when all are texts.

    See Also
    --------
    interpkd.fidelity_report : How well a student imitates its teacher.
    interpkd.DistilledTreeRegressor : The same for a regression.

    References
    ----------
    .. [1] M. Craven and J. Shavlik, "Extracting tree-structured representations of trained
       networks", NIPS 1995.
    .. [2] G. Hinton, O. Vinyals and J. Dean, "Distilling the knowledge in a neural network",
       2015. https://arxiv.org/abs/1503.02531
    .. [3] M. Carreira-Perpiñán and P. Tavallali, "Alternating optimization of decision trees, with
       application to learning sparse oblique trees", NeurIPS 2018.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.frozen import FrozenEstimator
    >>> from interpkd import DistilledTreeClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(X, y)
    >>> student = DistilledTreeClassifier(FrozenEstimator(forest), max_leaf_nodes=4)
    >>> student.fit(X).get_n_leaves()  # no labels needed
    4
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseDistilledClassifier._parameter_constraints,
        **TREE_CONSTRAINTS,
        **DECISION_CONSTRAINTS,
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
        max_leaf_nodes: int | None = 16,
        max_depth: int | None = None,
        min_samples_leaf: int = 5,
        min_impurity_decrease: float = 0.0,
        effort: str = "balanced",
        decision_weight: float | str = "auto",
        decision_cutoff: float = 0.5,
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
        self.max_leaf_nodes = max_leaf_nodes
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.min_impurity_decrease = min_impurity_decrease
        self.effort = effort
        self.decision_weight = decision_weight
        self.decision_cutoff = decision_cutoff
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _fit_student(
        self, transfer: TransferSet, signs: NDArray[np.int8] | None
    ) -> DecisionTreeClassifier:
        is_binary = len(self.classes_) == 2
        self._check_signs(signs)
        if not self._is_greedy():
            model = self._search(transfer, transfer.targets, signs, **self._decisions())
            proba = model.value
        elif is_binary:
            # One output is enough, and what monotone constraints are about. The Gini impurity
            # counts both classes, so it is twice the variance of one.
            model = self._grow(transfer, transfer.targets[:, 1:], signs, impurity_unit=0.5)
            proba = np.column_stack([1 - model.value[:, 0], model.value[:, 0]])
        else:
            model = self._grow(transfer, transfer.targets, None, impurity_unit=1.0)
            proba = model.value / model.value.sum(axis=1, keepdims=True)
        return self._plain_classifier(model, proba, transfer.Z.shape[1])

    def _fit_blocks(
        self,
        blocks: Blocks,
        sketch: Sketch,
        signs: NDArray[np.int8] | None,
        thresholds: Sequence[FloatArray] = (),
    ) -> DecisionTreeClassifier:
        self._check_signs(signs)
        rows = blocks, sketch, thresholds
        if not self._is_greedy():
            model = self._search_blocks(rows, signs, **self._decisions())
            proba = model.value
        elif len(self.classes_) == 2:
            model = self._grow_blocks(rows, signs, impurity_unit=0.5)
            proba = np.column_stack([1 - model.value[:, 0], model.value[:, 0]])
        else:
            model = self._grow_blocks(rows, None, impurity_unit=1.0)
            proba = model.value / model.value.sum(axis=1, keepdims=True)
        return self._plain_classifier(model, proba, len(self.columns_))

    def _decisions(self) -> dict[str, Any]:
        """Give what the search must know of decisions."""
        return {
            "is_regression": False,
            "decision_weight": None if self.decision_weight == "auto" else self.decision_weight,
            "cutoff": self.decision_cutoff,
        }

    def _plain_classifier(
        self, model: TreeModel, proba: FloatArray, n_columns: int
    ) -> DecisionTreeClassifier:
        # The inverse temperature acts on each leaf alone, so it is applied once and for all here.
        proba = temper(np.clip(proba, 0, 1), 1 / self.temperature)
        return plain_classifier(model, proba, self.classes_, n_columns, **self._size_params())

    def _student_proba(self, Z: FloatArray) -> FloatArray:
        return self._leaf_values(Z)


class DistilledTreeRegressor(BaseDistilledRegressor, _TreeStudent):
    r"""Decision tree that imitates the predictions of a regression teacher.

    Categories of a column are ordered by the teacher's mean prediction, and a split sends a set of
    them to each side. Missing values have a learned side at every split; a category that was not
    seen in `fit` is treated as missing.

    Parameters
    ----------
    teacher : estimator instance or None, default=None
        Regressor. One in a :class:`~sklearn.frozen.FrozenEstimator`, or made by
        :func:`~interpkd.as_teacher`, is used as it is. Any other is cloned and fitted, and the
        student sees its out-of-fold predictions. None is a
        :class:`~sklearn.ensemble.HistGradientBoostingRegressor` of default settings.

    alpha : float, default=0.0
        Weight of the true target: the tree imitates :math:`\alpha y + (1 - \alpha)` times the
        teacher's prediction.

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
        Number of generated rows, each of the mean weight of a different real one. "auto" is
        15,000, but at most 25 per different real row, and up to 300 more for the answer of each
        leaf that fewer of them reach; and none with `teacher_proba`, with
        ``alpha=1``, without a size limit (`max_leaf_nodes` and `max_depth` None), for a single
        column, and for fewer than 20 or more than 100,000 different rows. Generated rows have no label: their target is the
        teacher's predictions, as for `X_unlabeled`, whatever `alpha` is.

    monotonic_cst : array-like of shape (n_features,), dict, "teacher" or None, default=None
        1, 0 or -1 per column, or a dictionary from column names: the prediction may only rise, is
        free, may only fall, along the known values of the column. "teacher" takes over the
        constraints under which the teacher was trained.

    random_state : int, RandomState instance or None, default=None
        Draws the generated rows and the perturbations of a search; with ``alpha=1`` it breaks
        ties between equally good splits. An integer makes the fit reproducible.

    max_leaf_nodes : int or None, default=16
        Most rules that the reader has to follow; None for no limit.

    max_depth : int or None, default=None
        Most conditions in a rule; None for no limit.

    min_samples_leaf : int, default=5
        Fewest real rows behind a rule; generated ones do not count.

    min_impurity_decrease : float, default=0.0
        Smallest decrease of the squared error, times the node's share of the weight, that is
        worth a split. A searched tree is pruned so that the splits under every node gain at
        least this much each, on average: one that gains little may prepare one that gains much.

    effort : {"greedy", "refined", "balanced", "thorough"}, default="balanced"
        How hard to look for a better tree of the same size: only grow it; refine its splits by
        tree alternating optimisation [2]_; start in several ways,
        one of which looks two splits ahead, and perturb the best tree (120 steps); or 1,500 steps,
        and the best of all trees of three levels where these can be tried. Trees of any number of
        leaves and more than 10 levels, and those with ``alpha=1``, are only grown. Monotone
        constraints cut the steps to a third.

    n_jobs : int or None, default=None
        Threads of the learner, and folds of the cross-fitting that are fitted at once; None is 1
        unless in a :obj:`joblib.parallel_config` context, -1 all processors. The tree is the same
        for any number.

    verbose : int, default=0
        Above 0 the progress of the cross-fitting and of a search is shown.

    Attributes
    ----------
    teacher_ : estimator or None
        The fitted teacher; None when only `teacher_proba` was given.

    teacher_reference_ : dict
        Only of a student that :func:`~interpkd.export.load` gave, which has no `teacher_`: which
        teacher it was.

    student_ : DecisionTreeRegressor or Pipeline
        The fitted tree, behind a ``ColumnTransformer`` where the table has category columns. It
        gives the same predictions as the student.

    columns_ : tuple of Column
        How each column was read: its kind, its categories in the tree's order, its range.

    distillation_ : dict
        Where the teacher's predictions come from ("out-of-fold", "frozen teacher" or "given
        scores"), numbers of rows, folds and questions, and how the teacher does in and out of
        sample. Of a data set also how it was read: "engine", "n_parts", "n_passes" over rows and
        blocks, "n_sketch_rows", "bytes_per_row" of a block.

    effort_ : str
        The effort that was made: "greedy" where a search does not apply.

    n_real_rows_ : ndarray of shape (n_nodes,)
        Rows of `X` and `X_unlabeled` that pass through each node.

    n_features_in_ : int
        Number of columns seen during fit.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, when all are texts.

    See Also
    --------
    interpkd.fidelity_report : How well a student imitates its teacher.
    interpkd.DistilledTreeClassifier : The same for class probabilities.

    References
    ----------
    .. [1] M. Craven and J. Shavlik, "Extracting tree-structured representations of trained
       networks", NIPS 1995.
    .. [2] M. Carreira-Perpiñán and P. Tavallali, "Alternating optimization of decision trees, with
       application to learning sparse oblique trees", NeurIPS 2018.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from interpkd import DistilledTreeRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> teacher = RandomForestRegressor(n_estimators=10, random_state=0)
    >>> student = DistilledTreeRegressor(teacher, max_leaf_nodes=8).fit(X, y)
    >>> student.distillation_["source"]
    'out-of-fold'
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseDistilledRegressor._parameter_constraints,
        **TREE_CONSTRAINTS,
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
        max_leaf_nodes: int | None = 16,
        max_depth: int | None = None,
        min_samples_leaf: int = 5,
        min_impurity_decrease: float = 0.0,
        effort: str = "balanced",
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
        self.max_leaf_nodes = max_leaf_nodes
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.min_impurity_decrease = min_impurity_decrease
        self.effort = effort
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _fit_student(
        self, transfer: TransferSet, signs: NDArray[np.int8] | None
    ) -> DecisionTreeRegressor:
        targets = transfer.targets[:, None]
        if self._is_greedy():
            model = self._grow(transfer, targets, signs, impurity_unit=1.0)
        else:
            model = self._search(
                transfer, targets, signs, is_regression=True, decision_weight=0.0, cutoff=0.5
            )
        return plain_regressor(model, model.value[:, 0], transfer.Z.shape[1], **self._size_params())

    def _fit_blocks(
        self,
        blocks: Blocks,
        sketch: Sketch,
        signs: NDArray[np.int8] | None,
        thresholds: Sequence[FloatArray] = (),
    ) -> DecisionTreeRegressor:
        rows = blocks, sketch, thresholds
        if self._is_greedy():
            model = self._grow_blocks(rows, signs, impurity_unit=1.0)
        else:
            decisions = {"is_regression": True, "decision_weight": 0.0, "cutoff": 0.5}
            model = self._search_blocks(rows, signs, **decisions)
        n_columns = len(self.columns_)
        return plain_regressor(model, model.value[:, 0], n_columns, **self._size_params())

    def _student_prediction(self, Z: FloatArray) -> FloatArray:
        return self._leaf_values(Z)[:, 0]


def _real_rows(transfer: TransferSet) -> FloatArray:
    """Give 1 for each real row and 0 for each generated one, shape (n_rows,)."""
    n_real = transfer.n_labeled + transfer.n_unlabeled
    return (np.arange(len(transfer.Z)) < n_real).astype(np.float64)


def _as_float32(Z: FloatArray) -> NDArray[np.float32]:
    """Give the matrix as scikit-learn's trees read it, or say which value they cannot read."""
    with np.errstate(over="ignore"):
        Z32 = Z.astype(np.float32, copy=False)
    if len(Z32) and (
        np.fmax.reduce(Z32, axis=None) == np.inf or np.fmin.reduce(Z32, axis=None) == -np.inf
    ):
        row, column = np.argwhere(np.isinf(Z32))[0]
        msg = (
            f"X holds a value too large for float32, which the tree compares in: row {row}, "
            f"column {column}: {Z[row, column]}."
        )
        raise InvalidInputError(msg)
    return Z32
