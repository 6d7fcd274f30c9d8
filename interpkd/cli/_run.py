"""One run: teacher, student, fidelity, audit report, and the files of all this."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd import __version__
from interpkd.audit import audit_report
from interpkd.cli._console import (
    Stages,
    show_coefficients,
    show_facts,
    show_paths,
    show_rules,
    show_scores,
)
from interpkd.cli._folder import FILES, LINEAR_FILES
from interpkd.cli._problem import FOLDS
from interpkd.export import coefficient_list, rule_list, to_rules
from interpkd.students import (
    DistilledLinearRegression,
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
)
from interpkd.teachers import make_teacher

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from interpkd.audit import AuditReport
    from interpkd.cli._problem import Problem, Split

STUDENTS = {
    ("tree", "classification"): DistilledTreeClassifier,
    ("tree", "regression"): DistilledTreeRegressor,
    ("logistic", "classification"): DistilledLogisticRegression,
    ("svm", "classification"): DistilledLinearSVC,
    ("linear", "regression"): DistilledLinearRegression,
}

MAX_CLASSES_SHOWN = 8

SCORES = {
    "agreement": "same decision as the teacher",
    "kl_divergence": "KL(teacher || student), nats",
    "proba_r2": "R2 of the probabilities",
    "proba_mae": "mean error of the probabilities",
    "decision_auc": "AUC for the teacher's decision",
    "r2": "R2",
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
    "accuracy": "accuracy",
    "auc": "AUC",
    "log_loss": "log loss",
    "brier": "Brier score",
}


@dataclass(frozen=True)
class Settings:
    """How to teach.

    Attributes
    ----------
    teacher, student : str
        Kinds of the two models.

    max_leaf_nodes, min_samples_leaf : int
        Size of a tree.

    alpha, temperature : float
        As the student's parameters.

    device : str
        Where the teacher trains.

    seed : int
        Seed of the split, of both models and of the report.
    """

    teacher: str = "boosted"
    student: str = "tree"
    max_leaf_nodes: int = 16
    min_samples_leaf: int = 5
    alpha: float = 0.0
    temperature: float = 1.0
    device: str = "auto"
    seed: int = 0

    def size(self) -> dict[str, int]:
        """Give the parameters of the student's size; a linear one has none."""
        if self.student != "tree":
            return {}
        return {"max_leaf_nodes": self.max_leaf_nodes, "min_samples_leaf": self.min_samples_leaf}


@dataclass(frozen=True)
class Result:
    """What came out of a run.

    Attributes
    ----------
    student : estimator
        The fitted student.

    report : AuditReport
        The audit report on the held-out rows.
    """

    student: Any
    report: AuditReport

    @property
    def is_linear(self) -> bool:
        """Whether the student has coefficients."""
        return hasattr(self.student, "coef_")

    @property
    def scores(self) -> dict[str, Any]:
        """The fidelity report inside the audit report, as `FidelityReport.to_dict` gives it."""
        fidelity = self.report.to_dict()["fidelity"]
        return {key: fidelity[key] for key in fidelity if key not in ("is_computed", "reason")}


def describe(console: Console, problem: Problem, split: Split, settings: Settings) -> None:
    """Print what will be learned, from which rows, by which models.

    Parameters
    ----------
    console : rich.console.Console
        Where to write.

    problem : Problem
        The table and its target.

    split : Split
        The rows held out.

    settings : Settings
        How to teach.
    """
    n_rows, n_columns = problem.X.shape
    missing = int(problem.X.isna().sum().sum())
    size = f"{problem.source}: {n_rows} rows, {n_columns} columns to learn from"
    facts = {
        "interpkd": __version__,
        "Table": size + (f", {missing} values missing" if missing else ", no values missing"),
        "Target": f"{problem.target}: {problem.task} ({problem.reason}{_class_sizes(problem)})",
        "Held out": split.sentence,
        "Teacher": f"{settings.teacher}; the student learns from its answers out of {FOLDS} folds",
        "Student": f"{settings.student} of at most {settings.max_leaf_nodes} leaves, each of at "
        f"least {settings.min_samples_leaf} rows"
        if settings.student == "tree"
        else f"{settings.student}, one coefficient per number and per category",
    }
    show_facts(console, facts)
    console.print()


