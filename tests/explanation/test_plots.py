"""Pictures of explanations: both models are on them, and nothing else changes."""

import io

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression

from interpkd import DistilledTreeClassifier, as_teacher, explain
from interpkd.exceptions import InvalidInputError
from interpkd.explanation import plot_beeswarm, plot_dependence, plot_waterfall


@pytest.fixture(scope="module")
def data():
    return load_iris(return_X_y=True, as_frame=True)


@pytest.fixture(scope="module")
def both(data):
    X, y = data
    forest = RandomForestClassifier(5, random_state=0).fit(X, y)
    student = DistilledTreeClassifier(as_teacher(forest), max_leaf_nodes=4).fit(X)
    return explain(student, X[::5], background=X[1::10])


DRAW = {
    "beeswarm": lambda both: plot_beeswarm(both, answer=2),
    "waterfall": lambda both: plot_waterfall(both, 3, answer=2),
    "dependence": lambda both: plot_dependence(both, "petal width (cm)", answer=2),
}


def png(figure):
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=30)
    return file.getvalue()


@pytest.fixture(autouse=True)
def agg():
    import matplotlib.pyplot as plt

    before = mpl.get_backend()
    plt.switch_backend("Agg")
    yield plt
    plt.close("all")
    plt.switch_backend(before)


@pytest.mark.parametrize("name", list(DRAW))
def test_drawing_leaves_everything_as_it_was(both, name, agg):
    mine = agg.figure()
    agg.figure()
    agg.figure(mine.number)
    settings, state = dict(mpl.rcParams), np.random.get_state()[1].copy()  # noqa: NPY002
    number = len(agg.get_fignums())
    values = both.student.values.copy()
    first = DRAW[name](both)
    assert len(agg.get_fignums()) == number
    assert agg.gcf() is mine
    assert not mine.axes
    assert dict(mpl.rcParams) == settings
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002
    assert (both.student.values == values).all()
    assert png(first) == png(DRAW[name](both))


@pytest.mark.parametrize("name", ["beeswarm", "waterfall"])
def test_both_models_stand_side_by_side(both, name):
    figure = DRAW[name](both)
    titles = [ax.get_title() for ax in figure.axes if ax.get_title()]
    assert titles == ["student", "teacher"]


def test_marks_of_a_dependence_are_the_values(both):
    [ax] = DRAW["dependence"](both).axes
    column = [*both.student.feature_names].index("petal width (cm)")
    found = {one.get_label(): np.asarray(one.get_offsets()) for one in ax.collections}
    for name in ("student", "teacher"):
        wanted = getattr(both, name).values[:, column, 2]
        np.testing.assert_allclose(np.sort(found[name][:, 1]), np.sort(wanted))
    assert [one.get_text() for one in ax.get_legend().get_texts()] == ["student", "teacher"]


def test_a_student_alone_and_a_regression(data):
    X, y = data
    alone = explain(LogisticRegression().fit(X, y > 1), X[:6], background=X[::30])
    assert len([ax for ax in plot_waterfall(alone, 0).axes if ax.get_title()]) == 1
    line = explain(LinearRegression().fit(X, y), X[:6], background=X[::30])
    assert plot_dependence(line, "petal width (cm)").axes[0].get_xlabel() == "petal width (cm)"
    assert plot_beeswarm(line).axes[0].get_title() == "student"


def test_what_is_not_there_is_refused(both):
    with pytest.raises(InvalidInputError, match="position of one of the classes"):
        plot_beeswarm(both, answer=3)
    with pytest.raises(InvalidInputError, match="position of one of the 30 rows, got 30"):
        plot_waterfall(both, 30)
    with pytest.raises(InvalidInputError, match="must be one of the columns"):
        plot_dependence(both, "petal")
