"""SHAP values of a model that is asked about mixed rows: all coalitions, or permutations."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import class_probabilities, predictions
from interpkd._mixing import mixer
from interpkd.explanation._permutation import (
    Game,
    enumerate_coalitions,
    is_enumerable,
    sample_permutations,
)
from interpkd.explanation._rows import same_values

if TYPE_CHECKING:
    from interpkd._structure import Structure
    from interpkd._typing import FloatArray, Table


@dataclass(frozen=True)
class Setting:
    """Rows and background, as the user gave them and encoded for the student."""

    structure: Structure
    X: Table
    background: Table
    Z: FloatArray
    Z_background: FloatArray

    def ask(self, model: Any, rows: Table, source: str) -> FloatArray:
        """Ask a model, answers of shape (n_rows, n_outputs) in the student's order of classes."""
        if self.structure.classes is None:
            return predictions(model, rows, source=source)[:, None]
        return class_probabilities(model, rows, self.structure.classes, source=source)


@dataclass(frozen=True)
class Sampling:
    """How to sample permutations where values cannot be had exactly."""

    n_permutations: int
    seed: int


@dataclass(frozen=True)
class Values:
    """SHAP values of one model, one output per class (one for a regression)."""

    values: FloatArray
    base: FloatArray
    answers: FloatArray
    method: str
    error: FloatArray | None = None

    def miss(self) -> float:
        return float(np.abs(self.base + self.values.sum(axis=1) - self.answers).max())


def explain_by_asking(
    setting: Setting, model: Any, source: str, sampling: Sampling, why: str
) -> Values:
    """Ask a model about mixed rows: all coalitions where they are few, else sampled ones.

    Parameters
    ----------
    setting : Setting
        Rows and background.

    model : fitted estimator
        The model.

    source : str
        Its role, for errors.

    sampling : Sampling
        How to sample where values cannot be had exactly.

    why : str
        Why its values are not had without asking.

    Returns
    -------
    values : Values
        The values, and how they were computed.
    """
    n_columns = len(setting.structure.columns)
    mix = mixer({"background": setting.background, "X": setting.X})
    game = Game(
        lambda numbers: setting.ask(model, mix(numbers), source),
        same_values(setting.background, setting.X),
        len(setting.Z_background),
    )
    answers = setting.ask(model, setting.X, source)
    if is_enumerable(n_columns, sampling.n_permutations):
        values, base = enumerate_coalitions(game)
        return Values(values, base, answers, f"exact, all {2**n_columns} coalitions of columns")
    rng = np.random.default_rng(sampling.seed)
    values, base, error = sample_permutations(game, sampling.n_permutations, rng)
    method = (
        f"permutation sampling, {sampling.n_permutations} permutations per row in both directions, "
        f"seed {sampling.seed}, mean standard error {error.mean():.2g} (sampled because {why})"
    )
    return Values(values, base, answers, method, error)
