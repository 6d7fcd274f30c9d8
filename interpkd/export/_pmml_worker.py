"""Run PMML on Java: a program of its own, which reads requests and prints answers, line by line.

A request is a JSON object with "pmml" (a document), "columns" (names) and "rows" (lists of values);
the answer has "columns" and "rows", or "error". The program ends when its input does, and Java
with it: nothing of either can keep the process that asks from ending.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import Any

JAVA_OPTIONS = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss8m"]
"""A small machine that starts at once; deep trees need the stack."""


def main() -> None:
    """Answer requests until there are no more."""
    pypmml = import_module("pypmml")
    pypmml.PMMLContext.getOrCreate(java_opts=JAVA_OPTIONS)
    loaded: tuple[str, Any] = ("", None)
    try:
        for line in sys.stdin:
            request = json.loads(line)
            try:
                if request["pmml"] != loaded[0]:
                    loaded = (request["pmml"], pypmml.Model.fromString(request["pmml"]))
                table = {"columns": request["columns"], "data": request["rows"]}
                # as a text: pypmml rounds the numbers of a data frame to ten digits
                found = json.loads(loaded[1].predict(json.dumps(table)))
                answer = {"columns": found["columns"], "rows": found["data"]}
            except Exception as error:  # told to the one who asks
                answer = {"error": f"{type(error).__name__}: {error}"}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
    finally:
        loaded = ("", None)
        pypmml.PMMLContext.shutdown()


if __name__ == "__main__":
    main()
