"""The dialects of SQL that students are written in.

A table of facts, one entry per dialect, and nothing that knows students. Three things decide
whether a statement scores right, and no general translator of SQL minds them: literals that are
doubles and not decimals, columns that become doubles with NaN as NULL, and texts that are compared
exactly, by case, accent and trailing space. Names are those of sqlglot.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import replace

from interpkd.export._sql_dialect import Dialect

NAN_IS_EQUAL = "NULLIF({double}, CAST('NaN' AS DOUBLE))"
"""Where NaN is equal to itself."""

POSTGRES = Dialect(
    "postgres",
    "PostgreSQL",
    double="CAST({x} AS DOUBLE PRECISION)",
    text='CAST({x} AS TEXT) COLLATE "C"',
    numeric="NULLIF({double}, 'NaN'::FLOAT8)",
    boolean="CAST(CAST({x} AS INT) AS DOUBLE PRECISION)",
    number="'{x}'::FLOAT8",
    longest_name=63,
    name_unit="bytes",
    folds_case=False,
    underflow_fails=True,
    fence="OFFSET 0",
)

SPARK = Dialect(
    "spark",
    "Spark",
    double="CAST({x} AS DOUBLE)",
    text="CAST({x} AS STRING)",
    numeric=NAN_IS_EQUAL,
    quotes="``",
    in_name="``",
    apostrophe="\\'",
    has_backslash=True,
    substitutes=True,
)

LISTED = (
    Dialect(
        "duckdb",
        "DuckDB",
        double="CAST({x} AS DOUBLE)",
        text="CAST({x} AS VARCHAR)",
        numeric=NAN_IS_EQUAL,
    ),
    Dialect(
        "sqlite",
        "SQLite",
        double="CAST({x} AS REAL)",
        text="CAST({x} AS TEXT) COLLATE BINARY",
        # a text that is no number would be read as 0; as JSON it is an error
        numeric=(
            "CASE TYPEOF({x}) WHEN 'text' THEN CAST(JSON_EXTRACT({x}, '$') AS REAL) "
            "ELSE {double} END"
        ),
        is_number="TYPEOF({x}) <> 'text' AND ",
        truth=("0", "1"),
        n_parts=2,
        greatest="MAX",
        fence="LIMIT -1 OFFSET 0",
        fences_all=True,
    ),
    POSTGRES,
    replace(
        POSTGRES,
        name="redshift",
        title="Redshift",
        text="CAST({x} AS VARCHAR(65535)) || '|'",
        mark="|",
        longest_name=127,
        folds_case=True,
        has_backslash=True,
        fence="",
    ),
    Dialect(
        "snowflake",
        "Snowflake",
        double="CAST({x} AS DOUBLE)",
        text="CAST({x} AS VARCHAR)",
        numeric="NULLIF({double}, 'NaN'::DOUBLE)",
        boolean="CAST(CAST({x} AS INT) AS DOUBLE)",
        number="'{x}'::DOUBLE",
        longest_name=255,
        folds_case=False,
        has_backslash=True,
    ),
    Dialect(
        "bigquery",
        "BigQuery",
        double="CAST({x} AS FLOAT64)",
        text="CAST({x} AS STRING)",
        numeric="CASE WHEN IS_NAN({double}) THEN NULL ELSE {double} END",
        boolean="CAST(CAST({x} AS INT64) AS FLOAT64)",
        quotes="``",
        in_name=None,
        no_names='!"$()*,./;?@[\\]^`{}~\n\r\t',
        longest_name=300,
        apostrophe="\\'",
        has_backslash=True,
    ),
    Dialect(
        "tsql",
        "T-SQL of SQL Server 2022 and later",
        double="CAST({x} AS FLOAT(53))",
        text="CAST({x} AS NVARCHAR(4000)) COLLATE Latin1_General_100_BIN2 + N'|'",
        quotes="[]",
        in_name="]]",
        longest_name=128,
        n_parts=4,
        prefix="N",
        mark="|",
        truth=("0", "1"),
    ),
    Dialect(
        "oracle",
        "Oracle",
        double="CAST({x} AS BINARY_DOUBLE)",
        text="CAST({x} AS VARCHAR2(4000)) COLLATE BINARY",
        numeric="NANVL({double}, NULL)",
        number="CAST({e} AS BINARY_DOUBLE)",
        in_name=None,
        longest_name=128,
        name_unit="bytes",
        folds_case=False,
        n_parts=2,
        longest_text=4000,
        empty_is_null=True,
        truth=("0", "1"),
        alias=" ",
    ),
    Dialect(
        "mysql",
        "MySQL",
        double="CAST({x} AS DOUBLE)",
        text="CONVERT({x} USING utf8mb4) COLLATE utf8mb4_0900_bin",
        longest_name=64,
        last_sign="\uffff",
        n_parts=2,
        quotes="``",
        in_name="``",
        has_backslash=True,
    ),
    SPARK,
    replace(SPARK, name="databricks", title="Databricks", longest_name=255),
    Dialect(
        "clickhouse",
        "ClickHouse",
        double="CAST({x} AS Nullable(Float64))",
        text="CAST({x} AS Nullable(String))",
        numeric="CASE WHEN isNaN({double}) THEN NULL ELSE {double} END",
        quotes="``",
        in_name="\\`",
        folds_case=False,
        n_parts=2,
        has_backslash=True,
    ),
    Dialect(
        "trino",
        "Trino",
        double="CAST({x} AS DOUBLE)",
        text="CAST({x} AS VARCHAR)",
        numeric="CASE WHEN is_nan({double}) THEN NULL ELSE {double} END",
    ),
)

DIALECTS = {dialect.name: dialect for dialect in LISTED}
"""Every dialect by name."""
