"""Laws of students of any kind: each is the plain estimator on other targets, and nothing else."""

import pickle

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import DistilledClassifier, DistilledRegressor, as_teacher
from interpkd.export import rule_list


@pytest.fixture(scope="module", params=[2, 3])
def frozen(request):
    X, y = make_classification(
        200, n_informative=6, n_redundant=0, n_classes=request.param, random_state=0
    )
    X, y = X[:, :8], np.array(["a", "b", "c"])[y]
    return X, y, FrozenEstimator(RandomForestClassifier(20, random_state=0).fit(X, y))


@pytest.fixture(scope="module")
def regression():
    X, y = make_regression(200, 6, noise=5.0, random_state=0)
    return X, y, FrozenEstimator(DecisionTreeRegressor(max_depth=4, random_state=0).fit(X, y))


def one_output(P):
    return P[:, 1] if P.shape[1] == 2 else P


@pytest.mark.parametrize("alpha", [0.0, 0.3])
def test_logistic_regression_is_scikit_learns_on_duplicated_weighted_rows(frozen, alpha):
    X, y, teacher = frozen
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    student = DistilledClassifier(
        teacher, alpha=alpha, augmentation=None, student=LogisticRegression()
    ).fit(X, y, sample_weight=weight)
    assert student.taught_by_ == student.distillation_["taught_by"] == "weighted rows"
    P = (1 - alpha) * teacher.predict_proba(X) + alpha * (y[:, None] == teacher.classes_)
    n, k = P.shape
    rows, labels = np.repeat(X, k, axis=0), np.tile(teacher.classes_, n)
    plain = LogisticRegression().fit(rows, labels, sample_weight=(P * weight[:, None]).ravel())
    # rows of weight 0 are left out, which changes the order of sums only
    np.testing.assert_allclose(student.student_.coef_, plain.coef_, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(student.predict_proba(X), plain.predict_proba(X), atol=1e-8)


def test_a_regression_tree_is_soft_cart(frozen):
    X, _, teacher = frozen
    tree = DecisionTreeRegressor(max_leaf_nodes=8, random_state=0)
    student = DistilledClassifier(teacher, augmentation=None, student=tree).fit(X)
    assert student.taught_by_ == "probabilities"
    targets = one_output(teacher.predict_proba(X))
    cart = clone(tree).fit(X, targets)
    np.testing.assert_array_equal(student.student_.tree_.threshold, cart.tree_.threshold)
    np.testing.assert_allclose(one_output(student.predict_proba(X)), cart.predict(X), atol=1e-12)


def test_logits_of_a_linear_teacher_are_found_again(frozen):
    X, y, _ = frozen
    teacher = FrozenEstimator(LogisticRegression(C=0.01).fit(X, y))
    assert teacher.predict_proba(X).min() > 1e-3  # nothing is raised to the floor
    student = DistilledClassifier(teacher, student=LinearRegression(), targets="logits")
    student.fit(X)
    assert student.taught_by_ == "logits"
    np.testing.assert_allclose(student.predict_proba(X), teacher.predict_proba(X), atol=1e-10)


@pytest.mark.parametrize("alpha", [0.0, 0.4])
def test_a_regressor_is_fitted_to_the_teachers_predictions(regression, alpha):
    X, y, teacher = regression
    student = DistilledRegressor(teacher, alpha=alpha, augmentation=None, student=Ridge())
    student.fit(X, y)
    plain = Ridge().fit(X, alpha * y + (1 - alpha) * teacher.predict(X))
    np.testing.assert_array_equal(student.student_.coef_, plain.coef_)
    np.testing.assert_array_equal(student.predict(X), plain.predict(X))
    assert student.taught_by_ == "predictions"


@pytest.mark.parametrize(
    "plain",
    [LogisticRegression(), DecisionTreeClassifier(max_depth=3, random_state=0), GaussianNB()],
    ids=lambda plain: type(plain).__name__,
)
def test_labels_alone_give_the_plain_estimator(frozen, plain):
    X, y, teacher = frozen
    student = DistilledClassifier(teacher, alpha=1, student=plain).fit(X, y)
    np.testing.assert_array_equal(student.predict_proba(X), clone(plain).fit(X, y).predict_proba(X))


def test_labels_alone_give_the_plain_regressor(regression):
    X, y, teacher = regression
    student = DistilledRegressor(teacher, alpha=1, student=Ridge()).fit(X, y)
    np.testing.assert_array_equal(student.predict(X), Ridge().fit(X, y).predict(X))


@pytest.mark.parametrize(
    ("plain", "targets"),
    [
        (LogisticRegression(tol=1e-8, max_iter=1000), "auto"),
        (Ridge(), "probabilities"),
        (Ridge(), "logits"),
        (None, "auto"),
    ],
)
@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_permuted_classes_permute_columns(frozen, plain, targets, temperature):
    X, _, teacher = frozen
    K = len(teacher.classes_)
    order = np.roll(np.arange(K), 1)
    one = as_teacher(teacher.predict_proba, classes=np.arange(K))
    two = as_teacher(lambda rows: teacher.predict_proba(rows)[:, order], classes=order)
    options = {"temperature": temperature, "student": plain, "targets": targets}
    first = DistilledClassifier(one, random_state=0, **options).fit(X)
    second = DistilledClassifier(two, random_state=0, **options).fit(X)
    assert second.classes_.tolist() == order.tolist()
    P = first.predict_proba(X)[:, order]
    np.testing.assert_allclose(second.predict_proba(X), P, atol=1e-5)


@pytest.mark.parametrize("plain", [None, Ridge(), DecisionTreeClassifier(max_depth=3)])
def test_weight_two_is_a_row_twice(frozen, plain):
    X, _, teacher = frozen
    weight = np.random.default_rng(0).integers(0, 4, size=len(X))
    student = DistilledClassifier(teacher, student=plain, augmentation=None, random_state=0)
    weighted = clone(student).fit(X, sample_weight=weight).predict_proba(X)
    repeated = clone(student).fit(np.repeat(X, weight, axis=0)).predict_proba(X)
    np.testing.assert_allclose(weighted, repeated, atol=1e-4 if plain is None else 1e-9)


def test_weight_two_is_a_row_twice_for_regression(regression):
    X, _, teacher = regression
    weight = np.random.default_rng(0).integers(0, 4, size=len(X))
    student = DistilledRegressor(teacher, random_state=0)
    weighted = clone(student).fit(X, sample_weight=weight).predict(X)
    repeated = clone(student).fit(np.repeat(X, weight, axis=0)).predict(X)
    np.testing.assert_allclose(weighted, repeated)


@pytest.mark.parametrize("temperature", [0.5, 4.0])
def test_temperature_is_undone(frozen, temperature):
    """A tree that repeats its rows repeats the teacher at any temperature."""
    X, _, teacher = frozen
    student = DistilledClassifier(
        teacher, temperature=temperature, student=DecisionTreeRegressor(), augmentation=None
    ).fit(X)
    np.testing.assert_allclose(student.predict_proba(X), teacher.predict_proba(X), atol=1e-12)


def test_given_scores_equal_a_frozen_teacher(frozen):
    X, y, teacher = frozen
    one = DistilledClassifier(teacher, augmentation=None).fit(X, y)
    two = DistilledClassifier().fit(X, y, teacher_proba=teacher.predict_proba(X))
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))


