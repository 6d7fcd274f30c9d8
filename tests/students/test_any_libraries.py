"""Students of other libraries, each skipped where it is not installed."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from interpkd import DistilledClassifier, DistilledRegressor, fidelity_report
from interpkd.audit import audit_report
from interpkd.exceptions import InvalidInputError, NotAStudentError
from interpkd.teachers import make_teacher


def teach(kind, load, student, **options):
    """Distil a forest on every other row; give the student and its agreement (R²) on the rest."""
    X, y = load(return_X_y=True)
    is_regression = load is load_diabetes
    forest = (RandomForestRegressor if is_regression else RandomForestClassifier)(
        20, random_state=0
    )
    teacher = FrozenEstimator(forest.fit(X[::2], y[::2]))
    found = kind(teacher, student=student, n_augmented=300, random_state=0, **options).fit(X[::2])
    report = fidelity_report(found, X[1::2]).to_dict()
    return found, report["r2" if is_regression else "agreement"]["estimate"]


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine])
@pytest.mark.parametrize("target", ["classifier", "logits"])
def test_explainable_boosting(load, target):
    glassbox = pytest.importorskip("interpret.glassbox")
    size = {"max_rounds": 50, "outer_bags": 1, "interactions": 0, "n_jobs": 1}
    if target == "classifier":
        plain, options, taught_by = (
            glassbox.ExplainableBoostingClassifier(**size),
            {},
            "weighted rows",
        )
    else:
        plain = glassbox.ExplainableBoostingRegressor(**size)
        plain = MultiOutputRegressor(plain) if load is load_wine else plain
        options = {"targets": "logits"}
        taught_by = "logits"
    student, agreement = teach(DistilledClassifier, load, plain, **options)
    assert student.taught_by_ == taught_by
    assert agreement > 0.8


def test_explainable_boosting_on_a_raw_table_has_a_report(mixed_table):
    glassbox = pytest.importorskip("interpret.glassbox")
    frame, label = mixed_table
    frame = frame.dropna().reset_index(drop=True)
    label = label[mixed_table[0].notna().all(axis=1)]
    teacher = make_teacher("forest", random_state=0).set_params(model__n_estimators=5)
    plain = glassbox.ExplainableBoostingClassifier(max_rounds=20, outer_bags=1, n_jobs=1)
    student = DistilledClassifier(teacher, student=plain, cv=2, n_augmented=100, random_state=0)
    student.fit(frame[:200], label[:200])
    data = audit_report(student, frame[200:], label[200:], background=frame[:5]).to_dict()
    assert data["student"]["kind"] == "ExplainableBoostingClassifier"
    assert data["explanation"]["method"]["student"].startswith("exact")


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine])
def test_figs(load):
    imodels = pytest.importorskip("imodels")
    student, agreement = teach(DistilledClassifier, load, imodels.FIGSClassifier(max_rules=6))
    assert student.taught_by_ == "weighted rows"
    assert agreement > 0.8
    student, agreement = teach(DistilledClassifier, load, imodels.FIGSRegressor(max_rules=6))
    assert student.taught_by_ == "probabilities"
    assert agreement > 0.8


def test_figs_says_that_it_takes_no_missing_values(mixed_table):
    imodels = pytest.importorskip("imodels")
    frame, label = mixed_table
    proba = np.column_stack([label == "bad", label == "good"]).astype(float)
    student = DistilledClassifier(student=imodels.FIGSClassifier(max_rules=4))
    with pytest.raises(InvalidInputError, match=r"FIGSClassifier may not take them.*SimpleImputer"):
        student.fit(frame, label, teacher_proba=proba)
    student.set_params(student=make_pipeline(SimpleImputer(), imodels.FIGSClassifier(max_rules=4)))
    assert student.fit(frame, label, teacher_proba=proba).score(frame, label) > 0.6


def test_an_optimal_tree():
    pystreed = pytest.importorskip("pystreed")
    tree = pystreed.STreeDRegressor(max_depth=2)
    assert teach(DistilledClassifier, load_breast_cancer, tree)[1] > 0.85
    assert teach(DistilledRegressor, load_diabetes, tree)[1] > 0.5
    piped = make_pipeline(SimpleImputer(), tree)
    assert teach(DistilledClassifier, load_breast_cancer, piped)[1] > 0.85
    with pytest.raises(InvalidInputError, match=r"made for one output only.*MultiOutputRegressor"):
        teach(DistilledClassifier, load_wine, tree)
    assert teach(DistilledClassifier, load_wine, MultiOutputRegressor(tree))[1] > 0.8


def test_an_optimal_tree_of_classes_takes_no_weights():
    pystreed = pytest.importorskip("pystreed")
    with pytest.raises(NotAStudentError, match=r"STreeDClassifier is neither. Pass its regressor"):
        teach(DistilledClassifier, load_wine, pystreed.STreeDClassifier(max_depth=2))


@pytest.mark.filterwarnings(
    f"ignore::{ConvergenceWarning.__module__}.{ConvergenceWarning.__name__}"
)
@pytest.mark.parametrize(
    ("plain", "options"),
    [
        (MLPClassifier((8,), max_iter=100), {}),
        (MLPRegressor(hidden_layer_sizes=(8,), max_iter=400), {}),
        (MLPRegressor(hidden_layer_sizes=(8,), max_iter=400), {"targets": "logits"}),
    ],
    ids=["classifier", "probabilities", "logits"],
)
@pytest.mark.parametrize("load", [load_breast_cancer, load_wine])
def test_small_networks(load, plain, options):
    network = make_pipeline(StandardScaler(), plain)
    assert teach(DistilledClassifier, load, network, **options)[1] > 0.8


@pytest.mark.filterwarnings(
    f"ignore::{ConvergenceWarning.__module__}.{ConvergenceWarning.__name__}"
)
def test_a_small_network_of_a_regression_wants_a_scaled_target():
    network = MLPRegressor(hidden_layer_sizes=(8,), max_iter=200)
    scaled = TransformedTargetRegressor(network, transformer=StandardScaler())
    assert (
        teach(DistilledRegressor, load_diabetes, make_pipeline(StandardScaler(), scaled))[1] > 0.6
    )


class BehindBase(BaseEstimator, RegressorMixin):
    """A regressor with its bases in the wrong order, so that scikit-learn's tags miss its kind."""

    def fit(self, X, y):
        self.model_ = Ridge().fit(X, y)
        return self

    def predict(self, X):
        return self.model_.predict(X)


