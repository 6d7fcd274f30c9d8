"""Making an audit report: every part of its data model, in the order of the document."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from interpkd.audit._agreement_tables import agreement_of_explanations
from interpkd.audit._attributions import attribute
from interpkd.audit._audit_report import AuditReport
from interpkd.audit._builtin_checks import BUILTIN_CHECKS
from interpkd.audit._certificate_evidence import certificate_evidence
from interpkd.audit._checks import check_checks
from interpkd.audit._collection_rows import bring_rows, bring_training_rows
from interpkd.audit._counterfactuals import check_frozen
from interpkd.audit._direction_price import check_constrained
from interpkd.audit._equality_evidence import equality_evidence
from interpkd.audit._fairness_evidence import fairness_of_groups
from interpkd.audit._floors import check_floors
from interpkd.audit._gate import judge
from interpkd.audit._inputs import (
    check_fields,
    check_seed,
    check_split,
    merge_labels,
    plain,
    read_inputs,
)
from interpkd.audit._interactive_panel import what_if
from interpkd.audit._limitations import limitations
from interpkd.audit._manifest import check_manifest_inputs, manifest, seal
from interpkd.audit._monitoring import monitoring_plan
from interpkd.audit._pictures import draw_pictures, left_out
from interpkd.audit._provenance import utc_now
from interpkd.audit._read_report import SCHEMA
from interpkd.audit._reason_sections import reasons_of_declines
from interpkd.audit._refit_evidence import refit_evidence
from interpkd.audit._render import to_json_text
from interpkd.audit._report_parts import student_as_document, student_in_full
from interpkd.audit._rule_sections import comparison
from interpkd.audit._section_evidence import section_evidence
from interpkd.audit._sections import data_summary, hashes, lineage
from interpkd.audit._segment_evidence import at_the_cutoff, worst_segments
from interpkd.audit._soundness import conceptual_soundness
from interpkd.audit._training_evidence import training_evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike

    from interpkd._typing import Table
    from interpkd.audit._checks import Check
    from interpkd.audit._stability_findings import Stability
    from interpkd.fidelity import Certificate, DistilOrNot, EqualityCertificate, Frontier


def audit_report(
    student: Any,
    X: Table,
    y: ArrayLike | None = None,
    *,
    teacher: Any = None,
    X_train: Table | None = None,
    y_train: ArrayLike | None = None,
    background: Table | None = None,
    groups: Any = None,
    group_reference: Any = None,
    segments: Any = None,
    sample_weight: ArrayLike | None = None,
    cutoff: float = 0.5,
    adverse_class: Any = None,
    dictionary: Mapping[str, str] | None = None,
    frozen_columns: Sequence[str] | None = None,
    alpha: float = 0.05,
    fields: Mapping[str, Any] | None = None,
    split: Mapping[str, Any] | None = None,
    frontier: Frontier | str | None = None,
    distil_or_not: DistilOrNot | str | None = None,
    stability: Stability | str | None = None,
    certificate: Certificate | str | None = None,
    equality: EqualityCertificate | str | None = None,
    constrained: Any = None,
    checks: Iterable[Check] | None = None,
    floors: Mapping[str, float] | None = None,
    monitoring: Mapping[str, Any] | None = None,
    random_state: int = 0,
    command: str | None = None,
    source: Mapping[str, Any] | None = None,
    progress: Callable[[str], Any] | None = None,
) -> AuditReport:
    """Gather what a reviewer needs to judge a student: the model itself and the evidence.

    The report holds identity, lineage, the evaluation rows, every rule, coefficient or bin with its
    points of the student, its fidelity to the teacher, the segment in which that is worst, the
    decisions at the cut-off, the performance of both against labels, SHAP explanations of both and
    how far they agree, reasons of adverse decisions,
    limitations, what later rows are to be compared with, and lines to sign. Checks read this
    evidence, and what they find stands first; no legal conclusion is drawn.

    Rows that are not in memory are given as a data set, and the target, weights, groups and segments
    as names of its columns. Fidelity and performance are then those of all rows, in one pass.
    Everything else is told of at most 10,000 rows, drawn by their content with `random_state`: the
    same ones in any order of the parts. The report says so, and of how many rows.

    Parameters
    ----------
    student : fitted estimator
        A student, or an estimator of scikit-learn with probabilities or predictions. Of one that
        is neither a tree nor linear nor a scorecard the report says that it has no rules, and shows the rest.

    X : array-like, data frame, pyarrow.dataset.Dataset, or Dask DataFrame
        Evaluation rows, shape (n_samples, n_features), best held out from the training of both
        models.

    y : array-like of shape (n_samples,), str or None, default=None
        True labels or values; without them the performance is stated as unknown. Of a data set the
        name of a column.

    teacher : fitted estimator, array-like or None, default=None
        The teacher; or its probabilities of shape (n_samples, n_classes) on `X` in the order of
        the student's classes, or its predictions of shape (n_samples,), and then it is not
        explained. None for the student's own `teacher_`.

    X_train : as `X`, or None, default=None
        The rows both models learned from: what the evaluation rows are compared with. The report
        says what it cannot show without them.

    y_train : array-like of shape (n_training,), str or None, default=None
        Labels or values of the training rows; of a data set the name of a column.

    background : array-like or data frame of shape (n_background, n_features), default=None
        Rows that the explanations compare with; of more than 100 a sample is drawn. None for a
        sample of `X_train`, and without that of `X`.

    groups : mapping, data frame, array-like of shape (n_samples,) or None, default=None
        Protected attributes: labels of rows by name, which need not be columns of `X`. Fidelity is
        reported for each value, and fairness as by :func:`interpkd.audit.group_fairness` (extra
        ``fairness``).

    group_reference : mapping, object or None, default=None
        The value of each attribute that the other groups are compared with. None for the group that
        the same model selects most often, of those with at least 2 % of the rows.

    segments : mapping, data frame, array-like of shape (n_samples,) or None, default=None
        Other labels of rows by name, reported likewise.

    sample_weight : array-like of shape (n_samples,) or None, default=None
        Row weights of the fidelity and performance scores.

    cutoff : float, default=0.5
        With two classes, both models decide for the second where its probability exceeds it.

    adverse_class : object or None, default=None
        Of two classes the one whose decisions are given reasons. None for the class that a
        scorecard's `good_class` is not, else for ``classes_[1]``, and the report says that it was
        assumed.

    dictionary : mapping or None, default=None
        A column's name to the sentence that states it as a reason, as
        :func:`interpkd.explanation.reasons` takes it.

    frozen_columns : sequence of str or None, default=None
        Columns that nobody can change, such as an age: they stay as they are in what would have to
        change for another decision, as do protected attributes of `groups` that are columns, and
        reasons that name them are counted.

    alpha : float, default=0.05
        One minus the confidence of the intervals.

    fields : mapping or None, default=None
        What only the user knows: "model_name", "version", "predecessor", "owner", "intended_use",
        "prohibited_uses", "materiality", "data_source", "period". Blank ones print
        "not provided".

    split : mapping or None, default=None
        How `X` was held out: any names to texts or numbers.

    frontier : Frontier, str or None, default=None
        What :func:`interpkd.fidelity.frontier` gave, or a text that says why it was left out. Without
        it, and without the next two, the report says how to get it: they take refits, which the
        report does not make.

    distil_or_not : DistilOrNot, str or None, default=None
        What :func:`interpkd.fidelity.distil_or_not` gave, or why it was left out.

    stability : Stability, str or None, default=None
        What :func:`interpkd.audit.stability` gave, or why it was left out.

    certificate : Certificate, str or None, default=None
        What :func:`interpkd.fidelity.certify` gave of the same two models, or why it was left out.
        Best with `X_train` as `X_ref` and rows of `X` as `X_eval`.

    equality : EqualityCertificate, str or None, default=None
        What :func:`interpkd.fidelity.certify_equality` gave of the same two models, or why it was
        left out.

    constrained : fitted estimator, str or None, default=None
        A student that was distilled under the declared directions (``monotonic_cst="teacher"``), or
        why there is none: the section on directions then measures what they cost.

    checks : iterable of Check or None, default=None
        The questions put to the evidence; their answers are the findings. None for
        :data:`interpkd.audit.BUILTIN_CHECKS`; add your own as ``(*BUILTIN_CHECKS, mine)``.

    floors : mapping or None, default=None
        What the checks hold the evidence against, by the names of :data:`interpkd.audit.FLOORS`, such as
        ``{"agreement": 0.95}``. Those left out keep their defaults, which are conventions.

    monitoring : mapping or None, default=None
        Thresholds of the monitoring plan in place of the usual ones: "psi_warning", "psi_alarm",
        "share_warning", "share_alarm", "fidelity_tolerance", "calibration_tolerance",
        "performance_tolerance"; and "how_often" and "responsible" as texts.

    random_state : int, default=0
        Seed of the samples that are explained and drawn.

    command : str or None, default=None
        The command that makes this report again, for its manifest.

    source : mapping or None, default=None
        Where `X` and `y` came from, as names to what JSON can hold: the command line notes here
        what :func:`verify` needs to hold the same rows out again.

    progress : callable or None, default=None
        Called with the name of each stage as it begins.

    Returns
    -------
    report : AuditReport
        Writes itself as HTML, Markdown and JSON.

    Raises
    ------
    InvalidInputError
        If a parameter breaks its rule; the message says which, and the remedy.

    See Also
    --------
    interpkd.fidelity.fidelity_report : The scores alone.
    interpkd.explanation.explain : The explanations alone.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from interpkd import DistilledTreeClassifier, as_teacher
    >>> from interpkd.audit import audit_report
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> forest = RandomForestClassifier(n_estimators=5, max_depth=3, random_state=0)
    >>> teacher = as_teacher(forest.fit(X[::2], y[::2]))
    >>> student = DistilledTreeClassifier(teacher, max_leaf_nodes=4).fit(X[::2])
    >>> report = audit_report(student, X[1::2], y[1::2], background=X[:40:2])
    >>> report
    <AuditReport of DistilledTreeClassifier: 4 rules, 284 evaluation rows>
    >>> report.to_dict()["identity"]["owner"] is None  # not provided
    True
    """
    begin = _ignore if progress is None else progress
    begin("Checking the inputs")
    questions = check_checks(BUILTIN_CHECKS if checks is None else checks)
    asked = check_floors(floors)
    identity, held_out, seed = check_fields(fields), check_split(split), check_seed(random_state)
    command, source = check_manifest_inputs(command, source)
    given = bring_rows(X, y, sample_weight, groups, segments, seed=seed)
    X, y, sample_weight = given.X, given.y, given.sample_weight
    X_train, y_train, of_training = bring_training_rows(X_train, y_train, seed=seed)
    labels, group_names = merge_labels(given.groups, given.segments)
    refits = refit_evidence(frontier=frontier, distil_or_not=distil_or_not, stability=stability)
    inputs = read_inputs(student, X, y, teacher, cutoff, X_train=X_train, y_train=y_train)
    if certificate is not None or equality is not None:
        begin("Reading the proofs")
    proved, same = certificate_evidence(certificate, inputs), equality_evidence(equality, inputs)
    check_constrained(constrained)
    frozen = check_frozen(frozen_columns, inputs, group_names)
    parameters = {
        "cutoff": plain(cutoff),
        "adverse_class": plain(adverse_class),
        "alpha": plain(alpha),
        "random_state": seed,
        "background": "given" if background is not None else None,
        "groups": group_names,
        "group_reference": {str(name): plain(one) for name, one in group_reference.items()}
        if hasattr(group_reference, "items")
        else plain(group_reference),
        "segments": [name for name in labels if name not in group_names],
        "is_weighted": sample_weight is not None,
        "checks": [one.code for one in questions],
        "floors": {name: plain(value) for name, value in asked.items()},
        "fields": identity,
        "split": held_out,
        "frozen_columns": None if frozen_columns is None else list(frozen_columns),
        "dictionary": None if dictionary is None else dict(dictionary),
        "monitoring": None if monitoring is None else dict(monitoring),
    }
    background = X_train if background is None else background
    begin("Measuring fidelity")
    fidelity = given.fidelity(inputs, teacher, segments=labels, cutoff=cutoff, alpha=alpha)
    begin("Searching for the worst segment")
    rows: dict[str, Any] = {"sample_weight": sample_weight, "cutoff": cutoff, "alpha": alpha}
    worst = worst_segments(inputs, random_state=seed, **rows)
    begin("Measuring fairness")
    fairness = fairness_of_groups(
        inputs,
        {name: labels[name] for name in group_names},
        adverse_class=adverse_class,
        reference=group_reference,
        sample_weight=sample_weight,
        alpha=alpha,
        random_state=seed,
    )
    begin("Explaining both models")
    attributions = attribute(inputs, background, random_state=seed)
    begin("Giving reasons")
    declines, compared = reasons_of_declines(
        inputs,
        background,
        adverse_class=adverse_class,
        dictionary=dictionary,
        random_state=seed,
    )
    begin("Noting what later rows are compared with")
    plan = monitoring_plan(inputs, fidelity, monitoring, sample_weight)
    begin("Writing the sections")
    model = student_as_document(student)
    data: dict[str, Any] = {
        "schema": dict(SCHEMA),
        "created_utc": utc_now(),
        "task": fidelity["task"],
        "classes": fidelity["classes"],
        "identity": identity,
        "lineage": lineage(inputs, random_state=seed),
        "hashes": hashes(inputs),
        "data": {
            **data_summary(inputs, held_out, is_weighted=sample_weight is not None),
            "sample": given.sample,
            "training_sample": of_training,
        },
        "training": training_evidence(inputs),
        "student": student_in_full(inputs, labels),
        **model,
        "what_if": what_if(inputs, model["model"], background, declines, random_state=seed),
        "fidelity": fidelity,
        "worst_segments": worst,
        "cutoff": at_the_cutoff(inputs, **rows),
        "group_names": group_names,
        "fairness": fairness,
        "comparison": comparison(inputs),
        "explanation": attributions.facts,
        "explanation_agreement": agreement_of_explanations(attributions, labels, alpha=alpha),
        "reasons": declines,
        **refits,
        "certificate": proved,
        "equality": same,
        "monitoring": plan,
    }
    begin("Testing both models")
    data |= section_evidence(
        inputs,
        declines,
        compared,
        frozen,
        data["explanation"]["columns"],
        constrained=constrained,
        cutoff=cutoff,
        sample_weight=sample_weight,
        alpha=alpha,
        random_state=seed,
    )
    data["conceptual_soundness"] = conceptual_soundness(data)
    data["pictures_left_out"] = left_out(data)
    data["limitations"] = limitations(data)
    begin("Running the checks")
    data.update(judge(data, questions, asked))
    data["provenance"] = manifest(
        inputs,
        data,
        parameters=parameters,
        labels=labels,
        sample_weight=sample_weight,
        command=command,
        source=source,
    )
    # through JSON once: what is not JSON fails here, and the dict equals the file
    data = seal(json.loads(to_json_text(data)))
    begin("Drawing the pictures")
    return AuditReport(data, draw_pictures(inputs, attributions, data))


def _ignore(stage: str) -> None:
    """Take no notice of a stage."""