def test_unlabelled_rows_count_as_rows_of_a_frozen_teacher(frozen):
    X, _, teacher = frozen
    split = DistilledClassifier(teacher, random_state=0).fit(X[:90], X_unlabeled=X[90:])
    whole = DistilledClassifier(teacher, random_state=0).fit(X)
    np.testing.assert_array_equal(split.predict_proba(X), whole.predict_proba(X))


@pytest.mark.parametrize("targets", ["probabilities", "logits"])
def test_answers_are_probabilities_whatever_the_regressor_says(frozen, targets):
    X, _, teacher = frozen
    student = DistilledClassifier(teacher, student=LinearRegression(), targets=targets).fit(X)
    P = student.predict_proba(50 * X)
    assert (P >= 0).all()
    np.testing.assert_allclose(P.sum(axis=1), 1)


def test_a_student_without_seed_gets_one(frozen):
    X, _, teacher = frozen
    network = MLPClassifier((4,), max_iter=5, tol=1e3, n_iter_no_change=1)
    plain = make_pipeline(StandardScaler(), network)
    first, second = (
        DistilledClassifier(teacher, student=plain, augmentation=None, random_state=0).fit(X)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    assert isinstance(first.student_[-1].random_state, int)
    assert network.random_state is None
    kept = clone(plain).set_params(mlpclassifier__random_state=7)
    third = DistilledClassifier(teacher, student=kept, augmentation=None, random_state=0).fit(X)
    assert third.student_[-1].random_state == 7


@pytest.mark.parametrize(
    "plain",
    [
        HistGradientBoostingClassifier(max_iter=10, early_stopping=False),
        DecisionTreeRegressor(max_leaf_nodes=8),
    ],
    ids=lambda plain: type(plain).__name__,
)
@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_monotone_student(plain, order):
    """Also where the labels do not come in sorted order."""
    X, y = make_classification(200, 4, n_informative=4, n_redundant=0, random_state=0)
    forest = RandomForestClassifier(10, random_state=0).fit(X, y)
    teacher = as_teacher(lambda rows: forest.predict_proba(rows)[:, order], classes=order)
    rows = np.repeat(X[:40], 20, axis=0)
    rows[:, 0] = np.tile(np.linspace(-4, 4, 20), 40)
    largest = []
    for sign in (1, -1):
        student = DistilledClassifier(
            teacher, student=plain, monotonic_cst=[sign, 0, 0, 0], random_state=0
        ).fit(X)
        steps = sign * np.diff(student.predict_proba(rows)[:, 1].reshape(40, 20), axis=1)
        assert steps.min() >= -1e-9
        largest.append(steps.max())
    assert max(largest) > 0  # in one of the directions the data want to go


class Backwards(ClassifierMixin, BaseEstimator):
    """A classifier whose classes stand in the opposite order."""

    def fit(self, X, y, sample_weight=None):
        self.model_ = LogisticRegression().fit(X, y, sample_weight=sample_weight)
        self.classes_ = self.model_.classes_[::-1]
        return self

    def predict_proba(self, X):
        return self.model_.predict_proba(X)[:, ::-1]

    def predict(self, X):
        return self.model_.predict(X)


def test_a_student_may_order_its_classes_as_it_likes(frozen):
    X, _, teacher = frozen
    one = DistilledClassifier(teacher, student=LogisticRegression(), random_state=0).fit(X)
    two = DistilledClassifier(teacher, student=Backwards(), random_state=0).fit(X)
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))
    assert one.is_plain_
    assert not two.is_plain_