class ClassifierBehindBase(BaseEstimator, ClassifierMixin):
    """A classifier of the same kind."""

    def fit(self, X, y, sample_weight=None):
        self.model_ = LogisticRegression(max_iter=1000).fit(X, y, sample_weight=sample_weight)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(X)

    def predict_proba(self, X):
        return self.model_.predict_proba(X)


def test_bases_in_the_wrong_order_are_understood():
    for plain in (BehindBase(), make_pipeline(StandardScaler(), BehindBase())):
        assert teach(DistilledClassifier, load_breast_cancer, plain)[1] > 0.85
        assert teach(DistilledRegressor, load_diabetes, plain)[1] > 0.5
    piped = make_pipeline(StandardScaler(), ClassifierBehindBase())
    assert teach(DistilledClassifier, load_wine, piped)[0].taught_by_ == "weighted rows"


def test_parts_of_several_outputs_may_take_no_weights():
    assert teach(DistilledClassifier, load_wine, MultiOutputRegressor(BehindBase()))[1] > 0.8
    X, y = load_wine(return_X_y=True)
    student = DistilledClassifier(student=MultiOutputRegressor(BehindBase()))
    weight = np.arange(1.0, len(X) + 1)
    with pytest.raises(InvalidInputError, match="MultiOutputRegressor takes none"):
        student.fit(X, y, sample_weight=weight, teacher_proba=np.eye(3)[y])
