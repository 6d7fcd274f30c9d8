"""Distillation into any scikit-learn estimator."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import BaseDecisionTree
from sklearn.utils import check_random_state, get_tags

from interpkd._validation import HasMethods, StrOptions, align_classes, check_predictions
from interpkd.exceptions import InvalidInputError, NotAStudentError
from interpkd.students._any_lessons import (
    PREDICTIONS,
    WEIGHTED_ROWS,
    Lesson,
    ask_student,
    choose_targets,
    fit_lesson,
    is_a,
    make_lesson,
    to_probabilities,
)
from interpkd.students._base import BaseDistilled
from interpkd.students._tasks import BaseDistilledClassifier, BaseDistilledRegressor
from interpkd.targets import temper
from interpkd.teachers import is_frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray
    from sklearn.utils import Tags

    from interpkd._typing import FloatArray
    from interpkd.targets import TransferSet


class _AnyStudent(BaseDistilled):
    """What students of any kind share: the plain estimator made ready, fitted and asked."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseDistilled._parameter_constraints,
        "student": [HasMethods(["fit", "predict"]), None],
    }

    student: Any

    def _plain_student(self, signs: NDArray[np.int8] | None) -> Any:
        """Give a clone of the user's student, or the default one, ready to be fitted."""
        if isinstance(self.student, type):
            name = self.student.__name__
            msg = f"The 'student' parameter is the class {name}. Pass an instance: {name}()."
            raise NotAStudentError(msg)
        if is_frozen(self.student):
            msg = (
                "The 'student' parameter is frozen (FrozenEstimator, as_teacher) and cannot learn. "
                "Pass the estimator itself; a frozen one is a teacher."
            )
            raise NotAStudentError(msg)
        student = _default_student(self._task) if self.student is None else clone(self.student)
        _set_seeds(student, self.random_state)
        return student if signs is None else _constrain(student, signs)

    def _teach(self, student: Any, lesson: Lesson, transfer: TransferSet, taught_by: str) -> Any:
        """Fit the plain estimator, and note what is needed to read it."""
        fit_lesson(student, lesson, n_labeled=transfer.n_labeled)
        self.taught_by_ = taught_by
        self.distillation_["taught_by"] = taught_by  # the report shows it
        self.is_plain_ = self._is_plain(student)
        if self.is_plain_ and isinstance(student, BaseDecisionTree):
            n_real = transfer.n_labeled + transfer.n_unlabeled
            self.n_real_rows_ = _count_rows(student, transfer.Z[:n_real])
        elif hasattr(self, "n_real_rows_"):
            del self.n_real_rows_  # of an earlier fit
        return student

    def _is_plain(self, student: Any) -> bool:
        """Tell whether the fitted estimator answers on the user's columns as this student does."""
        return not hasattr(student, "steps")

    def _fitted_student(self) -> Any:
        """Give the user's fitted estimator, without the encoder that may stand before it."""
        has_encoder = any(column.kind == "category" for column in self.columns_)
        return self.student_.steps[-1][1] if has_encoder else self.student_

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        if self.student is not None and not hasattr(self.student, "steps"):
            try:
                takes_missing = bool(get_tags(self.student).input_tags.allow_nan)
            except (AttributeError, TypeError):  # of another library, which does not say
                takes_missing = True
            tags.input_tags.allow_nan = tags.input_tags.allow_nan and takes_missing
        return tags


def _count_rows(student: BaseDecisionTree, Z: FloatArray) -> NDArray[np.int64]:
    """Count the rows that pass each node: of scikit-learn 1.6, decision_path loses missing values."""
    tree = student.tree_
    n_rows = np.bincount(student.apply(Z), minlength=tree.node_count).astype(np.int64)
    for node in np.flatnonzero(tree.children_left != tree.children_right)[::-1]:
        n_rows[node] = n_rows[tree.children_left[node]] + n_rows[tree.children_right[node]]
    return n_rows


