"""Every input that is refused, and what the message says."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC

from interpkd import DistilledTreeClassifier, as_teacher
from interpkd.exceptions import InvalidInputError, TeacherError
from interpkd.fidelity import fidelity_report

N = 20
X = np.random.default_rng(0).normal(size=(N, 2))
Y = (X[:, 0] > 0).astype(int)
MODEL = LogisticRegression().fit(X, Y)
THREE = LogisticRegression().fit(X, np.arange(N) % 3)
LINEAR = LinearRegression().fit(X, X[:, 0])


def refuse(message, *, student=MODEL, rows=X, y=None, error=InvalidInputError, **parameters):
    parameters = {"teacher": MODEL, **parameters}
    with pytest.raises(error, match=message):
        fidelity_report(student, rows, y, **parameters)


class TestTeachers:
    def test_none_to_be_found(self):
        refuse(
            r"teacher is None and the student, a LogisticRegression, holds no fitted teacher. Pass "
            r"teacher=, a fitted model or its scores on X",
            teacher=None,
        )

    def test_a_student_of_given_scores(self):
        student = DistilledTreeClassifier(max_leaf_nodes=3)
        student.fit(X, Y, teacher_proba=MODEL.predict_proba(X))
        refuse("DistilledTreeClassifier, holds no fitted teacher", student=student, teacher=None)

    def test_not_fitted(self):
        refuse(
            "teacher is a LogisticRegression that is not fitted. Fit it first",
            teacher=LogisticRegression(),
        )

    def test_a_class(self):
        refuse(
            "teacher is the class LogisticRegression; pass a fitted instance",
            teacher=LogisticRegression,
        )

    def test_a_function(self):
        refuse("teacher is a function or class; wrap it with as_teacher", teacher=len)

    def test_one_column_of_scores(self):
        refuse("For two classes pass both columns", teacher=np.ones(N) / 2, error=TeacherError)

    def test_scores_of_other_rows(self):
        scores = np.full((3, 2), 0.5)
        refuse(r"must have shape \(20, 2\), got \(3, 2\)", teacher=scores, error=TeacherError)

    def test_scores_that_are_not_probabilities(self):
        refuse("sum to 1 in each row", teacher=np.ones((N, 2)), error=TeacherError)

    def test_missing_predictions(self):
        teacher = np.r_[np.nan, np.zeros(N - 1)]
        refuse("teacher must be finite", student=LINEAR, teacher=teacher, error=TeacherError)

    def test_a_class_the_student_lacks(self):
        refuse(
            "gives probabilities for class 2, which is not among", teacher=THREE, error=TeacherError
        )

    def test_a_regression_for_a_classifier(self):
        refuse("teacher is a LinearRegression without predict_proba", teacher=LINEAR)

    def test_a_classifier_for_a_regression(self):
        refuse("The student is a regression, but teacher is a LogisticRegression", student=LINEAR)

    def test_a_classifier_without_probabilities(self):
        refuse("teacher is a LinearSVC without predict_proba", teacher=LinearSVC().fit(X, Y))


class TestStudents:
    def test_not_fitted(self):
        refuse("student is a LogisticRegression that is not fitted", student=LogisticRegression())

    def test_a_class(self):
        refuse("student is the class LinearRegression", student=LinearRegression)

    def test_without_probabilities(self):
        refuse(
            "student is a LinearSVC, a classifier without predict_proba.*CalibratedClassifierCV",
            student=LinearSVC().fit(X, Y),
        )

    def test_no_model(self):
        refuse("student must be a fitted classifier or regressor, got str", student="tree")

    def test_answers_that_are_not_finite(self):
        class Broken:
            def predict(self, rows):
                return np.full(len(rows), np.inf)

        refuse("Predictions of the student must be finite", student=Broken(), error=TeacherError)


class TestRows:
    def test_none(self):
        refuse("X has no rows", rows=X[:0])

    def test_y_of_another_length(self):
        refuse(r"y must have shape \(20,\), one true value per row of X, got \(3,\)", y=Y[:3])

    def test_y_of_several_columns(self):
        refuse(r"y must have shape \(20,\).*got \(20, 2\)", y=X)

    @pytest.mark.parametrize("label", [7, None, "yes", float("nan")])
    def test_a_label_unknown_to_the_student(self, label):
        y = np.array([label, *Y[1:]], dtype=object)
        refuse(rf"y holds the label {label!r}, which is not a class of the student: \[0, 1\]", y=y)

    def test_text_as_a_regression_target(self):
        refuse(
            "y must hold numbers for a regression",
            student=LINEAR,
            teacher=LINEAR,
            y=["a"] * N,
        )

    def test_missing_regression_targets(self):
        y = np.r_[0.0, np.nan, np.zeros(N - 2)]
        refuse(
            "y must be finite; 1 of 20 values are not, the first is row 1: nan",
            student=LINEAR,
            teacher=LINEAR,
            y=y,
        )

    def test_weights_of_another_length(self):
        refuse(r"sample_weight must have shape \(20,\)", sample_weight=[1.0])

    @pytest.mark.parametrize("bad", [np.nan, -1.0, np.inf])
    def test_weights_that_are_none(self, bad):
        weights = np.r_[1.0, bad, np.ones(N - 2)]
        refuse(
            rf"sample_weight must be finite and at least 0; 1 of 20 .* is row 1: {bad}",
            sample_weight=weights,
        )

    def test_weights_of_text(self):
        refuse("sample_weight must hold numbers", sample_weight=["heavy"] * N)

    def test_weights_of_zero(self):
        refuse("sample_weight is 0 on every row", sample_weight=np.zeros(N))

    def test_groups_of_another_length(self):
        refuse(r"groups must have shape \(20,\), one label per row", groups=[1, 2])

    @pytest.mark.parametrize("missing", [None, float("nan"), pd.NA])
    def test_groups_with_gaps(self, missing):
        groups = np.array(["a", missing, *["b"] * (N - 2)], dtype=object)
        refuse(
            "groups must name the group of every row; 1 of 20 rows have none, the first is row 1",
            groups=groups,
        )

    def test_segments_of_another_length(self):
        refuse(r"segments\['sex'\] must have shape \(20,\)", segments={"sex": ["f", "m"]})

    def test_segments_without_names(self):
        refuse(r"segments is an array of shape \(20, 2\), whose columns have no names", segments=X)

    def test_segments_of_too_many_values(self):
        n = 60
        refuse(
            r"segments\['age'\] has 60 different values; .* at most 50. Bin it first",
            rows=np.zeros((n, 2)),
            segments={"age": np.arange(n)},
        )


class TestParameters:
    @pytest.mark.parametrize("cutoff", [0, 1, 1.5, -0.5, float("nan"), "0.5", None, True])
    def test_cutoff(self, cutoff):
        refuse("cutoff must be a number strictly between 0 and 1, got", cutoff=cutoff)

    def test_cutoff_of_three_classes(self):
        refuse(
            "cutoff=0.4 divides two classes, but the student has 3 classes. Leave cutoff out",
            student=THREE,
            teacher=THREE,
            cutoff=0.4,
        )

    def test_cutoff_of_a_regression(self):
        refuse(
            "cutoff=0.4 divides two classes, but the student has a regression",
            student=LINEAR,
            teacher=LINEAR,
            cutoff=0.4,
        )

    @pytest.mark.parametrize("alpha", [0, 1, -0.05, 95, 1e-4, float("nan"), "0.05", None, True])
    def test_alpha(self, alpha):
        refuse("alpha must be a number of at least 0.001 and below 1, got", alpha=alpha)


def test_a_wrapped_function_is_welcome():
    teacher = as_teacher(MODEL.predict_proba, classes=[0, 1])
    assert fidelity_report(MODEL, X, teacher=teacher).scores["agreement"].estimate == 1
