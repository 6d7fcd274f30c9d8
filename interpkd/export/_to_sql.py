"""A student as SQL: the table is scored where it lies."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from interpkd._files import write_atomically
from interpkd.exceptions import MissingExtraError
from interpkd.export._parity import checked
from interpkd.export._sql_engine import TYPES, SqlEngine
from interpkd.export._sql_order import read_order
from interpkd.export._sql_statement import write_statement
from interpkd.export._to_json import to_json

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from interpkd._typing import Table
    from interpkd.export._parity import Parity, ParityReport
    from interpkd.export._sql_order import Order


def to_sql(
    student: Any,
    *,
    table: str | Sequence[str],
    dialect: str = "duckdb",
    columns: str | Sequence[str] = "prediction",
    keep: str | Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    cutoff: float | None = None,
    n_reasons: int = 4,
    adverse_class: Any = None,
    reference: Mapping[str, float] | Table | None = None,
    dictionary: Mapping[str, str] | None = None,
    X: Table | None = None,
    parity: Parity = "auto",
    path: str | os.PathLike[str] | None = None,
) -> str:
    """Write a student as a SELECT that scores the rows of a table.

    The last column of floating numbers is the probability of ``classes_[1]``, called
    ``probability``; of a regression it is the ``prediction``. For more than two classes there is
    one column per class, ``probability_…``, in the order of ``classes_``.

    A tree is one flat ``CASE WHEN … AND … THEN`` with one branch per leaf, other students are one
    sum. NULL, NaN and categories that the student does not know are missing; where the student
    refuses missing values, all answers to such a row are NULL. Columns are cast to double
    precision, thresholds have full precision, and texts are compared exactly. The statement begins
    with SELECT after comments, and has no semicolon: it may stand in a view or in brackets.

    Parameters
    ----------
    student : fitted estimator
        A tree, a linear student or a scorecard, or what :func:`~interpkd.export.read_json` gave.

    table : str or sequence of str
        The table's name. A text is split at its dots, as in ``"schema.table"``; where a dot is
        part of a name, give the parts. Each part is quoted. It may be the name of a view, or of
        a common table expression that the user puts in front.

    dialect : str, default="duckdb"
        "duckdb", "sqlite", "postgres", "redshift", "snowflake", "bigquery", "tsql", "oracle",
        "mysql", "spark", "databricks", "clickhouse" or "trino".

    columns : str or sequence of str, default="prediction"
        What to answer beside probabilities: "prediction" (the class); of trees "leaf" (its number,
        as in :func:`~interpkd.export.to_json`) and "rule" (its text); of others "score" (points,
        log odds or margin), "points" of a scorecard or "terms" of a linear student by column, and
        "reasons". In this order they stand between the columns that are kept and the probability.

    keep : str or sequence of str, default=()
        Columns of the table that the answer begins with, such as a key. A SELECT has no order of
        rows, so answers without a key belong to nobody.

    names : mapping or None, default=None
        The student's columns to those of the table, where they differ. Names are quoted, and
        databases with capital names such as Oracle and Snowflake then mind the case.

    cutoff : float or None, default=None
        The second of two classes is the prediction where its probability exceeds this; None for
        what the student predicts.

    n_reasons : int, default=4
        Most reasons of a row: the columns ``reason_1``, ``reason_2`` and so on.

    adverse_class : object or None, default=None
        The class that reasons are given for. None for ``classes_[1]``; for a scorecard whose
        `good_class` was set, for the other one.

    reference : array-like, data frame, mapping or None, default=None
        The rows of the group that reasons compare with, or by column the mean of what it adds
        there. Needed for reasons, which are as in :func:`~interpkd.explanation.reasons`: the
        columns that speak for the adverse class more than in the group, the largest first. Every
        row has them, also one that is not declined.

    dictionary : mapping or None, default=None
        A column's name to the text or code of its reason; by default the name.

    X : array-like or data frame of shape (n_samples, n_features), default=None
        Rows that the statement is tried on, beside rows made to hurt.

    parity : {"auto", "require", "warn", "skip"}, default="auto"
        What to do about the check that SQL answers as the student. DuckDB and SQLite run the
        statement; of other dialects nothing is run, and the same statement in DuckDB is checked
        instead, which the header says. "auto" checks where DuckDB is installed, "require" needs
        the dialect's own engine, "warn" writes in spite of a failure.

    path : path-like or None, default=None
        A file to write as well.

    Returns
    -------
    sql : str
        The statement. Its comments say how it compares with the student.

    Raises
    ------
    InvalidInputError
        If a parameter breaks its rule, or the dialect cannot hold a name or text.

    ParityError
        If the statement does not answer as the student.

    MissingExtraError
        If `parity` is "require" and there is no engine.

    See Also
    --------
    interpkd.export.to_json : The numbers in the statement.
    interpkd.explanation.reasons : Reasons, with a check of what they claim.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from interpkd.export import to_sql
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> X = X.rename(columns={"petal width (cm)": "width"})
    >>> tree = DecisionTreeRegressor(max_depth=1, random_state=0).fit(X[["width"]], y)
    >>> print(to_sql(tree, table="flowers", keep="id", parity="skip"))
    -- A student, a tree, as SQL for DuckDB.
    -- Parity with the student was not checked. It was left out on demand.
    SELECT
      "kept_0" AS "id",
      CASE "leaf"
        WHEN 1 THEN 0.0e0
        WHEN 2 THEN 1.5e0
      END AS "prediction"
    FROM (
      SELECT
        "kept_0" AS "kept_0",
        CASE
          WHEN "width" <= 0.8000000417232512e0 THEN 1
          WHEN ("width" > 0.8000000417232512e0 OR "width" IS NULL) THEN 2
        END AS "leaf"
      FROM (
        SELECT
          "source"."id" AS "kept_0",
          NULLIF(CAST("source"."width" AS DOUBLE), CAST('NaN' AS DOUBLE)) AS "width"
        FROM "flowers" AS "source"
      ) AS "inner"
    ) AS "inner_"
    """
    sql, _ = make_sql(
        student,
        X=X,
        parity=parity,
        table=table,
        dialect=dialect,
        columns=columns,
        keep=keep,
        names=names,
        cutoff=cutoff,
        n_reasons=n_reasons,
        adverse_class=adverse_class,
        reference=reference,
        dictionary=dictionary,
    )
    if path is not None:
        write_atomically(path, sql)
    return sql


def make_sql(
    student: Any,
    *,
    X: Table | None = None,
    parity: Parity = "auto",
    table: str | Sequence[str] | None = None,
    dialect: str = "duckdb",
    columns: str | Sequence[str] = "prediction",
    keep: str | Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    cutoff: float | None = None,
    n_reasons: int = 4,
    adverse_class: Any = None,
    reference: Mapping[str, float] | Table | None = None,
    dictionary: Mapping[str, str] | None = None,
) -> tuple[str, ParityReport]:
    """Give the statement, and how it compares with the student."""
    data = to_json(student)

    def order_for(table: Any, dialect: str, keep: Any, names: Any) -> Order:
        return read_order(
            data,
            table=table,
            dialect=dialect,
            keep=keep,
            columns=columns,
            names=names,
            cutoff=cutoff,
            n_reasons=n_reasons,
            adverse_class=adverse_class,
            reference=reference,
            dictionary=dictionary,
        )

    def check(order: Order) -> tuple[str, ParityReport]:
        return checked(
            student,
            data,
            export="sql",
            emit=lambda note: write_statement(data, order, note),
            engine=SqlEngine(data, order),
            X=X,
            parity=parity,
        )

    order = order_for(table, dialect, keep, names)
    if dialect in TYPES or parity == "skip":
        return check(order)
    title = order.dialect.title
    if parity == "require":
        msg = (
            f"There is no engine here that runs {title}, so parity cannot be required. With "
            "parity='auto' the same statement in DuckDB is checked."
        )
        raise MissingExtraError(msg)
    plain = {column["name"]: f"x{k}" for k, column in enumerate(data["columns"])}
    _, report = check(order_for("rows", "duckdb", (), plain))
    report = replace(
        report,
        engine=None,
        n_different_labels=None,
        largest_difference=None,
        passed=None,
        reason=f"No engine here runs {title}. The same statement in DuckDB: {report}",
    )
    return write_statement(data, order, str(report)), report
