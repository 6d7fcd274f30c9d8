"""The benchmark of peers: tasks as files, rows that resume, intervals against the bootstrap."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("benchmarks", reason="the tests of the wheel run without the benchmarks")

from benchmarks import _peers_intervals, _protocol
from benchmarks._peers_intervals import influences, over_sets, variance
from benchmarks._peers_methods import METHODS
from benchmarks._peers_readme import BEGIN, END, write_readme
from benchmarks._peers_runner import Fitted, Method, Rows, run_task
from benchmarks._peers_tables import paired, record, write_tables
from benchmarks._peers_tasks import UnansweredError, make_task, read_tasks
from benchmarks._protocol import TEACHERS, Task, auc, kl_divergence, r2
from benchmarks.peers import TEACHERS as NAMES


def _split(n_classes):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((80, 2)).astype(np.float32)
    y = (X[:, 0] > 0).astype(int) if n_classes else X[:, 0].astype(float)
    name = "made" if n_classes else "values"
    return Task(name, 100, n_classes, 0, X[:60], y[:60], X[60:], y[60:])


def _teacher(_name, split):
    if not split.n_classes:
        return lambda X: X[:, 0].astype(float)
    return lambda X: np.column_stack([1 / (1 + np.exp(X[:, 0])), 1 / (1 + np.exp(-X[:, 0]))])


@pytest.mark.parametrize("n_classes", [2, 3])
def test_influences_give_the_bootstraps_errors_of_classes(n_classes):
    rng = np.random.default_rng(0)
    P = rng.dirichlet(np.ones(n_classes), 200)
    answer = 0.5 * P + 0.5 * rng.dirichlet(np.ones(n_classes), 200)
    decision, hard = answer.argmax(axis=1), P.argmax(axis=1)
    drawn = {"agreement": [], "kl": [], "decision_auc": []}
    for _ in range(100):
        rows = rng.integers(200, size=200)
        drawn["agreement"].append((decision == hard)[rows].mean())
        drawn["kl"].append(kl_divergence(P[rows], answer[rows]))
        drawn["decision_auc"].append(auc(hard[rows], answer[rows]))
    found = influences(P, answer, decision)
    for name, values in drawn.items():
        assert variance(found[name]) ** 0.5 == pytest.approx(np.std(values), rel=0.25)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_scores_are_the_protocols(n_classes):
    rng = np.random.default_rng(0)
    P = rng.dirichlet(np.ones(n_classes), 50)
    answer = np.round(rng.dirichlet(np.ones(n_classes), 50), 1)  # ties
    y = P.argmax(axis=1)
    assert _peers_intervals.auc(y, answer) == pytest.approx(auc(y, answer))
    assert _peers_intervals.kl_divergence(P, answer) == pytest.approx(kl_divergence(P, answer))
    assert _peers_intervals.r2(P[:, 0], answer[:, 0]) == pytest.approx(r2(P[:, 0], answer[:, 0]))
    assert _peers_intervals.SMALLEST_PROBABILITY == _protocol.SMALLEST_PROBABILITY
    assert list(NAMES) == list(TEACHERS)


def test_influences_give_the_bootstraps_error_of_r2():
    rng = np.random.default_rng(0)
    P = rng.standard_normal(400)
    answer = 0.8 * P + 0.3 * rng.standard_normal(400)
    rows = rng.integers(400, size=(400, 400))
    drawn = [r2(P[i], answer[i]) for i in rows]
    assert variance(influences(P, answer)["r2"]) ** 0.5 == pytest.approx(np.std(drawn), rel=0.15)


def test_interval_over_sets_is_students_and_needs_three():
    mean, half = over_sets([1.0, 2.0, 3.0])
    assert (mean, half) == (2.0, pytest.approx(4.302653 / np.sqrt(3), rel=1e-6))
    assert over_sets([1.0, 2.0]) == (1.5, None)


def test_a_question_is_left_and_answered(tmp_path):
    task = make_task(tmp_path, _split(2), "xgb", _teacher)
    (elsewhere,) = read_tasks(tmp_path)
    assert elsewhere.answer is None
    np.testing.assert_array_equal(elsewhere.P_train, task.P_train)
    X = task.X_test + 1
    with pytest.raises(UnansweredError, match="made-0-xgb-mine"):
        elsewhere.ask(X, "mine")
    make_task(tmp_path, _split(2), "xgb", _teacher)  # the teacher's environment runs again
    np.testing.assert_array_equal(elsewhere.ask(X, "mine"), task.ask(X, "mine"))


def test_finished_cells_are_skipped_and_failures_are_rows(tmp_path):
    calls = []

    def perfect(task, leaves):
        calls.append(leaves)
        return Fitted(_teacher("", task))

    def broken(_task, _leaves):
        raise ValueError("no luck")  # noqa: EM101, TRY003

    methods = {"perfect": Method(perfect, "mine"), "broken": Method(broken, "mine")}
    task = make_task(tmp_path, _split(2), "xgb", _teacher)
    for leaves in ([8], [8, 16]):
        run_task(task, methods, leaves, Rows(tmp_path / "rows.csv"), cap=60)
    assert calls == [8, 16]
    rows = pd.read_csv(tmp_path / "rows.csv").set_index(["method", "leaves"])
    assert len(rows) == 4
    assert rows.loc[("perfect", 16), "agreement"] == 1.0
    assert rows.loc[("broken", 8), "note"] == "ValueError: no luck"


def test_tables_pair_what_both_finished(tmp_path):
    for n_classes in (2, 0):
        task = make_task(tmp_path / "work", _split(n_classes), f"t{n_classes}", _teacher)
        peers = {name: METHODS[name] for name in ("tree_soft", "constant")}
        peers["interpkd_tree"] = METHODS["munge_tree_soft"]  # stands in: ours takes seconds
        run_task(task, peers, [4, 8], Rows(tmp_path / "rows.csv"), cap=60)
    rows = pd.read_csv(tmp_path / "rows.csv")
    lost = (rows["method"] == "tree_soft") & (rows["leaves"] == 8)
    pair = paired(rows[~lost], "interpkd_tree", "tree_soft", "agreement")
    assert list(pair.index.get_level_values("leaves")) == [4]
    assert record(pair.assign(ours=pair["its"] + 0.01), "agreement") == "1/0/0"
    assert record(pair.assign(ours=pair["its"] + 0.01), "kl") == "0/0/1"
    (tmp_path / "README.md").write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_tables(rows, tmp_path / "work", tmp_path / "peers.txt", "benchmarks.peers")
    write_readme(rows, tmp_path / "README.md")
    text = (tmp_path / "README.md").read_text()
    assert text.startswith("before\n")
    assert text.endswith(f"{END}\nafter\n")
    assert "CART on probabilities" in text
    assert "old" not in text
    assert "regression, t0, 8 leaves" in (tmp_path / "peers.txt").read_text()
    assert "±" in (tmp_path / "peers_sets.txt").read_text()


def test_interpkd_need_not_be_installed_where_peers_run():
    for path in Path(__file__).parents[2].glob("benchmarks/*peers*.py"):
        for node in ast.parse(path.read_text()).body:  # imports inside functions may stay
            assert not (
                isinstance(node, ast.Import | ast.ImportFrom) and "interpkd" in ast.unparse(node)
            )
