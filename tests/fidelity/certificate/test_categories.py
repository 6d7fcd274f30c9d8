"""Native categories: up to 1,000 of them, unseen ones, and levels that share a code."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.tree import DecisionTreeClassifier

from interpkd.fidelity import certify
from interpkd.fidelity.certificate._neighbourhoods import rank_range, ranks_of

N_CATEGORIES = 1000


@pytest.fixture(scope="module")
def table():
    rng, n = np.random.default_rng(0), 3000
    names = np.array([f"town {k}" for k in range(N_CATEGORIES)])
    effect = rng.normal(size=N_CATEGORIES)
    town = np.concatenate([np.arange(N_CATEGORIES), rng.integers(0, N_CATEGORIES, n - 1000)])
    X = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n).round(1)})
    X["town"] = pd.Categorical.from_codes(town, names)
    return X, (X["a"] + effect[town] > 0).astype(int).to_numpy()


@pytest.fixture(scope="module")
def student(table):
    X, y = table
    return DecisionTreeClassifier(max_leaf_nodes=6, random_state=0).fit(X[["a", "b"]], y)


def make(library):
    if library == "histogram":  # which takes no more than 255
        return HistGradientBoostingClassifier(max_iter=6, categorical_features="from_dtype")
    module = pytest.importorskip(library)
    if library == "lightgbm":
        return module.LGBMClassifier(n_estimators=6, n_jobs=1, verbose=-1)
    return module.XGBClassifier(
        n_estimators=6, max_depth=5, n_jobs=1, enable_categorical=True, max_cat_to_onehot=3
    )


@pytest.mark.parametrize("library", ["xgboost", "lightgbm", "histogram"])
def test_verdicts_of_rows_with_many_categories(table, student, library):
    X, y = table
    if library == "histogram":
        kept = X["town"].cat.codes.to_numpy() < 250
        X, y = X[kept].copy(), y[kept]
        X["town"] = X["town"].cat.remove_unused_categories()
    teacher = make(library).fit(X, y)
    rows = X.iloc[:60].copy()
    rows.loc[rows.index[:3], "town"] = np.nan
    certificate = certify(student, teacher, X_ref=X, X_eval=rows, radius=0.1)
    assert certificate.reason is None
    status = certificate.rows["status"].to_numpy()
    assert "undecided" not in status
    assert (status == "proved").sum() > 5
    # reference values near each row, its category as it is: no proof may fail on one
    rng = np.random.default_rng(1)
    near = rows.loc[rows.index.repeat(150)].reset_index(drop=True)
    for name in ("a", "b"):
        known = np.sort(X[name].to_numpy())
        least, most = rank_range(ranks_of(known), near[name].to_numpy(), 0.1)
        first, behind = np.searchsorted(known, least), np.searchsorted(known, most, side="right")
        near[name] = known[rng.integers(first, behind)]
    apart = (teacher.predict(near) != student.predict(near[["a", "b"]])).reshape(60, 150)
    assert not apart[status == "proved"].any()
    assert apart[status != "proved"].any(axis=1).mean() > 0.5
    changes = certificate.counterexamples(60)
    assert not (changes["column"] == "town").any()
    for r, own in changes.groupby("row"):
        one = rows.iloc[[r]].copy()
        one[own["column"].tolist()] = [own["changed_to"].tolist()]
        assert teacher.predict(one)[0] != student.predict(one[["a", "b"]])[0]
