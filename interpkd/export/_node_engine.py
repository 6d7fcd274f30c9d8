"""What runs a student that was written as JavaScript: Node."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any

from interpkd.export._isolated import as_lists, ask_program

if TYPE_CHECKING:
    from interpkd.export._parity import Answers

DRIVER = """
const table = new Map(Object.entries(JSON.parse(require("fs").readFileSync(0, "utf8"))));
const length = [...table.values()][0].length;
const answers = [];
for (let i = 0; i < length; i += 1) {
  // not by assignment: a column may be called __proto__; by turns null and NaN
  const lost = i % 2 ? NaN : null;
  const cells = [...table].map(([name, values]) => [name, values[i] === null ? lost : values[i]]);
  answers.push(interpkdStudent.score(Object.fromEntries(cells)));
}
const isRegression = interpkdStudent.classes === null;
console.log(JSON.stringify([
  answers.map((one) => one.prediction),
  isRegression ? null : answers.map((one) => one.probabilities),
]));
"""


class NodeEngine:
    """Node, as browsers without a page."""

    name = "Node"
    tolerance = 1e-12
    in_single = False

    def version(self) -> str | None:
        """Give the version that is installed; None when there is none."""
        node = shutil.which("node")
        return None if node is None else _version(node)

    def install_line(self) -> str:
        """Say what installs it."""
        return "install Node.js 18 or later, so that the command node is found"

    def answers(self, artefact: str, rows: Any) -> Answers:
        """Answer rows."""
        files = {"student.js": artefact + DRIVER}
        return ask_program([shutil.which("node") or "node", "student.js"], files, as_lists(rows))


@cache
def _version(node: str) -> str | None:
    done = subprocess.run(  # noqa: S603  # a program that was found on the path
        [node, "--version"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip().lstrip("v") or None
