"""The search for the worst segment under simulation: false alarms, and what it finds.

    python -m benchmarks.coverage --families segments

Rows have six numbers and two categories (four and six levels). Decisions of student and teacher
differ by chance alone (false alarms), or more often in a planted segment of 5 % of the rows
(power). Every repeat draws new rows and runs `interpkd.fidelity.worst_segment` with its defaults;
the planted segment counts as recovered when a segment called worse shares at least half of its
rows with it, and half of the planted rows. Settings of the false alarms:

    plain       independent rows, exact test
    weighted    row weights between 0.2 and 5, unrelated or related to the disagreement
    clustered   groups of 1 to 20 rows that tend to agree or disagree together
    graded      differences of probabilities in place of decisions

A false alarm is any segment called worse at 5 %: a table without a worse segment should give one
in at most 5 of 100 repeats. In the related and clustered settings no segment is worse either.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
from scipy.special import ndtri
from scipy.stats import binomtest
from sklearn.base import BaseEstimator, ClassifierMixin

from benchmarks._printing import print_table
from interpkd.fidelity import worst_segment

KINDS = ("corner", "band")
BASE_RATES = (0.95, 0.9, 0.8)
DROP = 0.2
POWER_ROWS = (2000, 5000, 10_000)
N_NUMBERS = 6
LEVELS = {"region": 4, "product": 6}
BAND = (0.15, 0.281)  # 5 % of a standard normal
CUT = float(ndtri(0.8))  # with one of four regions, 5 % too


class _Given(ClassifierMixin, BaseEstimator):
    """A classifier whose answers are given."""

    def __init__(self, p):
        self.p = p
        self.classes_ = np.array([0, 1])

    def predict_proba(self, X):  # noqa: ARG002
        """Give the probabilities, whatever the rows."""
        return np.column_stack([1 - self.p, self.p])

    def __sklearn_is_fitted__(self):
        return True


# ---------------------------------------------------------------- rows
def make_rows(rng, n):
    """Draw the columns of a table."""
    X = {f"number_{i}": rng.standard_normal(n) for i in range(N_NUMBERS)}
    for name, levels in LEVELS.items():
        X[name] = np.array([*"abcdef"[:levels]], dtype=object)[rng.integers(levels, size=n)]
    return pd.DataFrame(X)


def planted_rows(X, kind):
    """Tell which rows are in the planted segment of 5 %."""
    number = X["number_0"].to_numpy()
    if kind == "band":
        return (number > BAND[0]) & (number <= BAND[1])
    return (number > CUT) & (X["region"] == "a").to_numpy()


def search(rng, X, differs, **options):
    """Run the search on decisions that differ where `differs` says so."""
    teacher = rng.random(len(X))
    student = np.where(differs, 1 - teacher, teacher)
    seed = int(rng.integers(2**31))
    proba = np.column_stack([1 - teacher, teacher])
    return worst_segment(_Given(student), X, teacher=proba, random_state=seed, **options)


# ---------------------------------------------------------------- false alarms
def no_worse_plain(rng, n, rate):
    """Independent rows that agree with one probability."""
    return {"differs": rng.random(n) >= rate}


def no_worse_weighted(rng, n, rate):
    """Weights unrelated to the disagreement."""
    weights = np.exp(rng.uniform(np.log(0.2), np.log(5), n))
    return {"differs": rng.random(n) >= rate, "sample_weight": weights}


def no_worse_related(rng, n, rate):
    """Heavy rows disagree more often: in every segment alike."""
    differs = rng.random(n) >= rate
    weights = np.exp(rng.uniform(np.log(0.2), np.log(5), n)) * np.where(differs, 2, 1)
    return {"differs": differs, "sample_weight": weights}


def no_worse_clustered(rng, n, rate):
    """Rows in groups of 1 to 20, each with a rate of its own around the common one."""
    groups = np.repeat(np.arange(n), rng.integers(1, 21, size=n))[:n]
    own = rng.beta(2 * rate, 2 * (1 - rate), size=groups[-1] + 1)
    return {"differs": rng.random(n) >= own[groups], "groups": groups}


FALSE_ALARMS = {
    "plain": (no_worse_plain, {}, (500, 2000)),
    "weighted": (no_worse_weighted, {}, (1000,)),
    "weighted, related": (no_worse_related, {}, (1000,)),
    "clustered": (no_worse_clustered, {}, (1000,)),
    "graded": (no_worse_plain, {"loss": "probability"}, (1000,)),
}
"""How rows are made, options of the search, and sizes of the tables."""


def false_alarm(setting, n, rate, seed):
    """Run one search on rows without a worse segment; tell whether one is called worse."""
    rng = np.random.default_rng([seed, n, round(100 * rate), len(setting)])
    make, options, _ = FALSE_ALARMS[setting]
    X, rows = make_rows(rng, n), make(rng, n, rate)
    if setting == "clustered":  # segments too lie in groups: two columns are the group's own
        own = {name: X[name].to_numpy()[rows["groups"]] for name in ("number_0", "region")}
        X = X.assign(**own)
    result = search(rng, X, **rows, **options)
    return any(one.is_worse for one in result.segments)


def _alarms(repeats, setting, rate=0.9):
    """Simulate the share of searches with a false alarm, for every size of one setting."""
    rows = []
    for n in FALSE_ALARMS[setting][2]:
        alarms = sum(false_alarm(setting, n, rate, seed) for seed in range(repeats))
        head = {"setting": setting, "n_rows": n, "rate": rate, "repeats": repeats}
        rows.append({**head, **_share("error", alarms, repeats)})
    return rows


# ---------------------------------------------------------------- power
def find_planted(kind, n, rate, seed):
    """Run one search with a planted segment; tell whether any is found, and whether that one."""
    rng = np.random.default_rng([seed, n, round(100 * rate), len(kind)])
    X = make_rows(rng, n)
    planted = planted_rows(X, kind)
    differs = rng.random(n) >= np.where(planted, rate - DROP, rate)
    worse = [one for one in search(rng, X, differs).segments if one.is_worse]
    shares = [one.holds(X) for one in worse]
    recovered = any(
        2 * (found & planted).sum() >= max(found.sum(), planted.sum()) for found in shares
    )
    return bool(worse), recovered


def _found(repeats, kind, rate, n):
    """Simulate how often a planted segment of 5 % of the rows is found, and that very one."""
    pairs = [find_planted(kind, n, rate, seed) for seed in range(repeats)]
    found, recovered = (sum(column) for column in zip(*pairs, strict=True))
    return {
        "planted": kind,
        "rate": rate,
        "n_rows": n,
        "repeats": repeats,
        **_share("found", found, repeats),
        **_share("recovered", recovered, repeats),
    }


def _share(name, n_true, repeats):
    interval = binomtest(n_true, repeats).proportion_ci(method="exact")
    low, high = ("low", "high") if name == "error" else (f"{name}_low", f"{name}_high")
    return {name: n_true / repeats, low: float(interval.low), high: float(interval.high)}


# ---------------------------------------------------------------- tables
def print_false_alarms(rows):
    """Print the family-wise error per setting."""
    table = [
        [row["setting"], row["n_rows"], f"{row['rate']:.2f}", row["repeats"],
         f"{100 * row['error']:.1f} %", f"{100 * row['low']:.1f} to {100 * row['high']:.1f}"]
        for row in rows
    ]  # fmt: skip
    header = ["no segment is worse", "rows", "agreement", "repeats", "false alarms", "95 %"]
    print_table("Family-wise error of the search at 5 %", header, table)


def print_power(rows):
    """Print how often the planted segment is found."""
    table = [
        [f"{row['planted']}, {row['rate']:.2f} and {row['rate'] - DROP:.2f}", row["n_rows"],
         row["repeats"], f"{100 * row['found']:.0f} %", f"{100 * row['recovered']:.0f} %"]
        for row in rows
    ]  # fmt: skip
    header = ["planted 5 %, agreement outside and inside", "rows", "repeats", "any", "that one"]
    print_table("Searches that call a segment worse", header, table)


def run(n_sets, n_jobs=1):
    """Print the false alarms of `n_sets` searches per setting, and what a tenth as many find."""
    with ProcessPoolExecutor(n_jobs) as pool:
        settings = [pool.submit(_alarms, n_sets, one) for one in FALSE_ALARMS]
        planted = [
            pool.submit(_found, max(1, n_sets // 10), kind, rate, n)
            for kind in KINDS
            for rate in BASE_RATES
            for n in POWER_ROWS
        ]
        alarms = [row for one in settings for row in one.result()]
        print_false_alarms(alarms)
        found = [one.result() for one in planted]
        print_power(found)
    return [*alarms, *found]
