"""The manifest: the same inputs give the same hashes, and every change gives another."""

import copy
import hashlib
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from interpkd import DistilledTreeClassifier, as_teacher
from interpkd._alignment import hash_rows
from interpkd._fingerprint import fingerprint
from interpkd._structure import take_apart
from interpkd.audit import audit_report
from interpkd.audit._environment import environment, git_state
from interpkd.audit._provenance import hash_answers, hash_report, hash_values
from interpkd.exceptions import InvalidInputError
from interpkd.teachers import load_teacher

PROGRAM = """
import sys, pandas as pd
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from interpkd import DistilledTreeClassifier, as_teacher
from interpkd.audit import audit_report
X, y = make_classification(60, 3, n_informative=3, n_redundant=0, random_state=0)
X, kind = pd.DataFrame(X, columns=["a", "b", "c"]), ["x", "y", None] * 20
teacher = as_teacher(RandomForestClassifier(3, random_state=0).fit(X, y))
student = DistilledTreeClassifier(teacher, max_leaf_nodes=3, random_state=0).fit(X)
report = audit_report(student, X, y, groups={"kind": kind}, command="make report")
report.to_json(sys.argv[1])
"""

UNDRAWN = """
from interpkd.audit import _report
_report.draw_pictures = lambda *_: {}  # the JSON holds none
"""


@pytest.fixture(scope="module")
def table():
    X, y = make_classification(80, 3, n_informative=3, n_redundant=0, random_state=0)
    return pd.DataFrame(X, columns=["a", "b", "c"]).assign(kind=["u", "v", None, "w"] * 20), y


@pytest.fixture(scope="module")
def fitted(table):
    X, y = table

    def answer(rows):
        score = rows["a"].to_numpy() + (rows["kind"].to_numpy() == "u")
        p = 1 / (1 + np.exp(-score.astype(float)))
        return np.column_stack([1 - p, p])

    teacher = as_teacher(answer, classes=[0, 1])
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=4, augmentation=None, random_state=0)
    return student.fit(X, y)


@pytest.mark.slow
def test_two_processes_write_the_same_but_for_the_time(tmp_path, monkeypatch):
    other, here = tmp_path / "other.json", tmp_path / "here.json"
    settings = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONWARNINGS": "ignore"}
    subprocess.run([sys.executable, "-c", UNDRAWN + PROGRAM, str(other)], check=True, env=settings)
    monkeypatch.setattr(sys, "argv", ["", str(here)])
    exec(PROGRAM, {})  # noqa: S102  (this process has another seed of hashes)
    one, two = (json.loads(path.read_text(encoding="utf-8")) for path in (other, here))
    for data in (one, two):
        assert hash_report(data) == data["provenance"]["hashes"].pop("report")
        data["provenance"]["environment"].pop("blas")  # other tests may have loaded more libraries
    assert {name for name in one if one[name] != two[name]} <= {"created_utc"}
    assert one["provenance"]["hashes"]["teacher"]["sha256"]
    assert one["provenance"]["command"] == "make report"


@pytest.mark.parametrize(
    "path",
    [
        ("student", "rules", 0, "n_rows"),
        ("fidelity", "agreement", "estimate"),
        ("provenance", "git", "commit"),
        ("provenance", "hashes", "data", "labels"),
        ("limitations", 0, "text"),
    ],
)
def test_the_reports_hash_knows_every_value(reports, path):
    data = reports["binary"].to_dict()
    assert hash_report(data) == data["provenance"]["hashes"]["report"]
    part = data
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = "changed"
    assert hash_report(data) != data["provenance"]["hashes"]["report"]


def test_the_reports_hash_leaves_out_times_and_order(reports):
    data = reports["multiclass"].to_dict()
    known = data["provenance"]["hashes"]["report"]
    later = {**dict(reversed(data.items())), "created_utc": "2099-01-01T00:00:00Z"}
    later["provenance"] = copy.deepcopy(later["provenance"])
    later["provenance"]["hashes"]["report"] = "another"
    assert hash_report(json.loads(json.dumps(later))) == known


def test_container_and_order_of_columns_do_not_matter(fitted, table):
    X, y = table
    turned = X[["kind", "c", "b", "a"]]
    structure = take_apart(fitted)
    tables = [X, pl.from_pandas(X), X.astype({"kind": "category"}), X.astype(object)]
    assert len({hash_rows(one, structure) for one in tables}) == 1
    one, two = (audit_report(fitted, rows, y).data for rows in (X, pl.from_pandas(turned)))
    for data in (one, two):
        data["provenance"]["hashes"].pop("report")
    assert one["provenance"]["hashes"] == two["provenance"]["hashes"]
    assert one["hashes"] == two["hashes"]


def test_numbers_as_an_array_have_the_hash_of_the_frame(table):
    X, y = table
    X = X[["a", "b", "c"]]
    student = DistilledTreeClassifier(as_teacher(LogisticRegression().fit(X, y)), random_state=0)
    structure = take_apart(student.set_params(max_leaf_nodes=3, augmentation=None).fit(X))
    assert hash_rows(X.to_numpy(), structure) == hash_rows(X, structure)


def test_a_changed_cell_shows_in_its_column(fitted, table):
    X, y = table
    other = X.copy()
    other.loc[7, "b"] += 1e-12
    one, two = (
        audit_report(fitted, rows, y).data["provenance"]["hashes"]["data"]["evaluation_rows"]
        for rows in (X, other)
    )
    assert one["sha256"] != two["sha256"]
    pairs = zip(one["columns"], two["columns"], strict=True)
    assert [a["column"] for a, b in pairs if a != b] == ["b"]


