"""What notebooks show: escaped, without scripts, in the user's words, and only where it is asked."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from interpkd import (
    DistilledClassifier,
    DistilledLinearRegression,
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
    fidelity_report,
)
from interpkd._html import Markup, indented, legend, paragraphs, safe, show, table, whisker, words
from interpkd.export import parity_report
from interpkd.fidelity import born_again_tree, certify_equality, certify_monotonicity, worst_rows

NASTY = "<script>alert(1)</script>\u202e\"'><img src=x onerror=alert(2)>"
CLASSES = ["<i>no</i>", 'yes" onload="x']
KINDS = {
    "tree": DistilledTreeClassifier(max_leaf_nodes=4, effort="greedy"),
    "logistic": DistilledLogisticRegression(),
    "svm": DistilledLinearSVC(),
    "card": DistilledScorecardClassifier(),
}


def make_frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, 200).astype(float),
            NASTY: rng.choice(["<b>car</b>", "boat", NASTY], 200),
            "owns & rents": rng.random(200) < 0.5,
        }
    )


@pytest.fixture(scope="module")
def students():
    X = make_frame()
    p = 1 / (1 + np.exp(-(X["age"] - 50) / 8 + (X[NASTY] == "boat") * 2 - X["owns & rents"]))
    P = pd.DataFrame(np.column_stack([1 - p, p]), columns=CLASSES)
    return {name: student.fit(X, teacher_proba=P) for name, student in KINDS.items()}


class Reader(HTMLParser):
    """Gathers tags, attributes and text as a browser reads them."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.names, self.text, self.open = [], set(), "", []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}
        self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data if "style" not in self.open else ""


def own_part(html):
    """What this package adds; the diagram before it is scikit-learn's."""
    assert html.count('<div class="interpkd-repr">') == 1
    return html[html.rindex("<style>") :]


def read(html):
    """Read a page, and see that nothing in it runs or fetches."""
    page = Reader(html)
    assert {"script", "img", "i", "b", "link", "iframe"}.isdisjoint(page.tags)
    assert not [name for name in page.names if name.startswith("on") or name in {"src", "href"}]
    assert "\u202e" not in page.text
    assert "http" not in html
    return page


@pytest.mark.parametrize("name", KINDS)
def test_hostile_names_are_text(students, name):
    page = read(own_part(students[name]._repr_html_()))
    assert "<script>alert(1)</script>" in page.text
    assert "Learned from probabilities that were given as they are" in page.text
    assert "200 rows." in page.text


def test_tree_shows_leaves_in_the_users_words(students):
    student = students["tree"]
    page = read(own_part(student._repr_html_()))
    assert f"{type(student).__name__}: 4 leaves, depth" in page.text
    assert 'P(yes" onload="x)' in page.text
    for leaf in np.flatnonzero(student.student_[-1].tree_.children_left < 0):
        assert f"{student.student_[-1].tree_.value[leaf, 0, 1]:.3f}" in page.text
    assert re.search(r"age ≤ \d", page.text)
    assert "<b>car</b>" in page.text
    assert page.tags.count("svg") == 4


def test_scorecard_shows_points(students):
    page = read(own_part(students["card"]._repr_html_()))
    table = students["card"].points_table_
    assert f"every row starts from {table['points'].iloc[0]}" in page.text
    assert "<= " in page.text


def test_large_trees_are_cut_and_say_so():
    X = np.random.default_rng(0).random((400, 2))
    P = np.column_stack([X[:, 0] * X[:, 1], 1 - X[:, 0] * X[:, 1]])
    student = DistilledTreeClassifier(max_leaf_nodes=40, effort="greedy", min_samples_leaf=1)
    page = read(own_part(student.fit(X, teacher_proba=P)._repr_html_()))
    assert page.tags.count("svg") == 16
    assert "40 leaves in all: interpkd.export.to_rules gives every one of them." in page.text
    assert re.search(r"… \d+ leaves", page.text)


