"""The short table of the peers' benchmark in README.md, between two comments."""

from __future__ import annotations

import re
import textwrap

from benchmarks._peers_methods import OURS
from benchmarks._peers_runner import ANY_SIZE, KEY
from benchmarks._peers_tables import TREES, of_task, over_sets, paired, record, told

BEGIN, END = "<!-- benchmark: begin -->", "<!-- benchmark: end -->"
COLUMNS = {
    "agreement": ("classification", "agreement, points"),
    "kl": ("classification", "KL, nats (less is better)"),
    "decision_auc": ("classification", "decision AUC, points"),
    "r2": ("regression", "R2, points"),
}
CAPTION = """\
Fidelity on held-out rows: our tree less each peer's model of the same size ({leaves} leaves), for {teachers}
as teachers. The mean over data sets ({n_classes} with classes, {n_values} regressions; fewer where a peer cannot take
them; "fits" says on how many pairs a line rests, for slow peers ran on fewer) ± its 95 % interval over data sets (none of fewer than three), and on how many data sets our agreement with the teacher is better,
the same (within 0.1 points) or worse. The benchmarks page of the documentation shows each teacher, size and
data set; `python -m benchmarks.peers` measures them, and writes this table."""
TEACHERS = {"xgb": "boosted trees", "rf": "a forest", "mlp": "a network"}


def write_readme(results, path):
    """Replace what stands between the two comments."""
    text = path.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        message = f"{path} needs the lines {BEGIN} and {END}, each once"
        raise ValueError(message)
    block = f"{BEGIN}\n{short_table(results)}\n{END}"
    path.write_text(re.sub(f"{BEGIN}.*?{END}", lambda _: block, text, flags=re.DOTALL))


def short_table(results):
    """Give caption and table in Markdown: ours less each peer, all teachers and sizes pooled."""
    results = results.drop_duplicates(list(KEY), keep="last")
    results = results[(results["leaves"] != ANY_SIZE) & (results["status"] == "done")]
    titles = ["fits", *(title for _, title in COLUMNS.values())]
    lines = [_caption(results), ""]
    lines += ["| our tree against | " + " | ".join([*titles, "better / same / worse"]) + " |"]
    lines.append("|---" * (len(titles) + 2) + "|")
    for method in TREES:
        cells = _cells(results, method)
        if method not in {OURS, "constant"} and any(cells):
            lines.append(f"| {TREES[method]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _caption(results):
    text = CAPTION.format(
        leaves=_listed(str(n) for n in sorted(results["leaves"].unique())),
        teachers=_listed(TEACHERS.get(name, name) for name in results["teacher"].unique()),
        n_classes=of_task(results, "classification")["dataset"].nunique(),
        n_values=of_task(results, "regression")["dataset"].nunique(),
    )
    return textwrap.fill(text, 120)


def _listed(texts):
    *first, last = texts
    return f"{', '.join(first)} and {last}" if first else last


def _cells(results, method):
    cells, n_fits = [], {}
    for score, (task, _) in COLUMNS.items():
        pair = paired(of_task(results, task), OURS, method, score)
        n_fits[task] = max(len(pair), n_fits.get(task, 0))
        if pair.empty:
            cells.append("")
            continue
        by_set = pair.groupby("dataset").mean()
        cells.append(told(*over_sets(by_set["ours"] - by_set["its"]), score))
    if not any(cells):
        return []
    pair = paired(of_task(results, "classification"), OURS, method, "agreement")
    counted = record(pair, "agreement").replace("/", " / ") if len(pair) else ""
    return [str(sum(n_fits.values())), *cells, counted]