def test_labels_of_any_integer_type_have_one_hash():
    known = hash_values(np.array([1, 0, 1]))
    assert hash_values(pd.Series([1, 0, 1], dtype="Int64")) == known
    assert hash_values(pl.Series([1.0, 0.0, 1.0])) == known


def test_answers_to_nine_digits():
    P = np.random.default_rng(0).random((50, 2))
    assert hash_answers(P) == hash_answers(P * (1 + 1e-15))
    assert hash_answers(P) != hash_answers(P + 1e-7)
    assert hash_answers(1e6 * P) == hash_answers(1e6 * P + 1e-9)


MODELS = {
    "boosting": lambda: HistGradientBoostingClassifier(max_iter=3, random_state=0),
    "forest": lambda: RandomForestClassifier(3, random_state=0),
    "network": lambda: MLPClassifier((2,), tol=1e9, random_state=0),
    "pipeline": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    "xgboost": lambda: pytest.importorskip("xgboost").XGBClassifier(n_estimators=3),
    "lightgbm": lambda: pytest.importorskip("lightgbm").LGBMClassifier(n_estimators=3, verbose=-1),
    "catboost": lambda: pytest.importorskip("catboost").CatBoostClassifier(
        iterations=3, verbose=0, allow_writing_files=False
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_known_by_what_it_learned(name, table):
    X, y = table
    X = X[["a", "b", "c"]]
    first, again, other = (
        MODELS[name]().fit(rows, labels) for rows, labels in ((X, y), (X, y), (X[:60], y[:60]))
    )
    known = fingerprint(first)
    assert known["reason"] is None
    assert fingerprint(as_teacher(again)) == known
    assert fingerprint(other)["sha256"] != known["sha256"]


def test_threads_and_seeds_are_no_part_of_a_model(table):
    X, y = table
    forest = RandomForestClassifier(3, random_state=0).fit(X[["a", "b"]], y)
    known = fingerprint(forest)
    assert fingerprint(forest.set_params(n_jobs=2, verbose=1)) == known
    forest.estimators_[1].tree_.value[0] += 1e-9
    assert fingerprint(forest) != known


def test_a_network_is_known_by_its_weights():
    torch = pytest.importorskip("torch")
    module = torch.nn.Linear(2, 2)
    teacher = as_teacher(module, classes=["a", "b"])
    known = fingerprint(teacher)
    assert known["sha256"]
    with torch.no_grad():
        module.weight[0, 0] += 1
    assert fingerprint(teacher) != known


def test_a_function_has_no_hash_and_says_why(fitted, table):
    facts = audit_report(fitted, *table).data["provenance"]["hashes"]["teacher"]
    assert facts["sha256"] is None
    assert "a function without a name to find it by" in facts["reason"]


def test_a_teacher_from_a_file_has_the_hash_of_its_bytes(tmp_path, table):
    xgboost = pytest.importorskip("xgboost")
    X, y = table
    model = xgboost.XGBClassifier(n_estimators=2).fit(X[["a", "b"]], y)
    path = tmp_path / "model.ubj"
    model.save_model(path)
    facts = fingerprint(load_teacher(path))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert facts["file"] == {"name": "model.ubj", "sha256": digest}
    assert facts["sha256"] == fingerprint(model.get_booster())["sha256"]


def test_the_environment_names_no_folder():
    found = environment()
    assert found["packages"]["numpy"] == np.__version__
    assert found["blas"]
    assert {"library", "version", "num_threads"} <= set(found["blas"][0])
    assert "/" not in json.dumps({name: found[name] for name in found if name != "packages"})


@pytest.fixture
def git(tmp_path, monkeypatch):
    found = shutil.which("git")
    if found is None:
        pytest.skip("git is not installed")
    monkeypatch.chdir(tmp_path)
    settings = ["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"]

    def run(*args):
        subprocess.run([found, *settings, *args], check=True, capture_output=True)

    return run


def test_git_says_commit_and_changes(git, tmp_path):
    assert git_state()["commit"] is None
    git("init")
    assert git_state()["reason"] == "The git repository has no commit yet."
    (tmp_path / "a.txt").write_text("a", encoding="utf-8")
    git("add", "a.txt")
    git("commit", "-m", "a")
    (tmp_path / "results.txt").write_text("new files do not count", encoding="utf-8")
    clean = git_state()
    assert len(clean["commit"]) == 40
    assert clean["is_dirty"] is False
    (tmp_path / "a.txt").write_text("b", encoding="utf-8")
    assert git_state() == {**clean, "is_dirty": True}


def test_without_git_there_is_a_reason(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert git_state() == {"commit": None, "is_dirty": None, "reason": "git is not installed."}


def test_seeds_and_configuration(reports):
    section = reports["binary"].data["provenance"]
    assert section["seeds"]["report.random_state"] == 0
    assert section["seeds"]["student.random_state"] == 0
    assert section["seeds"]["teacher.model__random_state"] == 0
    assert section["configuration"]["report"]["groups"] == ["sex"]
    assert section["configuration"]["student"]["parameters"]["max_leaf_nodes"] == 5


def test_wrong_manifest_inputs_are_refused(fitted, table):
    with pytest.raises(InvalidInputError, match="command must be a text or None, got list"):
        audit_report(fitted, *table, command=["make"])
    with pytest.raises(InvalidInputError, match=r"source must be a mapping .* got str"):
        audit_report(fitted, *table, source="table.csv")
    with pytest.raises(InvalidInputError, match=r"source must be a mapping .*: Object of type set"):
        audit_report(fitted, *table, source={"rows": {1, 2}})
