"""One report of each kind, written once, and a reader of its HTML."""

import re
from collections.abc import Mapping
from functools import cached_property
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris, make_classification
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import KFold
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier

from interpkd import (
    DistilledClassifier,
    DistilledLinearRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
    as_teacher,
)
from interpkd.audit import audit_report, stability
from interpkd.audit._pictures import draw_pictures
from interpkd.fidelity import distil_or_not, frontier
from interpkd.teachers import make_teacher

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """The parts of a page that the tests ask about."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.data, self.cells, self.texts = [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in ("td", "th"):
            self.cells.append("")
        if tag == "data":
            self.data.append([dict(attrs)["value"], ""])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"{tag} closes another element"

    def handle_data(self, text):
        if {"style", "script"} & set(self.open):
            return
        self.texts.append(text)
        if "data" in self.open:
            self.data[-1][1] += text
        elif "td" in self.open or "th" in self.open:
            self.cells[-1] += text

    def attributes(self, name):
        return [attrs[name] for _, attrs in self.tags if name in attrs]

    @property
    def text(self):
        return re.sub(r"\s+", " ", "".join(self.texts))


@pytest.fixture(scope="session")
def read_page():
    return lambda path: Page(path.read_text(encoding="utf-8"))


def binary(mixed_table):
    X, y = mixed_table
    teacher = make_teacher("forest", task="classification", random_state=0)
    teacher.set_params(model__n_estimators=20)
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=5, cv=2, random_state=0)
    student.fit(X[:250], y[:250])
    X, y = X[250:], y[250:]
    return audit_report(
        student,
        X,
        y,
        background=X[:20],
        groups={"sex": ["f", "m", None] * 50},
        segments={"owner": X["owner"].to_numpy()},
        fields={"model_name": "Loans", "version": 3, "owner": " "},
        split={"how": "the last 150 rows", "seed": 0},
    )


def multiclass(_):
    X, y = load_iris(return_X_y=True, as_frame=True)
    forest = RandomForestClassifier(5, random_state=0).fit(X[::2], y[::2])
    student = DistilledTreeClassifier(as_teacher(forest, classes=["se", "ve", "vi"])).fit(X[::2])
    return audit_report(student, X[1::2])


def regression(_):
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    teacher = RandomForestRegressor(5, max_depth=4, random_state=0)
    student = DistilledTreeRegressor(teacher, max_leaf_nodes=4, cv=2).fit(X[:300], y[:300])
    return audit_report(student, X[300:], y[300:], alpha=0.1)


def with_refits(_):
    X, y = make_classification(240, 4, n_informative=3, n_redundant=0, random_state=0)
    teacher = as_teacher(RandomForestClassifier(5, max_depth=3, random_state=0).fit(X, y))
    student = DistilledTreeClassifier(
        teacher, max_leaf_nodes=4, effort="greedy", augmentation=None, random_state=0
    )
    refits = {
        "frontier": frontier(student, X, y, sizes={"max_leaf_nodes": [2, 4]}, cv=2),
        "distil_or_not": distil_or_not(student, X, y, cv=2),
        "stability": stability(student, X, y, n_refits=3),
    }
    return audit_report(student.fit(X), X[120:], y[120:], background=X[:20], **refits)


def card_with_refits(_):
    X, y = make_classification(200, 3, n_informative=3, n_redundant=0, random_state=0)
    teacher = as_teacher(LogisticRegression().fit(X, y))
    card = DistilledScorecardClassifier(teacher, augmentation=None, random_state=0)
    refits = {
        "frontier": frontier(card, X, sizes={"max_features": [1, 2]}, cv=[*KFold(2).split(X)][:1]),
        "stability": stability(card, X, y, n_refits=2),
    }
    return audit_report(card.fit(X), X[100:], y[100:], background=X[:20], **refits)


def line_with_refits(_):
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    student = DistilledLinearRegression(as_teacher(LinearRegression().fit(X, y)))
    refits = {
        "distil_or_not": distil_or_not(student, X, y, cv=2),
        "stability": stability(student, X, y, n_refits=3),
    }
    return audit_report(student.fit(X), X[300:], y[300:], background=X[:20], **refits)


def scores_only(_):
    X, y = load_iris(return_X_y=True)
    P = RandomForestClassifier(5, random_state=0).fit(X, y).predict_proba(X)
    student = DistilledTreeClassifier(max_leaf_nodes=4).fit(X, y, teacher_proba=P)
    return audit_report(student, X, y)


def scores_as_teacher(_):
    X, y = load_iris(return_X_y=True)
    P = RandomForestClassifier(5, random_state=0).fit(X, y).predict_proba(X)
    student = DistilledTreeClassifier(max_leaf_nodes=4).fit(X, y, teacher_proba=P)
    return audit_report(student, X, y, teacher=P)


def bare_tree(_):
    X, y = load_iris(return_X_y=True)
    X, y = X[y < 2], y[y < 2]
    forest = RandomForestClassifier(5, random_state=0).fit(X, y)
    tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, forest.predict(X))
    return audit_report(tree, X, y, teacher=forest, cutoff=0.3)


def any_student(_):
    X, y = make_classification(200, 4, n_informative=4, n_redundant=0, random_state=0)
    forest = RandomForestClassifier(5, random_state=0).fit(X[:100], y[:100])
    network = MLPClassifier((3,), max_iter=20, tol=1e3, random_state=0)
    student = DistilledClassifier(as_teacher(forest), student=network, augmentation=None)
    return audit_report(student.fit(X[:100]), X[100:], y[100:], background=X[:20])


def scorecard(mixed_table):
    X, y = mixed_table
    X = X.assign(delay=np.random.default_rng(0).normal(30, 9, len(X)).round())
    X.loc[::5, "delay"] = -9
    teacher = make_teacher("forest", task="classification", random_state=0)
    teacher.set_params(model__n_estimators=20)
    student = DistilledScorecardClassifier(
        teacher, good_class="good", special_values={"delay": [-9]}, cv=2, random_state=0
    ).fit(X[:250], y[:250])
    X, y = X[250:].copy(), y[250:]
    X.iloc[:3, X.columns.get_loc("age")] = np.nan  # which no training row lacks
    sexes = np.array(["f", "m", None] * 50, dtype=object)
    return audit_report(student, X, y, background=X[:20], groups={"sex": sexes})


MAKERS = {
    make.__name__: make
    for make in (
        binary,
        multiclass,
        regression,
        with_refits,
        card_with_refits,
        line_with_refits,
        scores_only,
        scores_as_teacher,
        bare_tree,
        any_student,
        scorecard,
    )
}


class DrawnLater(Mapping):
    """Pictures that are drawn when somebody looks, since few tests do and drawing takes longest."""

    def __init__(self, *evidence):
        self.evidence = evidence

    @cached_property
    def drawn(self):
        return draw_pictures(*self.evidence)

    def __getitem__(self, name):
        return self.drawn[name]

    def __iter__(self):
        return iter(self.drawn)

    def __len__(self):
        return len(self.drawn)


@pytest.fixture(scope="session")
def later():
    """Make a report, whose pictures are drawn when somebody looks."""

    def make(function, *args, **options):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("interpkd.audit._report.draw_pictures", DrawnLater)
            return function(*args, **options)

    return make


@pytest.fixture(scope="module", autouse=True)
def drawn_later():
    """Draw the pictures of every report of these tests when somebody looks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("interpkd.audit._report.draw_pictures", DrawnLater)
        yield


class Made(Mapping):
    """What `make` gives for each of the names, made when it is asked for and then kept."""

    def __init__(self, names, make):
        self.names, self.make, self.made = names, make, {}

    def __getitem__(self, name):
        if name not in self.made:
            self.made[name] = self.make(name)
        return self.made[name]

    def __iter__(self):
        return iter(self.names)

    def __len__(self):
        return len(self.names)


@pytest.fixture(scope="session")
def reports(mixed_table, later):
    return Made(MAKERS, lambda name: later(MAKERS[name], mixed_table))


@pytest.fixture(params=list(MAKERS))
def report_name(request):
    return request.param


@pytest.fixture
def report(reports, report_name):
    return reports[report_name]


@pytest.fixture(scope="session")
def pages(reports, tmp_path_factory):
    """Give every report's page: the path of its file. No test may change it."""
    folder = tmp_path_factory.mktemp("pages")
    return Made(MAKERS, lambda name: reports[name].to_html(folder / f"{name}.html"))


@pytest.fixture(scope="session")
def read_pages(pages, read_page):
    """Give every report's page as it was read."""
    return Made(MAKERS, lambda name: read_page(pages[name]))


@pytest.fixture
def page(read_pages, report_name):
    return read_pages[report_name]
