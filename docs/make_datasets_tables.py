"""Regenerate the tables of docs/datasets.md: what is planted and found, and what can be fetched.

    python docs/make_datasets_tables.py

Needs the extra `fairness`. tests/datasets/test_page.py compares the page with what this gives.
"""

from pathlib import Path

from interpkd import DistilledTreeClassifier, as_teacher
from interpkd.audit import group_fairness
from interpkd.datasets import _openml_tables, make_claims, make_credit
from interpkd.fidelity import certify_monotonicity, worst_segment

PAGE = Path(__file__).parent / "datasets.md"
N_TRAIN = 1200


def student_of(loans, *, max_leaf_nodes=6, **params):
    """Distil the truth itself, on the first half of the loans."""
    teacher = as_teacher(loans.truth.predict_proba, classes=loans.truth.classes)
    params = {"effort": "greedy", "random_state": 0} | params
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=max_leaf_nodes, **params)
    return student.fit(loans.data[:N_TRAIN], loans.target[:N_TRAIN])


def segment_row():
    loans = make_credit(2 * N_TRAIN, segment_effect=3.0, random_state=0)
    found = worst_segment(student_of(loans), loans.data[N_TRAIN:], max_conditions=2)
    worst = found.segments[0]
    shown = (
        f"`worst_segment` names {worst.rule}: agreement {worst.inside.estimate:.2f} there, "
        f"{worst.rest.estimate:.2f} elsewhere"
    )
    return "`segment_effect=3.0`", "a tree of 6 leaves that grows greedily", shown


def directions_row():
    loans = make_credit(2 * N_TRAIN, segment_effect=3.0, random_state=0)
    directions = loans.truth.monotonic_cst
    found = []
    for signs in (None, directions):
        student = student_of(loans, max_leaf_nodes=16, monotonic_cst=signs)
        certificate = certify_monotonicity(student, X_ref=loans.data, columns=directions)
        found.append([one.status for one in certificate.student.values()])
    shown = (
        f"`certify_monotonicity` denies {found[0].count('violated')} of {len(directions)} "
        f"directions; with `monotonic_cst=truth.monotonic_cst` it proves "
        f"{found[1].count('proved')}"
    )
    return "`truth.monotonic_cst`", "a tree of 16 leaves", shown


def group_row():
    loans = make_credit(2 * N_TRAIN, group_effect=1.0, random_state=0)
    held_out = loans.data[N_TRAIN:]
    found = group_fairness(
        student_of(loans),
        held_out,
        loans.target[N_TRAIN:],
        groups=held_out[["group"]],
        adverse_class="default",
        reference={"group": "A"},
    )
    ratio = found.group(group="B").teacher["impact_ratio"]
    shown = (
        f"`group_fairness`: the impact ratio of B is {ratio.estimate:.2f} "
        f"[{ratio.low:.2f}, {ratio.high:.2f}]"
    )
    return "`group_effect=1.0`", "the truth itself", shown


def noise_row():
    policies = make_claims(20_000, random_state=0)
    left = policies.truth.noise_variance.mean() / policies.target.var()
    shown = f"the best R² that a model can have against `target` is {1 - left:.2f}"
    return "`make_claims`: `truth.noise_variance`", "20,000 policies", shown


def known_truths():
    rows = [segment_row(), directions_row(), group_row(), noise_row()]
    head = "| known | asked of | what is found |\n|---|---|---|"
    return "\n".join([head, *(f"| {' | '.join(row)} |" for row in rows)])


def public_tables():
    functions = {
        f"fetch_{name.lower()}": table
        for name, table in vars(_openml_tables).items()
        if isinstance(table, _openml_tables.OpenMLTable)
    }
    lines = [
        "| function | OpenML | rows, columns | target | groups | checksum | source, licence |",
        "|---|---|---|---|---|---|---|",
    ]
    for function, table in sorted(functions.items()):
        target = f"`{table.target_name}`"
        if table.positive:
            target += f", `{table.positive}`"
        cells = [
            f"{{func}}`~interpkd.datasets.{function}`",
            f"[{table.name}, {table.data_id}]({table.url})",
            f"{table.n_rows:,}, {len(table.columns)}",
            target,
            ", ".join(f"`{name}`" for name in table.protected) or "none",
            "first fetch" if table.sha256 is None else "published",
            f"{table.source}. Licence: {table.licence}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


SECTIONS = {"known truths": known_truths, "public tables": public_tables}


def with_tables(text):
    """Put the tables between their comments."""
    for name, make in SECTIONS.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, rest = text.split(begin)
        text = f"{before}{begin}\n\n{make()}\n\n{end}{rest.split(end)[1]}"
    return text


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
