"""Draw the picture of README.md: a teacher, the tree that was distilled from it, its fidelity.

    python docs/make_picture.py

The models are those of README.md's quickstart, and every number is measured here. The picture has
a background of its own, because a page cannot tell an image whether it is light or dark.
"""

import sys
from html import escape
from pathlib import Path

from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split

from interpkd import DistilledTreeClassifier, fidelity_report
from interpkd.datasets import load_clinical
from interpkd.export import to_json

PATH = Path(__file__).parent / "_static" / "teacher_to_tree.svg"
WIDTH, LEFT, TOP, DOWN = 1000, 330, 84, 70
INK, SOFT, LINE, BLUE, AMBER = "#1c2733", "#5a6875", "#c9d1d9", "#2f6fb0", "#c26d0c"
STYLE = (
    "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
    f"font-size:13px;fill:{INK}}}.s{{fill:{SOFT};font-size:12px}}.b{{font-weight:600}}"
    ".h{font-weight:600;font-size:16px}.m{text-anchor:middle}"
)


def make_models():
    """Fit what the quickstart fits."""
    clinical = load_clinical()
    X, X_test, y, y_test = train_test_split(clinical.data, clinical.target, random_state=0)
    teacher = HistGradientBoostingClassifier(random_state=0)
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=4, random_state=0).fit(X, y)
    return student, fidelity_report(student, X_test, y_test), len(X), student.teacher_.n_iter_


def text(x, y, words, kind=""):
    return f'<text x="{x:g}" y="{y:g}" class="{kind}">{escape(words)}</text>'


def question(node, columns):
    """Give the question at a node, and the child to which yes leads: the shorter side."""
    name, column = node["column"], columns[node["column"]]
    if column["kind"] == "numeric":
        return f"{name} ≤ {node['threshold']:g}", "left"
    side = min(("left", "right"), key=lambda one: len(node[f"{one}_text"]))
    return node[f"{side}_text"].replace(" in {", " is ").replace("}", ""), side


def draw_tree(data):
    """Draw the nodes: questions in boxes, leaves with their probability."""
    nodes, columns = data["nodes"], {one["name"]: one for one in data["columns"]}
    n_leaves = sum("left" not in one for one in nodes)
    step = (WIDTH - LEFT - 20) / n_leaves
    places, leaves, out = {}, iter(range(n_leaves)), []

    def place(node, depth):
        one = nodes[node]
        if "left" not in one:
            x = LEFT + (next(leaves) + 0.5) * step
        else:
            first = question(one, columns)[1]
            order = ("left", "right") if first == "left" else ("right", "left")
            x = sum(place(one[side], depth + 1) for side in order) / 2
        places[node] = (x, TOP + DOWN * depth)
        return x

    place(0, 0)
    for one in nodes:
        x, y = places[one["node"]]
        if "left" not in one:
            out += leaf(one, x, y, nodes[0]["n_rows"], data["classes"])
            continue
        words, yes = question(one, columns)
        for side in ("left", "right"):
            a, b = places[one[side]]
            out.append(
                f'<path d="M{x:g} {y + 14:g}L{a:g} {b - 18:g}" stroke="{LINE}" fill="none"/>'
            )
            said = "yes" if side == yes else "no"
            out.append(text((x + a) / 2 + (-16 if a < x else 16), (y + b) / 2 + 1, said, "s m"))
        wide = 7.4 * len(words) + 18
        out.append(
            f'<rect x="{x - wide / 2:g}" y="{y - 15:g}" width="{wide:g}" height="28" rx="6" '
            f'fill="#fff" stroke="{SOFT}"/>'
        )
        out.append(text(x, y + 4, words, "m"))
    return out, max(y for _, y in places.values())