def test_a_class_the_teacher_never_expects_has_probability_0():
    X, y = make_classification(100, random_state=0)
    forest = RandomForestClassifier(5, random_state=0).fit(X, y)
    teacher = as_teacher(
        lambda rows: np.insert(forest.predict_proba(rows), 1, 0, axis=1), classes=[0, 5, 1]
    )
    student = DistilledClassifier(teacher, student=LogisticRegression()).fit(X)
    assert student.student_.classes_.tolist() == [0, 1]
    P = student.predict_proba(X)
    assert P.shape == (100, 3)
    assert (P[:, 1] == 0).all()


def test_rules_are_those_of_a_plain_tree(frozen):
    X, y, teacher = frozen
    tree = DecisionTreeClassifier(max_leaf_nodes=4, random_state=0)
    student = DistilledClassifier(teacher, student=tree, random_state=0).fit(X, y)
    rules = rule_list(student)
    assert sum(rule.n_rows for rule in rules) == len(X)  # neither generated nor expanded ones
    held = {tuple(np.round([*rule.distribution.values()], 9)) for rule in rules}
    assert held == {tuple(row) for row in np.round(student.predict_proba(X), 9)}


def test_copies_and_pickles(frozen):
    X, y, teacher = frozen
    student = DistilledClassifier(teacher, student=Ridge(alpha=2.0), augmentation=None).fit(X, y)
    again = pickle.loads(pickle.dumps(student))  # noqa: S301
    np.testing.assert_array_equal(student.predict_proba(X), again.predict_proba(X))
    assert clone(student).student.alpha == 2.0
    assert not hasattr(clone(student), "student_")


def test_a_search_reaches_the_students_own_parameters(frozen):
    X, y, teacher = frozen
    student = DistilledClassifier(teacher, student=Ridge(), augmentation=None)
    search = GridSearchCV(student, {"student__alpha": [1e-3, 1e6]}, cv=2).fit(X, y)
    assert search.best_params_ == {"student__alpha": 1e-3}
