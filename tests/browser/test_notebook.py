"""What a notebook shows, in a browser: on a phone, light and dark, without scripts or network."""

import numpy as np
import pandas as pd
import pytest

from interpkd import (
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    fidelity_report,
)

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Notebook</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>:root {{ color-scheme: light dark }} body {{ background: Canvas; color: CanvasText }}</style>
</head><body><main><h1>Notebook</h1>{}</main></body></html>"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    rng = np.random.default_rng(0)
    long = "a column with a name that is longer than any phone is wide, and then some more"
    X = pd.DataFrame({"age": rng.random(200), long: rng.choice(["<b>car</b>", "boat"], 200)})
    p = 0.2 + 0.6 * X["age"] * (X[long] == "boat")
    P = pd.DataFrame(np.column_stack([1 - p, p]), columns=["no", "yes"])
    kinds = (DistilledLogisticRegression, DistilledScorecardClassifier, DistilledTreeClassifier)
    students = [kind().fit(X, teacher_proba=P) for kind in kinds]
    shown = [one._repr_html_() for one in students]
    shown = [html[html.rindex("<style>") :] for html in shown]  # the diagram is scikit-learn's
    shown.append(fidelity_report(students[-1], X, teacher=P.to_numpy())._repr_html_())
    path = tmp_path_factory.mktemp("notebook") / "page.html"
    path.write_text(PAGE.format("".join(shown)), encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_fits_a_phone_and_tables_scroll(path, open_page, scheme):
    page = open_page(path, viewport={"width": 390, "height": 800}, color_scheme=scheme)
    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")
    wide = (
        "[...document.querySelectorAll('.ik-wide')].some(one => one.scrollWidth > one.clientWidth)"
    )
    assert page.evaluate(wide)
    assert page.locator(".interpkd-repr").count() == 4
    assert page.locator("text=<b>car</b>").count() > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_reads_well_for_everybody(path, open_page, axe, scheme):
    page = open_page(path, viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page.evaluate(axe)
    found = page.evaluate("axe.run()")["violations"]
    assert [one["id"] for one in found] == []