class DistilledClassifier(BaseDistilledClassifier, _AnyStudent):
    r"""Any scikit-learn estimator as the student of a teacher's class probabilities.

    For students that have no class of their own here: a small neural network, a list of rules, an
    additive model, an optimal tree. How it takes soft targets is in `taught_by_`:

    - a regressor learns them as they are, one output per class (for two classes only that of
      ``classes_[1]``); its answers are clipped to [0, 1] and divided by their sum. Or it learns
      logits [2]_, the log-odds for two classes, and its answers go through the sigmoid or the softmax;
    - a classifier learns from each row once per class, with the row's weight times the soft
      probability as `sample_weight`. For every student whose loss is a weighted sum over rows,
      such as a log loss, this is exact. Probabilities below 1e-12 make no row.

    The student sees one column per column of the table: numbers as they are, categories as their
    position in the order of the teacher's mean answer, NaN for missing values and categories that
    were not seen in `fit`.

    Parameters
    ----------
    teacher : estimator instance or None, default=None
        Classifier with `predict_proba`. One in a :class:`~sklearn.frozen.FrozenEstimator`, or made
        by :func:`~interpkd.as_teacher`, is used as it is. Any other is cloned and fitted, and the
        student sees its out-of-fold probabilities. None is a
        :class:`~sklearn.ensemble.HistGradientBoostingClassifier` of default settings.

    alpha : float, default=0.0
        Weight of the true label: the target is
        :math:`\alpha \, \mathrm{onehot}(y) + (1 - \alpha)` times the softened teacher. With 1 a
        classifier as the student is fitted as it would be without a teacher.

    temperature : float, default=1.0
        Temperature :math:`T` of the soft targets :math:`q \propto p^{1/T}`. The probabilities of
        the fitted student are mapped back to the teacher's scale by `predict_proba`.

    cv : int, cross-validation splitter or iterable, default=5
        Folds of the cross-fitting, of any splitter: a row that several folds hold out is answered
        by their mean, one that none does takes no part. Not used for a frozen teacher.

    augmentation : {"auto", "neighbours"} or None, default="auto"
        Rows generated near the data and labelled by the fitted teacher; real rows always take part
        too. "neighbours" puts them together from real rows and their nearest neighbours; "auto"
        leaves the kind to the package, which in this version is the same. None generates none,
        which suits a student that repeats its rows, such as one of nearest neighbours.

    n_augmented : "auto" or int, default="auto"
        Number of generated rows, each of the mean weight of a different real one. "auto" is
        15,000, but at most 25 per different real row; and none with `teacher_proba`, with
        ``alpha=1``, for a single column, and for fewer than 20 or more than 100,000 different
        rows.

    monotonic_cst : array-like of shape (n_features,), dict, "teacher" or None, default=None
        1, 0 or -1 per column, or a dictionary from column names: the probability of ``classes_[1]``
        may only rise, is free, may only fall. For two classes, and for students that have this
        parameter themselves, such as scikit-learn's trees, forests and histogram boosting: it is
        handed on to them. Any other is refused. "teacher" takes over the constraints under which
        the teacher was trained.

    random_state : int, RandomState instance or None, default=None
        Draws the generated rows, and the seeds of the student where its own are None. An integer
        makes the fit reproducible.

    student : estimator instance or None, default=None
        Regressor, or classifier with `predict_proba` whose `fit` takes `sample_weight`; it is
        cloned. A pipeline is one if its last step is, and each of its steps that takes weights
        gets them. None is a logistic regression on standardised columns, missing values at the
        mean and with an indicator: deterministic, convex, and faithful to weights to the last
        digit of its solver, which a small neural network is not.

    targets : {"auto", "probabilities", "logits", "weighted rows"}, default="auto"
        How the student takes soft targets. "auto" is probabilities for a regressor and weighted
        rows for a classifier. Before their logarithm is taken, probabilities below 0.001 are
        raised to it.

    n_jobs : int or None, default=None
        Folds of the cross-fitting that are fitted at once; None is 1 unless in a
        :obj:`joblib.parallel_config` context, -1 all processors. The student is the same for any
        number.

    verbose : int, default=0
        Above 0 the progress of the cross-fitting is shown.

    Attributes
    ----------
    teacher_ : estimator or None
        The fitted teacher; None when only `teacher_proba` was given.

    student_ : estimator or Pipeline
        The fitted clone of `student`, behind a ``ColumnTransformer`` where the table has category
        columns.

    taught_by_ : {"probabilities", "logits", "weighted rows"}
        How the student took the soft targets.

    is_plain_ : bool
        Whether `student_` itself gives this student's probabilities on the user's columns. Not so
        for a regressor, with a temperature, and for a pipeline, whose last step sees other columns.

    classes_ : ndarray of shape (n_classes,)
        The class labels, in the column order of `predict_proba`.

    columns_ : tuple of Column
        How each column was read: its kind, its categories in the student's order, its range.

    distillation_ : dict
        Where the soft targets come from ("out-of-fold", "frozen teacher" or "given scores"), how
        the student took them, numbers of rows, folds and questions, and how the teacher does in
        and out of sample.

    n_real_rows_ : ndarray of shape (n_nodes,)
        For a plain tree as the student, rows of `X` and `X_unlabeled` that pass through each node.

    n_features_in_ : int
        Number of columns seen during fit.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, when all are texts.

    See Also
    --------
    interpkd.DistilledTreeClassifier : A tree that is searched for, with rules on the table.
    interpkd.DistilledRegressor : The same for a regression.

    References
    ----------
    .. [1] G. Hinton, O. Vinyals and J. Dean, "Distilling the knowledge in a neural network",
       2015. https://arxiv.org/abs/1503.02531
    .. [2] J. Ba and R. Caruana, "Do deep nets really need to be deep?", NIPS 2014: logits as the
       targets of a regression.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.frozen import FrozenEstimator
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from interpkd import DistilledClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(X, y)
    >>> student = DistilledClassifier(
    ...     FrozenEstimator(forest), student=DecisionTreeRegressor(max_leaf_nodes=4), random_state=0
    ... ).fit(X)
    >>> student.taught_by_
    'probabilities'
    >>> student.predict_proba(X).shape
    (150, 3)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseDistilledClassifier._parameter_constraints,
        **_AnyStudent._parameter_constraints,
        "targets": [StrOptions({"auto", "probabilities", "logits", "weighted rows"})],
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
        student: Any = None,
        targets: str = "auto",
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
        self.student = student
        self.targets = targets
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _fit_student(self, transfer: TransferSet, signs: NDArray[np.int8] | None) -> Any:
        if signs is not None and len(self.classes_) != 2:
            msg = (
                "The 'monotonic_cst' parameter needs two classes, got "
                f"{len(self.classes_)}: with more, each class would need signs of its own."
            )
            raise InvalidInputError(msg)
        student = self._plain_student(None)
        taught_by = choose_targets(student, self.targets)
        if signs is not None:
            # A classifier of scikit-learn sorts its labels: the second may be our first.
            is_turned = taught_by == WEIGHTED_ROWS and self.classes_[0] > self.classes_[1]
            student = _constrain(student, -signs if is_turned else signs)
        lesson = make_lesson(
            transfer.Z,
            transfer.targets,
            transfer.weights,
            classes=self.classes_,
            taught_by=taught_by,
        )
        return self._teach(student, lesson, transfer, taught_by)

    def _is_plain(self, student: Any) -> bool:
        return (
            super()._is_plain(student)
            and self.taught_by_ == WEIGHTED_ROWS
            and self.temperature == 1
            and np.array_equal(student.classes_, self.classes_)
        )

    def _student_proba(self, Z: FloatArray) -> FloatArray:
        student = self._fitted_student()
        if self.taught_by_ == WEIGHTED_ROWS:
            own = ask_student(student, Z, "predict_proba")
            P = align_classes(own, np.asarray(student.classes_), self.classes_, source="student")
        else:
            answers = self._check_outputs(ask_student(student, Z, "predict"), len(Z))
            P = to_probabilities(answers, n_classes=len(self.classes_), taught_by=self.taught_by_)
        return temper(P, 1 / self.temperature)

    def _check_outputs(self, answers: FloatArray, n_rows: int) -> FloatArray:
        """Check that the regressor gave as many outputs as it was taught."""
        n_classes = len(self.classes_)
        if n_classes == 2:
            return check_predictions(answers, n_samples=n_rows, source="student")
        if answers.shape != (n_rows, n_classes):
            msg = (
                f"The student must predict one output per class, shape ({n_rows}, {n_classes}), "
                f"got {answers.shape}. Pass sklearn.multioutput.MultiOutputRegressor(student)."
            )
            raise InvalidInputError(msg)
        return answers


class DistilledRegressor(BaseDistilledRegressor, _AnyStudent):
    r"""Any scikit-learn regressor as the student of a regression teacher.

    The student is fitted to the teacher's predictions. It sees one column per column of the table:
    numbers as they are, categories as their position in the order of the teacher's mean
    prediction, NaN for missing values and categories that were not seen in `fit`.

    Parameters
    ----------
    teacher : estimator instance or None, default=None
        Regressor. One in a :class:`~sklearn.frozen.FrozenEstimator`, or made by
        :func:`~interpkd.as_teacher`, is used as it is. Any other is cloned and fitted, and the
        student sees its out-of-fold predictions. None is a
        :class:`~sklearn.ensemble.HistGradientBoostingRegressor` of default settings.

    alpha : float, default=0.0
        Weight of the true target: the student imitates :math:`\alpha y + (1 - \alpha)` times the
        teacher's prediction.

    temperature : float, default=1.0
        Only 1: a regression has no temperature. Here so that all students are made alike.

    cv : int, cross-validation splitter or iterable, default=5
        Folds of the cross-fitting, of any splitter: a row that several folds hold out is answered
        by their mean, one that none does takes no part. Not used for a frozen teacher.

    augmentation : {"auto", "neighbours"} or None, default="auto"
        Rows generated near the data and labelled by the fitted teacher; real rows always take part
        too. "neighbours" puts them together from real rows and their nearest neighbours; "auto"
        leaves the kind to the package, which in this version is the same. None generates none,
        which suits a student that repeats its rows, such as one of nearest neighbours.

    n_augmented : "auto" or int, default="auto"
        Number of generated rows, each of the mean weight of a different real one. "auto" is
        15,000, but at most 25 per different real row; and none with `teacher_proba`, with
        ``alpha=1``, for a single column, and for fewer than 20 or more than 100,000 different
        rows.

    monotonic_cst : array-like of shape (n_features,), dict, "teacher" or None, default=None
        1, 0 or -1 per column, or a dictionary from column names: the prediction may only rise, is
        free, may only fall. For students that have this parameter themselves, such as
        scikit-learn's trees, forests and histogram boosting: it is handed on to them. Any other is
        refused. "teacher" takes over the constraints under which the teacher was trained.

    random_state : int, RandomState instance or None, default=None
        Draws the generated rows, and the seeds of the student where its own are None. An integer
        makes the fit reproducible.

    student : estimator instance or None, default=None
        Regressor or pipeline that ends in one; it is cloned. None is a ridge regression on
        standardised columns, missing values at the mean and with an indicator.

    n_jobs : int or None, default=None
        Folds of the cross-fitting that are fitted at once; None is 1 unless in a
        :obj:`joblib.parallel_config` context, -1 all processors. The student is the same for any
        number.

    verbose : int, default=0
        Above 0 the progress of the cross-fitting is shown.

    Attributes
    ----------
    teacher_ : estimator or None
        The fitted teacher; None when only `teacher_proba` was given.

    student_ : estimator or Pipeline
        The fitted clone of `student`, behind a ``ColumnTransformer`` where the table has category
        columns. It gives the same predictions as this student.

    taught_by_ : {"predictions"}
        What the student was fitted to.

    is_plain_ : bool
        Whether `student_` works on the user's columns: not so for a pipeline, whose last step sees
        other ones.

    columns_ : tuple of Column
        How each column was read: its kind, its categories in the student's order, its range.

    distillation_ : dict
        Where the teacher's predictions come from ("out-of-fold", "frozen teacher" or "given
        scores"), numbers of rows, folds and questions, and how the teacher does in and out of
        sample.

    n_real_rows_ : ndarray of shape (n_nodes,)
        For a plain tree as the student, rows of `X` and `X_unlabeled` that pass through each node.

    n_features_in_ : int
        Number of columns seen during fit.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, when all are texts.

    See Also
    --------
    interpkd.DistilledTreeRegressor : A tree that is searched for, with rules on the table.
    interpkd.DistilledClassifier : The same for class probabilities.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from sklearn.linear_model import LinearRegression
    >>> from interpkd import DistilledRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> teacher = RandomForestRegressor(n_estimators=10, random_state=0)
    >>> student = DistilledRegressor(teacher, student=LinearRegression()).fit(X, y)
    >>> student.student_.coef_.shape
    (10,)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **_AnyStudent._parameter_constraints,
        **BaseDistilledRegressor._parameter_constraints,
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
        student: Any = None,
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
        self.student = student
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _fit_student(self, transfer: TransferSet, signs: NDArray[np.int8] | None) -> Any:
        student = self._plain_student(signs)
        if not is_a(student, "regressor"):
            msg = (
                "The 'student' parameter must be a regressor to imitate predictions, and "
                f"{type(student).__name__} is none. For class probabilities use "
                "DistilledClassifier."
            )
            raise NotAStudentError(msg)
        lesson = Lesson(transfer.Z, transfer.targets, transfer.weights)
        return self._teach(student, lesson, transfer, PREDICTIONS)

    def _student_prediction(self, Z: FloatArray) -> FloatArray:
        answers = ask_student(self._fitted_student(), Z, "predict")
        return check_predictions(answers, n_samples=len(Z), source="student")


