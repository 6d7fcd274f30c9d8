"""The plan in a report's JSON, as far as the reading of later rows needs it."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from interpkd.cli._errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def read_plan(path: Path) -> dict[str, Any]:
    """Read the JSON of a report, as far as the reading of the table needs it."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        msg = f"{path.name} is no JSON; name the report.json of an audit report."
        raise DataError(msg) from error
    if not isinstance(data, dict) or not {"classes", "monitoring"} <= set(data):
        msg = f"{path.name} holds no monitoring plan; make it again with this version of interpkd."
        raise DataError(msg)
    return data


def text_columns(manifest: Mapping[str, Any]) -> list[str]:
    """Give the columns whose categories are texts, although a file may show numbers."""
    return [
        one["column"]
        for one in manifest["monitoring"]["columns"]
        if one["kind"] == "category"
        and all(isinstance(a["category"], str) for a in one["bins"] if a["kind"] == "category")
    ]