def test_regressions_and_many_classes():
    X = np.random.default_rng(0).random((90, 2))
    lines = DistilledLinearRegression().fit(X, teacher_proba=3 * X[:, 0] - X[:, 1])
    assert "x0, per unit" in read(own_part(lines._repr_html_())).text
    tree = DistilledTreeRegressor(LinearRegression(), max_leaf_nodes=3, augmentation=None, cv=3)
    page = read(own_part(tree.fit(X, X[:, 0])._repr_html_()))
    assert "out-of-fold answers of LinearRegression, cross-fitted in 3 folds" in page.text
    P = np.full((90, 12), 0.5 / 11)
    P[np.arange(90), (X[:, 0] * 12).astype(int)] = 0.5
    many = DistilledTreeClassifier(max_leaf_nodes=3, effort="greedy").fit(X, teacher_proba=P)
    assert "P(decision)" in read(own_part(many._repr_html_())).text


def test_students_of_any_kind_say_what_they_are(students):
    X = make_frame()[["age"]]
    student = DistilledClassifier(student=KNeighborsRegressor(3))
    P = students["tree"].predict_proba(make_frame())
    page = read(own_part(student.fit(X, teacher_proba=P)._repr_html_()))
    assert "DistilledClassifier: a fitted KNeighborsRegressor" in page.text


def test_only_fitted_students_add_to_the_diagram(students):
    unfitted = DistilledTreeClassifier()
    assert "interpkd-repr" not in unfitted._repr_html_()
    assert "sk-top-container" in unfitted._repr_html_()
    bundle = students["tree"]._repr_mimebundle_()
    assert bundle["text/plain"] == repr(students["tree"])
    assert "sk-top-container" in bundle["text/html"]
    own_part(bundle["text/html"])


def test_text_display_is_respected(students):
    with sklearn.config_context(display="text"):
        assert not hasattr(students["tree"], "_repr_html_")
        assert set(students["tree"]._repr_mimebundle_()) == {"text/plain"}


def test_diagram_of_a_pipeline_holds_the_student(students):
    html = make_pipeline(FunctionTransformer(), students["tree"])._repr_html_()
    assert "DistilledTreeClassifier" in html
    assert "interpkd-repr" not in html


def test_reports_are_one_family(students):
    X, student = make_frame(), students["tree"]
    P = students["logistic"].predict_proba(X)
    numbers = X[["age"]].to_numpy()
    tree = DecisionTreeClassifier(max_depth=2).fit(numbers, P[:, 1] > 0.5)
    found = {
        "agreement": fidelity_report(student, X, teacher=P, segments={NASTY: X[NASTY]}),
        "difference": worst_rows(student, X, teacher=P, n=3),
        "rows made to hurt": parity_report(student, X, to="json"),
        "proved": certify_equality(tree, tree, X_ref=numbers),
        "born again": born_again_tree(tree, X_ref=numbers),
        "never falls": certify_monotonicity(tree, X_ref=numbers, columns={0: 1}),
    }
    for said, report in found.items():
        html = report._repr_html_()
        assert html.count('<div class="interpkd-repr">') == 1
        assert said in read(html).text


def test_nothing_but_markup_stays_as_it_is():
    assert safe("<b>") == "&lt;b&gt;"
    assert safe(Markup("<b>")) == "<b>"
    assert safe("a\x00\nb") == "a\\x00 b"
    assert safe("abcdef", most=4) == "abc…"
    page = show(
        NASTY,
        paragraphs(NASTY, ""),
        table(NASTY, [NASTY], [[NASTY]]),
        words(NASTY, {NASTY: NASTY}),
        indented(NASTY, 3, most=20),
        legend([NASTY]),
    )
    assert read(page).text.count("<script>") == 10


def test_marks_stay_on_their_scale():
    assert 'cx="120.0"' in whisker(None, 7.0, None, (0, 1))
    assert 'cx="60.0"' in whisker(1.0, 1.0, 1.0, (1, 1))