def teach(problem: Problem, split: Split, settings: Settings, stages: Stages) -> Result:
    """Fit both models and question them on the held-out rows.

    Parameters
    ----------
    problem : Problem
        The table and its target.

    split : Split
        The rows to learn from and the rows held out.

    settings : Settings
        How to teach.

    stages : Stages
        Where to say what is being done.

    Returns
    -------
    result : Result
        The student and the report.
    """
    teacher = make_teacher(
        settings.teacher, task=problem.task, device=settings.device, random_state=settings.seed
    )
    student = STUDENTS[settings.student, problem.task](
        teacher,
        alpha=settings.alpha,
        temperature=settings.temperature,
        cv=FOLDS,
        random_state=settings.seed,
        **settings.size(),
    )
    stages.begin(f"Fitting the teacher ({FOLDS} folds and all rows) and the student")
    student.fit(split.X_train, split.y_train)
    report = audit_report(
        student,
        split.X_test,
        split.y_test,
        background=split.X_train,
        fields={"data_source": problem.source},
        split=split.facts,
        random_state=settings.seed,
        progress=stages.begin,
    )
    return Result(student, report)


def write(result: Result, folder: Path) -> None:
    """Write all files of a run.

    Parameters
    ----------
    result : Result
        What came out of the run.

    folder : Path
        An empty folder.
    """
    result.report.to_html(folder / "report.html")
    result.report.to_json(folder / "report.json")
    result.report.to_markdown(folder / "report.md")
    if result.is_linear:
        _coefficient_frame(result).to_csv(folder / "coefficients.csv", index=False)
    else:
        (folder / "rules.txt").write_text(to_rules(result.student), encoding="utf-8")
        to_rules(result.student, format="frame").to_csv(folder / "rules.csv", index=False)
    metrics = json.dumps(result.scores, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / "metrics.json").write_text(metrics + "\n", encoding="utf-8")


def show(console: Console, result: Result, out: Path) -> None:
    """Print the student, its scores and the paths; the HTML report comes last.

    Parameters
    ----------
    console : rich.console.Console
        Where to write.

    result : Result
        What came out of the run.

    out : Path
        The folder of results.
    """
    scores = result.scores
    against = scores["performance"]
    interval = f"{100 * scores['confidence']:g} % interval"
    console.print()
    if result.is_linear:
        data = result.report.to_dict()["student"]
        show_coefficients(console, coefficient_list(result.student), data["scores"])
    else:
        show_rules(console, rule_list(result.student))
    console.print()
    show_scores(
        console,
        f"Fidelity: the student against its teacher, {scores['n_rows']} held-out rows",
        {f"estimate ({interval})": {SCORES[key]: scores[key] for key in SCORES if key in scores}},
    )
    console.print()
    show_scores(
        console,
        f"Performance: both models against the target, the same rows ({interval}s)",
        {who: {SCORES[key]: score for key, score in against[who].items()} for who in against},
    )
    console.print()
    files = LINEAR_FILES if result.is_linear else FILES
    names = [name for name in files if name != "report.html"]
    show_paths(console, out, [*names, "report.html"])


def _coefficient_frame(result: Result) -> Any:
    """Give intercepts and coefficients as a table, one row each."""
    import pandas as pd

    data = result.report.to_dict()["student"]
    rows = [["intercept", "", "", *data["intercepts"]]]
    rows += [
        [one["column"], one["kind"], "" if one["category"] is None else one["category"]]
        + one["values"]
        for one in data["coefficients"]
    ]
    return pd.DataFrame(rows, columns=["column", "kind", "category", *data["scores"]])


def _class_sizes(problem: Problem) -> str:
    """Name a handful of classes with their rows."""
    labels, counts = np.unique(problem.y, return_counts=True)
    if problem.task != "classification" or len(labels) > MAX_CLASSES_SHOWN:
        return ""
    pairs = zip(labels.tolist(), counts.tolist(), strict=True)
    return "; " + ", ".join(f"{label}: {count} rows" for label, count in pairs)
