"""One run: teacher, student, fidelity, audit report, and the files of all this."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd import __version__
from interpkd.audit import audit_report
from interpkd.cli._console import (
    Stages,
    show_coefficients,
    show_facts,
    show_paths,
    show_points,
    show_rules,
    show_scores,
)
from interpkd.cli._csv import write_csv
from interpkd.cli._folder import CARD_FILES, FILES, LINEAR_FILES
from interpkd.cli._problem import FOLDS
from interpkd.cli._source import run_facts
from interpkd.cli._student import OWN_OPTIONS
from interpkd.cli._teacher import TeacherChoice
from interpkd.export import coefficient_list, points_table, rule_list, to_rules
from interpkd.students import (
    DistilledLinearRegression,
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
)
from interpkd.teachers import load_teacher, make_teacher

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from interpkd._typing import FloatArray
    from interpkd.audit import AuditReport
    from interpkd.cli._problem import Problem, Split

STUDENTS = {
    ("tree", "classification"): DistilledTreeClassifier,
    ("tree", "regression"): DistilledTreeRegressor,
    ("logistic", "classification"): DistilledLogisticRegression,
    ("svm", "classification"): DistilledLinearSVC,
    ("scorecard", "classification"): DistilledScorecardClassifier,
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
    teacher : TeacherChoice
        Which teacher.

    scores : ndarray or None
        The teacher's scores on all rows of the table, where they are all there is of it.

    student : str
        The kind of student.

    max_leaf_nodes, min_samples_leaf : int
        Size of a tree.

    max_features, max_bins, pdo, base_score, base_odds, good_class
        Size and scale of a scorecard, as its parameters.

    adverse_class : label or None
        The class whose decisions need reasons; None for the report's own choice.

    monotonic : dict or None
        Columns with 1 or -1, as the students' `monotonic_cst`.

    alpha, temperature : float
        As the student's parameters.

    seed : int
        Seed of the split, of both models and of the report.
    """

    teacher: TeacherChoice = field(default_factory=TeacherChoice)
    scores: FloatArray | None = None
    student: str = "tree"
    max_leaf_nodes: int = 16
    min_samples_leaf: int = 5
    max_features: int | None = None
    max_bins: int = 16
    pdo: float = 20.0
    base_score: float = 600.0
    base_odds: float = 50.0
    good_class: Any = None
    adverse_class: Any = None
    monotonic: dict[str, int] | None = None
    alpha: float = 0.0
    temperature: float = 1.0
    seed: int = 0

    def own(self) -> dict[str, Any]:
        """Give the parameters that only this kind of student has; a linear one has none."""
        names = [name for name, kind in OWN_OPTIONS.items() if kind == self.student]
        return {name: getattr(self, name) for name in names}

    @property
    def sentence(self) -> str:
        """The student in words."""
        if self.student == "tree":
            return (
                f"tree of at most {self.max_leaf_nodes} leaves, each of at least "
                f"{self.min_samples_leaf} rows"
            )
        if self.student == "scorecard":
            most = "any number of" if self.max_features is None else f"at most {self.max_features}"
            return (
                f"scorecard of {most} columns in at most {self.max_bins} bins; {self.pdo:g} points "
                f"double the odds, which are {self.base_odds:g} at {self.base_score:g}"
            )
        return f"{self.student}, one coefficient per number and per category"


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
    def is_scorecard(self) -> bool:
        """Whether the student has points."""
        return hasattr(self.student, "card_")

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files of the run."""
        if self.is_scorecard:
            return CARD_FILES
        return LINEAR_FILES if self.is_linear else FILES

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
        "Teacher": settings.teacher.sentence(FOLDS),
        "Student": settings.sentence,
    }
    if settings.monotonic is not None:
        ways = {1: "increasing", -1: "decreasing"}
        listed = [f"{name} {ways[sign]}" for name, sign in settings.monotonic.items()]
        facts["Monotonic"] = ", ".join(listed)
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
    choice, scores = settings.teacher, settings.scores
    student = STUDENTS[settings.student, problem.task](
        None if scores is not None else _find_teacher(choice, problem, settings.seed),
        alpha=settings.alpha,
        temperature=settings.temperature,
        cv=FOLDS,
        random_state=settings.seed,
        monotonic_cst=settings.monotonic,
        **settings.own(),
    )
    stages.begin(choice.stage(FOLDS))
    known = None if scores is None else scores[split.train]
    student.fit(split.X_train, split.y_train, teacher_proba=known)
    report = audit_report(
        student,
        split.X_test,
        split.y_test,
        teacher=None if scores is None else scores[split.test],
        X_train=split.X_train,
        y_train=split.y_train,
        adverse_class=settings.adverse_class,
        fields={"data_source": problem.source},
        split=split.facts | _facts_of(choice),
        random_state=settings.seed,
        progress=stages.begin,
        **run_facts(),
    )
    return Result(student, report)


def _find_teacher(choice: TeacherChoice, problem: Problem, seed: int) -> Any:
    """Make the teacher that is to be trained, or read the one that is."""
    if choice.file is not None:
        return load_teacher(
            choice.file,
            classes=np.unique(problem.y) if problem.task == "classification" else None,
            from_logits=choice.from_logits,
            trusted=choice.trust,
            trust_pickle=choice.trust_pickle,
            device=None if choice.device == "auto" else choice.device,
        )
    return make_teacher(choice.kind, task=problem.task, device=choice.device, random_state=seed)


def _facts_of(choice: TeacherChoice) -> dict[str, str]:
    """Say of a teacher trained elsewhere what cannot be known of it here."""
    if choice.is_trained_here:
        return {}
    where = "its scores" if choice.file is None else choice.file.name
    return {
        "Teacher's training rows": f"not known ({where}): it may have seen rows that are held out"
    }


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
    result.report.to_model_card(folder / "model_card.md")
    if result.is_scorecard:
        write_csv(_points_frame(result), folder / "points.csv")
    elif result.is_linear:
        write_csv(_coefficient_frame(result), folder / "coefficients.csv")
    else:
        (folder / "rules.txt").write_text(to_rules(result.student), encoding="utf-8")
        write_csv(to_rules(result.student, format="frame"), folder / "rules.csv")
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
    if result.is_scorecard:
        show_points(console, points_table(result.student))
    elif result.is_linear:
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
    names = [name for name in result.files if name != "report.html"]
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


def _points_frame(result: Result) -> Any:
    """Give the bins as a table for a spreadsheet; several categories of a bin as JSON."""
    frame = points_table(result.student).to_frame()
    lists = [json.dumps(list(names), ensure_ascii=False) for names in frame["categories"]]
    frame["categories"] = ["" if text == "[]" else text for text in lists]
    return frame.rename(columns={"text": "bin"})


def _class_sizes(problem: Problem) -> str:
    """Name a handful of classes with their rows."""
    labels, counts = np.unique(problem.y, return_counts=True)
    if problem.task != "classification" or len(labels) > MAX_CLASSES_SHOWN:
        return ""
    pairs = zip(labels.tolist(), counts.tolist(), strict=True)
    return "; " + ", ".join(f"{label}: {count} rows" for label, count in pairs)