def _default_student(task: str) -> Any:
    """Give the linear model that stands for a student where none is given.

    The scaler leaves missing values alone, so the 0 that is put in their place is the mean; its
    weights are known to the scaler, so that a row of weight two is a row twice.
    """
    model = LogisticRegression(max_iter=1000) if task == "classification" else Ridge()
    impute = SimpleImputer(strategy="constant", fill_value=0.0, add_indicator=True)
    return make_pipeline(StandardScaler(), impute, model)


def _set_seeds(student: Any, random_state: Any) -> None:
    """Seed every part of the student that has no seed of its own, if this student has one."""
    if random_state is None:
        return
    rng = check_random_state(random_state)
    params = student.get_params(deep=True) if hasattr(student, "get_params") else {}
    unset = [
        name
        for name in sorted(params)
        if name.rpartition("__")[2] == "random_state" and params[name] is None
    ]
    if unset:
        student.set_params(**{name: int(rng.randint(2**31 - 1)) for name in unset})


def _constrain(student: Any, signs: NDArray[np.int8]) -> Any:
    """Hand monotone constraints on to a student that has them, refuse any other."""
    name = type(student).__name__
    params = student.get_params(deep=False) if hasattr(student, "get_params") else {}
    if "monotonic_cst" not in params:
        msg = (
            f"The 'monotonic_cst' parameter cannot be kept by the student {name}, which has no "
            "such parameter. Set what it has itself, choose a student with monotonic_cst, or a "
            "DistilledTree student."
        )
        raise InvalidInputError(msg)
    if params["monotonic_cst"] is not None:
        msg = (
            f"The 'monotonic_cst' parameter is given here and in the student {name}. Leave one of "
            "them out."
        )
        raise InvalidInputError(msg)
    return student.set_params(monotonic_cst=signs)
