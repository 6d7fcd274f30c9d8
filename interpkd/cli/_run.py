"""One run: teacher, student, refits, audit report, and the files of all this."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from interpkd.audit import audit_report
from interpkd.cli._certificate import certificate_of_run
from interpkd.cli._csv import write_csv
from interpkd.cli._problem import FOLDS
from interpkd.cli._refits import refit
from interpkd.cli._run_facts import run_facts
from interpkd.cli._stages import write_times
from interpkd.exceptions import InvalidInputError
from interpkd.export import points_table, save, to_rules
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

    from interpkd.audit import AuditReport
    from interpkd.cli._problem import Problem, Split
    from interpkd.cli._settings import Settings
    from interpkd.cli._stages import Stages
    from interpkd.cli._teacher import TeacherChoice

STUDENTS = {
    ("tree", "classification"): DistilledTreeClassifier,
    ("tree", "regression"): DistilledTreeRegressor,
    ("logistic", "classification"): DistilledLogisticRegression,
    ("svm", "classification"): DistilledLinearSVC,
    ("scorecard", "classification"): DistilledScorecardClassifier,
    ("linear", "regression"): DistilledLinearRegression,
}


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
    def is_linear(self) -> bool:
        """Whether the student has coefficients."""
        return hasattr(self.student, "coef_")

    @property
    def scores(self) -> dict[str, Any]:
        """The fidelity report inside the audit report, as `FidelityReport.to_dict` gives it."""
        fidelity = self.report.to_dict()["fidelity"]
        return {key: fidelity[key] for key in fidelity if key not in ("is_computed", "reason")}


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
    teacher = None if scores is not None else find_teacher(choice, problem, settings.seed)
    student = new_student(teacher, problem.task, settings)
    stages.begin(choice.stage(FOLDS))
    known = None if scores is None else scores[split.train]
    student.fit(split.X_train, split.y_train, teacher_proba=known)
    evidence, refitted = refit(student, split, known, settings, stages)
    certificate, certified = certificate_of_run(student, split, settings, stages)
    report = audit_report(
        student,
        split.X_test,
        split.y_test,
        teacher=None if scores is None else scores[split.test],
        X_train=split.X_train,
        y_train=split.y_train,
        cutoff=settings.cutoff,
        adverse_class=settings.adverse_class,
        fields={"data_source": problem.source} | settings.fields,
        split=split.facts | _facts_of(choice) | refitted | certified,
        random_state=settings.seed,
        progress=stages.begin,
        **run_facts(),
        **settings.labels.of(split.test),
        certificate=certificate,
        **evidence,
    )
    return Result(student, report)


def new_student(teacher: Any, task: str, settings: Settings, **more: Any) -> Any:
    """Make the student that the settings ask for.

    Parameters
    ----------
    teacher : estimator or None
        Its teacher.

    task : {"classification", "regression"}
        What it learns.

    settings : Settings
        Its kind and size.

    **more : object
        Further parameters.

    Returns
    -------
    student : estimator
        Not fitted.
    """
    return STUDENTS[settings.student, task](
        teacher,
        alpha=settings.alpha,
        temperature=settings.temperature,
        cv=FOLDS,
        random_state=settings.seed,
        monotonic_cst=settings.monotonic,
        **settings.own(),
        **more,
    )


def find_teacher(choice: TeacherChoice, problem: Problem, seed: int) -> Any:
    """Make the teacher that is to be trained, or read the one that is.

    Parameters
    ----------
    choice : TeacherChoice
        Which teacher.

    problem : Problem
        What is learned, and its classes.

    seed : int
        Of a teacher that is trained.

    Returns
    -------
    teacher : estimator
        Frozen where it comes from a file.
    """
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


def write(result: Result, folder: Path, stages: Stages) -> None:
    """Write all files of a run.

    Parameters
    ----------
    result : Result
        What came out of the run.

    folder : Path
        An empty folder.

    stages : Stages
        Where to say what is being done, and what knows the times.
    """
    stages.begin("Writing the files")
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
    _save_student(result, folder)
    metrics = json.dumps(result.scores, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / "metrics.json").write_text(metrics + "\n", encoding="utf-8")
    write_times(stages, folder / "times.json")


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


def _save_student(result: Result, folder: Path) -> None:
    """Write the student's file, or say why there is none: a run is not lost for one that is huge."""
    try:
        save(result.student, folder / "student.interpkd")
    except InvalidInputError as error:
        click.echo(f"student.interpkd is left out. {error}", err=True)


def _points_frame(result: Result) -> Any:
    """Give the bins as a table for a spreadsheet; several categories of a bin as JSON."""
    frame = points_table(result.student).to_frame()
    lists = [json.dumps(list(names), ensure_ascii=False) for names in frame["categories"]]
    frame["categories"] = ["" if text == "[]" else text for text in lists]
    return frame.rename(columns={"text": "bin"})
