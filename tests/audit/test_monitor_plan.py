"""The monitoring plan in the report: its numbers are those of the rows, thresholds can be set."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from interpkd.audit import audit_report, monitor
from interpkd.exceptions import InvalidInputError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 2))
y = (X[:, 0] + RNG.normal(size=300) > 0).astype(int)
STUDENT = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X[:200], y[:200])


def plan(**options):
    return audit_report(STUDENT, X[200:], y[200:], X_train=X[:200], **options)


def test_bins_count_the_training_rows_and_scores_the_evaluation_rows():
    found = plan().data["monitoring"]
    assert found["rows"]["inputs"] == {"source": "training rows", "n": 200, "n_effective": 200}
    assert found["rows"]["scores"] == {"source": "evaluation rows", "n": 100, "n_effective": 100}
    assert [sum(one["n"] for one in column["bins"]) for column in found["columns"]] == [200, 200]
    assert [one["n"] for one in found["columns"][0]["bins"]] == [20] * 10 + [0]
    assert found["columns"][1]["maximum"] == X[:200, 1].max()
    score = found["scores"][0]
    edges = [one["high"] for one in score["bins"]][:-1]
    P = STUDENT.predict_proba(X[200:])[:, 1]
    assert len(edges) == len(np.unique(P)) - 1
    assert [one["n"] for one in score["bins"]] == np.unique(P, return_counts=True)[1].tolist()


def test_bounds_are_limits_less_the_tolerance():
    data = plan(monitoring={"performance_tolerance": 0.1}).data
    figures = {one["score"]: one for one in data["monitoring"]["watched"]}
    auc = data["fidelity"]["performance"]["student"]["auc"]
    assert figures["auc"]["warning_below"] == auc["low"]
    assert figures["auc"]["alarm_below"] == pytest.approx(auc["low"] - 0.1)
    assert figures["auc"]["alarm_above"] is None
    assert figures["brier"]["alarm_above"] == pytest.approx(figures["brier"]["high"] + 0.1)
    bias = figures["calibration_bias"]
    assert bias["warning_below"] <= 0 <= bias["warning_above"]
    P, truth = STUDENT.predict_proba(X[200:])[:, 1], y[200:]
    assert bias["estimate"] == pytest.approx(P.mean() - truth.mean())
    what = [one["what"] for one in data["monitoring"]["not_watched"]]
    assert what == ["fidelity"]


def test_thresholds_decide_what_is_raised():
    later = X[:200] + np.array([0.6, 0])
    levels = []
    for psi_alarm in (0.1, 10):
        report = plan(monitoring={"psi_alarm": psi_alarm, "how_often": "monthly"})
        found = monitor(report, later, student=STUDENT)
        levels += [one.level for one in found.signals if (one.kind, one.name) == ("column", "x0")]
    assert levels == ["alarm", "warning"]


def test_the_section_says_what_was_not_provided(tmp_path):
    report = plan(monitoring={"responsible": "Model risk <team>"})
    text = report.to_markdown(tmp_path / "r.md").read_text(encoding="utf-8")
    section = text.split("## Monitoring plan")[1].split("\n## ")[0]
    assert "| How often | *not provided* |" in section
    assert "| Who is responsible | Model risk &lt;team&gt; |" in section
    assert "their columns with 200 training rows" in section
    assert "population stability index of 0.25 or more" in section


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"psi": 0.1}, "unknown name 'psi'. Known: psi_warning"),
        ({"psi_alarm": "high"}, r"\['psi_alarm'\] must be a number of at least 0, got 'high'"),
        ({"share_alarm": 1.5}, "must be a number from 0 to 1"),
        ({"fidelity_tolerance": True}, "must be a number of at least 0"),
        ({"psi_warning": 0.5}, "must not be larger"),
        ({"how_often": ["monthly"]}, "must be a text"),
        ([], "must be a mapping"),
    ],
)
def test_unusable_thresholds_are_refused(wrong, match):
    with pytest.raises(InvalidInputError, match=match):
        plan(monitoring=wrong)
