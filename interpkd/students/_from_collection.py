"""Fitting a student to rows that are read part by part.

Two passes: the first says what the columns are and draws the sketch, the second asks the teacher and
writes the rows as the learner wants them. Then the learner sums over blocks of these. Rows that are
few are brought into memory and fitted there; the student of many is the one that would be fitted
there.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import validate_data

from interpkd._collections import (
    Chain,
    Store,
    available_bytes,
    in_memory,
    names_of,
    open_collection,
)
from interpkd._validation import class_positions
from interpkd.exceptions import InvalidInputError
from interpkd.learners import SKETCH_ROWS, Coder, use_threads
from interpkd.students._checks import check_labels
from interpkd.students._collection_dask_folds import (
    FoldTeachers,
    cross_fit_on_dask,
    fits_on_dask,
)
from interpkd.students._collection_folds import cross_fit_in_memory
from interpkd.students._collection_lesson import (
    Lesson,
    Lessons,
    code_places,
    given_answers,
    hear,
    move_codes,
    move_rows,
    teach_part,
)
from interpkd.students._collection_rows import (
    CollectionFacts,
    Description,
    describe_part,
    merge_facts,
)
from interpkd.students._collection_stages import Described, Stages
from interpkd.students._columns import read_monotonic_cst
from interpkd.students._given_scores import no_unfitted_teacher_beside_scores
from interpkd.students._progress import progress_of
from interpkd.students._state import example_rows
from interpkd.students._teaching import FROZEN, GIVEN, Teaching, frozen_classes
from interpkd.students._transfer import teacher_thresholds
from interpkd.teachers import is_frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd._collections import Collection
    from interpkd._typing import FloatArray

MANY_ROWS = SKETCH_ROWS
"""Rows up to which a fit is brought into memory: nothing of them would be taken from a sketch."""

MOST_SKETCHED = SKETCH_ROWS
"""Most different rows of a sketch."""

ROOM = 0.6
"""Share of the free memory that blocks may take; the learner wants some beside them."""

ORDER_BYTES = 8
"""Bytes a row that a growing tree keeps beside a block."""


def fit_from_collection(
    student: Any,
    X: Any,
    y: Any,
    *,
    sample_weight: Any,
    X_unlabeled: Any,
    teacher_proba: Any,
    checkpoint: Any,
    params: Mapping[str, Any],
) -> None:
    """Fit a student, and set its attributes.

    Parameters
    ----------
    student : estimator
        The student.

    X, y, sample_weight, X_unlabeled, teacher_proba, checkpoint
        As of :meth:`BaseDistilled.fit`, of a data set or a Dask collection.

    params : mapping
        Metadata, of which there may be none.

    Raises
    ------
    InvalidInputError
        If a parameter cannot hold on such rows, a column breaks its rule, or a checkpoint belongs to
        another fit.
    """
    _check_parameters(student, params, teacher_proba)
    labelled = open_collection(X, y, sample_weight, scores=teacher_proba)
    if not labelled.has_target:
        check_labels(student, X, None, True if labelled.has_scores else None)
    collection: Collection = labelled
    if X_unlabeled is not None:
        if labelled.has_scores and student.teacher is None:
            msg = "X_unlabeled needs a teacher that can be asked; teacher_proba covers X only."
            raise InvalidInputError(msg)
        collection = Chain(labelled, open_collection(X_unlabeled))
    if collection.n_rows is not None and collection.n_rows <= MANY_ROWS:
        _fit_in_memory(student, collection, labelled)
        return
    if not student._takes_blocks():  # noqa: SLF001
        msg = (
            f"{type(student).__name__} needs its rows in memory, and X is a data set or a Dask "
            f"collection of more than {MANY_ROWS:,} rows. Give some of them as a data frame."
        )
        raise InvalidInputError(msg)
    stages = Stages(checkpoint, student, collection)
    with use_threads(getattr(student, "n_jobs", None)):
        found = stages.described(MOST_SKETCHED) or _describe(student, collection, stages)
        if found.n_rows <= MANY_ROWS:
            _fit_in_memory(student, collection, labelled)
            return
        _fit_blocks(student, collection, labelled, found, stages)


def _check_parameters(student: Any, params: Mapping[str, Any], teacher_proba: Any) -> None:
    """Refuse what cannot hold on rows that are read part by part."""
    if params:
        msg = (
            f"Metadata such as {next(iter(params))!r} cannot be handed on where X is a data set or "
            "a Dask collection. Fit the teacher yourself and pass FrozenEstimator(teacher)."
        )
        raise InvalidInputError(msg)
    wrong = [
        (name, value)
        for name, value, plain in (
            ("augmentation", getattr(student, "augmentation", None), ("auto", None)),
            ("n_augmented", getattr(student, "n_augmented", 0), ("auto", 0)),
        )
        if value not in plain
    ]
    if wrong:
        name, value = wrong[0]
        msg = (
            f"The {name!r} parameter is {value!r}, and no rows are generated where X is a data set "
            "or a Dask collection: there are many real ones. Set augmentation=None."
        )
        raise InvalidInputError(msg)
    names = names_of(teacher_proba)
    if not all(isinstance(name, str) for name in names):
        msg = (
            "teacher_proba must be the name of a column of X, or names, where X is a data set. Put "
            "the scores into columns of it."
        )
        raise InvalidInputError(msg)


def _describe(student: Any, collection: Collection, stages: Stages) -> Described:
    """Read all rows once, to know the columns and the sketch."""
    wanted = Description(student._task, MOST_SKETCHED)  # noqa: SLF001
    facts = CollectionFacts(wanted)
    with progress_of("Reading the rows", getattr(student, "verbose", 0)) as progress:
        if hasattr(collection, "merged"):  # workers put together what their parts say
            facts = _described_by_workers(collection, wanted, progress)
        else:
            for n_done, part in enumerate(collection.map(describe_part, wanted), start=1):
                facts.add([part])
                if progress is not None:
                    progress(n_done, collection.n_parts)
    if facts.n_rows == 0:
        msg = "X holds no row."
        raise InvalidInputError(msg)
    if facts.n_counted == 0:
        msg = "sample_weight is 0 on every row; at least one row must count."
        raise InvalidInputError(msg)
    found = Described(
        facts.n_rows,
        facts.n_counted,
        facts.labels(),
        facts.are_weighted,
        facts.columns(),
        facts.sketch(),
    )
    stages.keep(found)
    return found


def _described_by_workers(collection: Any, wanted: Description, progress: Any) -> CollectionFacts:
    """Give the facts of all parts; read again where sizes differ so much that rows are lacking."""
    for n_parts in (collection.n_parts, None):
        asked = replace(wanted, n_parts=n_parts)
        together = collection.merged(describe_part, merge_facts, asked, progress=progress)
        facts = CollectionFacts(asked).add([together])
        if facts.n_counted == 0 or not facts.lacks_rows():
            break
    return facts


def _fit_in_memory(student: Any, collection: Collection, labelled: Collection) -> None:
    """Fit few rows as if they had come as a data frame."""
    if fits_on_dask(student.teacher) and not labelled.has_scores:
        kind = type(student.teacher).__name__
        msg = (
            f"A {kind} is for many rows, and X has at most {MANY_ROWS:,}: they are brought into "
            f"memory. Take {kind.removeprefix('Dask')} as the teacher."
        )
        raise InvalidInputError(msg)
    rows, lengths = in_memory(labelled)
    more = None
    if collection is not labelled:
        more = in_memory(collection.second)[0].X  # type: ignore[attr-defined]  # a chain
    scores = None
    if rows.scores is not None:
        classes = None
        if student._task == "classification":  # noqa: SLF001
            classes = (
                frozen_classes(student.teacher, "classification")
                if is_frozen(student.teacher)
                else None
                if rows.y is None
                else np.unique(rows.y)
            )
        scores = given_answers(rows.scores, labelled.score_names, classes, student._task)  # noqa: SLF001
    student.fit(
        rows.X, rows.y, sample_weight=rows.sample_weight, X_unlabeled=more, teacher_proba=scores
    )
    student.distillation_.update(
        engine=collection.engine,
        n_parts=len(lengths),
        n_passes=labelled.n_passes,
        n_sketch_rows=0,
        bytes_per_row=None,
    )


def _fit_blocks(
    student: Any,
    collection: Collection,
    labelled: Collection,
    found: Described,
    stages: Stages,
) -> None:
    """Fit many rows, as blocks of what a learner wants of them."""
    _note_features(student, collection)
    teaching, answers = _teaching(student, labelled, found)
    student.teacher_ = teaching.teacher
    if teaching.classes is not None:
        student.classes_ = teaching.classes
    candidates = teacher_thresholds(teaching, found.columns, is_named=collection.is_named)
    thresholds = student._block_thresholds(found.sketch, candidates)  # noqa: SLF001
    lesson = Lesson(
        _pupil(student),
        student._task,  # noqa: SLF001
        None
        if teaching.facts["source"] == GIVEN and teaching.teacher is None
        else teaching.teacher,
        answers,
        labelled.score_names,
        found.columns,
        None if thresholds is None else Coder(_plain_codes(thresholds, found)),
        labelled.n_parts,
        found.sketch.limit,
        MOST_SKETCHED,
        found.are_weighted,
    )
    with progress_of("Asking the teacher", getattr(student, "verbose", 0)) as progress:
        store = Store(_on_file(found, lesson), checkpoint=stages.folder, progress=progress)
        blocks, told = collection.keep(teach_part, lesson, store=store)
    try:
        heard = hear(told, lesson)
        del told
        if thresholds is not None:
            thresholds = student._block_thresholds(heard.sketch, candidates)  # noqa: SLF001
        blocks = _in_order(blocks, heard, thresholds)
        student.columns_ = heard.columns
        student.distillation_ = _facts(student, collection, teaching, heard)
        signs = read_monotonic_cst(
            student.monotonic_cst, heard.columns, student.teacher_, is_named=collection.is_named
        )
        coded = {} if thresholds is None else {"thresholds": thresholds}
        core = student._fit_blocks(blocks, heard.sketch, signs, **coded)  # noqa: SLF001
        student.student_ = student._plain_model(core, example_rows(heard.columns))  # noqa: SLF001
        student.distillation_["n_passes"] = collection.n_passes + getattr(blocks, "n_passes", 0)
    finally:
        blocks.close()


def _note_features(student: Any, collection: Collection) -> None:
    """Set the names and the number of the features, as scikit-learn does."""
    import pandas as pd

    names = collection.feature_names
    table = pd.DataFrame(columns=names) if collection.is_named else np.zeros((1, len(names)))
    validate_data(student, table, reset=True, skip_check_array=True)


def _teaching(
    student: Any, labelled: Collection, found: Described
) -> tuple[Teaching, dict[int, FloatArray] | FoldTeachers | None]:
    """Give the teacher, and its answers where they are not asked for part by part."""
    teacher, task, labels = student.teacher, student._task, found.labels  # noqa: SLF001
    none = np.empty(0)
    if labels is not None:
        labels = student._check_target(labels)  # noqa: SLF001
    if labelled.has_scores:
        no_unfitted_teacher_beside_scores(teacher)
        classes = None
        if task == "classification":
            classes = np.arange(max(len(labelled.score_names), 2)) if labels is None else labels
            classes = classes if teacher is None else frozen_classes(teacher, task)
        teaching = Teaching(teacher, none, classes, {"source": GIVEN})
    elif is_frozen(teacher):
        teaching = Teaching(teacher, none, frozen_classes(teacher, task), {"source": FROZEN})
    elif fits_on_dask(teacher):
        return cross_fit_on_dask(student, labelled, found)
    else:
        return cross_fit_in_memory(student, labelled, found)
    if labels is not None and teaching.classes is not None:
        class_positions(labels, teaching.classes)
    return teaching, None


def _pupil(student: Any) -> Any:
    """Give a copy of the student that turns answers into targets, and travels without a teacher."""
    pupil = copy.copy(student)
    pupil.teacher = None
    vars(pupil).pop("teacher_", None)
    return pupil


def _plain_codes(thresholds: Any, found: Described) -> list[Any]:
    """Let the code of a category be its position, until the categories are in order."""
    return [
        np.arange(len(column.categories) - 1) + 0.5 if column.kind == "category" else cuts
        for cuts, column in zip(thresholds, found.columns, strict=True)
    ]


def _on_file(found: Described, lesson: Lesson) -> frozenset[str]:
    """Choose which arrays go to files: rows as they are always, others where memory is short."""
    classes = getattr(lesson.student, "classes_", None)
    n_outputs = 1 if classes is None or len(classes) == 2 else len(classes)
    width = 0 if lesson.coder is None else len(found.columns)
    row = width + 4 * n_outputs + 8 * found.are_weighted + ORDER_BYTES
    if found.n_counted * row > ROOM * available_bytes():
        return frozenset({"Z", "codes", "targets", "weights"})
    return frozenset({"Z"})


def _in_order(blocks: Any, heard: Lessons, thresholds: Any) -> Any:
    """Write the categories in blocks by the order of the teacher's answers."""
    if all(place is None for place in heard.places):
        return blocks
    move, state = (
        (move_rows, heard.places)
        if thresholds is None
        else (move_codes, code_places(heard.places, thresholds))
    )
    if hasattr(blocks, "replaced"):
        return blocks.replaced(move, state)
    moved = blocks.derive(move, state)
    blocks.close()
    return moved


def _facts(
    student: Any, collection: Collection, teaching: Teaching, heard: Lessons
) -> dict[str, Any]:
    """Sum up how the student is taught, and at what cost."""
    counts = heard.counts
    return {
        **teaching.facts,
        "alpha": float(student.alpha),
        "temperature": float(student.temperature),
        "n_labeled": counts["n_counted"] - counts["n_unlabeled"],
        "n_unlabeled": counts["n_unlabeled"],
        "n_augmented": 0,
        "n_teacher_queries": teaching.facts.get("n_teacher_queries", 0) + counts["n_asked"],
        "n_teacher_calls": teaching.facts.get("n_teacher_calls", 0) + counts["n_calls"],
        "engine": collection.engine,
        "n_parts": collection.n_parts,
        "n_sketch_rows": len(heard.sketch),
        "bytes_per_row": counts["bytes_per_row"],
    }
