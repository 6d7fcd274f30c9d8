"""The short table of the peers' benchmark in README.md, between two comments."""

from __future__ import annotations

import re

from benchmarks._peers_methods import OURS
from benchmarks._peers_runner import ANY_SIZE, KEY
from benchmarks._peers_tables import TREES, of_task, over_sets, paired, record, told

BEGIN, END = "<!-- benchmark: begin -->", "<!-- benchmark: end -->"
COLUMNS = {
    "agreement": ("classification", "agreement, points"),
    "kl": ("classification", "KL, nats"),
    "decision_auc": ("classification", "decision AUC, points"),
    "r2": ("regression", "R2, points"),
}


def write_readme(results, path):
    """Replace what stands between the two comments."""
    text = path.read_text()
    if BEGIN not in text or END not in text:
        message = f"{path} needs the lines {BEGIN} and {END}"
        raise ValueError(message)
    block = f"{BEGIN}\n{short_table(results)}\n{END}"
    path.write_text(re.sub(f"{BEGIN}.*?{END}", lambda _: block, text, flags=re.DOTALL))


def short_table(results):
    """Give the table in Markdown: ours less each peer, all teachers and numbers of leaves."""
    results = results.drop_duplicates(list(KEY), keep="last")
    results = results[results["leaves"] != ANY_SIZE]
    titles = [title for _, title in COLUMNS.values()]
    lines = ["| our tree against | " + " | ".join([*titles, "better / same / worse"]) + " |"]
    lines.append("|---" * (len(titles) + 2) + "|")
    for method in TREES:
        cells = _cells(results, method)
        if method != OURS and any(cells):
            lines.append(f"| {TREES[method]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cells(results, method):
    cells = []
    for score, (task, _) in COLUMNS.items():
        pair = paired(of_task(results, task), OURS, method, score)
        if pair.empty:
            cells.append("")
            continue
        by_set = pair.groupby("dataset").mean()
        cells.append(told(*over_sets(by_set["ours"] - by_set["its"]), score))
    pair = paired(of_task(results, "classification"), OURS, method, "agreement")
    return [*cells, record(pair, "agreement").replace("/", " / ") if len(pair) else ""]