def leaf(one, x, y, n_all, classes):
    """Draw a leaf: decision, probability of the second class as a bar, share of the rows."""
    share, tone = one["answer"][1], AMBER if one["decision"] == classes[1] else BLUE
    return [
        f'<rect x="{x - 62:g}" y="{y - 20:g}" width="124" height="66" rx="6" fill="#f6f8fa" '
        f'stroke="{tone}" stroke-width="1.5"/>',
        text(x, y - 2, one["decision"], "b m"),
        f'<rect x="{x - 46:g}" y="{y + 5:g}" width="92" height="6" fill="{LINE}"/>',
        f'<rect x="{x - 46:g}" y="{y + 5:g}" width="{92 * share:.1f}" height="6" fill="{tone}"/>',
        text(x, y + 25, f"P({classes[1]}) {share:.2f}", "s m"),
        text(x, y + 40, f"{one['n_rows'] / n_all:.0%} of rows", "s m"),
    ]


def draw_teacher(n_trees, n_rows, auc):
    """Draw many small trees, too many to read."""
    glyph = "M0 -8L-7 2M0 -8L7 2M-7 2L-10 11M-7 2L-3 11M7 2L3 11M7 2L10 11"
    out = [
        f'<path d="{glyph}" transform="translate({38 + 22.5 * (k % 10):g} {92 + 25 * (k // 10)})" '
        f'stroke="{SOFT}" stroke-opacity=".75" fill="none"/>'
        for k in range(n_trees)
    ]
    return [
        text(26, 40, "The teacher", "h"),
        text(26, 60, f"{n_trees} boosted trees, {n_rows:,} training rows", "s"),
        *out,
        text(26, 122 + 25 * ((n_trees - 1) // 10), f"AUC {auc:.3f}, too large to read", "s"),
        f'<path d="M264 205H318M310 198L318 205L310 212" stroke="{INK}" stroke-width="1.6" '
        'fill="none"/>',
        text(291, 183, "out-of-fold", "s m"),
        text(291, 230, "probabilities", "s m"),
    ]


def draw_fidelity(report, y):
    """Draw the agreement with its interval, and say what the tree costs."""
    score = report.scores["agreement"]
    x, wide = LEFT + 20, 300
    a, b, c = (x + wide * end for end in (score.low, score.high, score.estimate))
    aucs = [report.performance[who]["auc"].estimate for who in ("student", "teacher")]
    return [
        text(
            x, y, f"Fidelity: it decides as the teacher on {score.estimate:.1%} of {score.n} "
            "held-out rows", "b",
        ),
        f'<path d="M{x} {y + 20}H{x + wide}" stroke="{LINE}" stroke-width="8"/>',
        f'<path d="M{a:.1f} {y + 20}H{b:.1f}" stroke="{BLUE}" stroke-width="8"/>',
        f'<path d="M{c:.1f} {y + 13}V{y + 27}" stroke="{INK}" stroke-width="2.5"/>',
        text(
            x + wide + 14, y + 24,
            f"{report.confidence:.0%} interval {score.low:.1%} to {score.high:.1%}", "s",
        ),
        text(
            x, y + 48,
            f"What it costs: AUC {aucs[0]:.3f} against the teacher's {aucs[1]:.3f} on the true "
            "outcomes", "s",
        ),
    ]  # fmt: skip


def make_picture():
    student, report, n_rows, n_trees = make_models()
    data = to_json(student)
    tree, lowest = draw_tree(data)
    low = lowest + 84
    auc = report.performance["teacher"]["auc"].estimate
    agreement = report.scores["agreement"].estimate
    parts = [
        *draw_teacher(n_trees, n_rows, auc),
        text(LEFT + 20, 40, "The student: one tree, read in full", "h"),
        *tree,
        *draw_fidelity(report, low),
    ]
    title = (
        f"A teacher of {n_trees} boosted trees is distilled into one tree of "
        f"{student.get_n_leaves()} leaves that decides as it does on {agreement:.1%} of held-out rows"
    )
    high = low + 68
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {high:g}" '
        f'width="{WIDTH}" height="{high:g}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title><style>{STYLE}</style>"
        f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{high - 1:g}" rx="10" fill="#fff" '
        f'stroke="{LINE}"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(make_picture(), encoding="utf-8")
    print(PATH, file=sys.stderr)  # noqa: T201
