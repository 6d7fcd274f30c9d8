"""Python: the module, in an interpreter of its own, answers as the student and refuses as it does."""

import decimal
import fractions
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeRegressor

from interpkd import DistilledLinearRegression
from interpkd.export import read_json, to_json, to_python
from interpkd.export._compared import compare
from interpkd.export._hurting_rows import hurting_rows
from interpkd.export._isolated import as_lists
from interpkd.export._parity import Answers
from interpkd.export._parity_rows import as_asked
from interpkd.export._to_python import emit_python, make_python


def load(module):
    names = {}
    exec(compile(module, "student.py", "exec"), names)  # noqa: S102  # what was just written
    return names


def row_answers(names, rows):
    table = as_lists(rows)
    listed = [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]
    predicted = np.empty(len(listed), dtype=object)
    predicted[:] = [names["predict"](row) for row in listed]
    if "predict_proba" not in names:
        return Answers(predicted.astype(float))
    return Answers(predicted, np.array([names["predict_proba"](row) for row in listed]))


@pytest.mark.parametrize("vectorised", [False, True])
def test_the_module_answers_as_the_student(exported, vectorised):
    student, _ = exported
    data = to_json(student)
    rows = hurting_rows(data)
    names = load(emit_python(data, vectorised=vectorised))
    if vectorised:
        proba = names["predict_proba"](rows) if "predict_proba" in names else None
        found = Answers(names["predict"](rows), proba)
    else:
        found = row_answers(names, rows)
    asked = as_asked(data, rows)
    wanted = Answers(
        student.predict(asked), None if data["classes"] is None else student.predict_proba(asked)
    )
    outcome = compare(data, rows, wanted, found, tolerance=1e-12, unit=2.0**-52)
    assert outcome.worst is None
    if data["kind"] == "tree":
        assert outcome.largest_difference == 0
    check_more(names, read_json(data), rows, asked, vectorised=vectorised)


def check_more(names, read, rows, asked, *, vectorised):
    """Leaves, points, scores and terms."""
    table = as_lists(rows.iloc[:40])
    listed = [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]

    def ask(name):
        if vectorised:
            return names[name](rows.iloc[:40])
        return [names[name](row) for row in listed]

    if read.kind == "tree":
        assert [*ask("leaf")] == read.apply(asked)[:40].tolist()
    if read.kind == "scorecard":
        assert [*ask("points")] == read.score_samples(asked)[:40].tolist()
    if hasattr(read, "decision_function") and read.kind != "scorecard":
        scores = read.decision_function(asked)[:40]
        np.testing.assert_allclose(np.array(ask("score")), scores, rtol=1e-12, atol=1e-12)
    if hasattr(read, "terms"):
        found, wanted = ask("terms"), read.terms(asked)[:40]
        for i, name in enumerate(rows.columns):
            if vectorised:
                own = found.get(name, np.zeros(40))
            else:
                own = np.array([one.get(name, 0.0) for one in found])
            np.testing.assert_allclose(
                own.reshape(wanted[:, i].shape), wanted[:, i], rtol=1e-12, atol=1e-12
            )


@pytest.mark.parametrize(
    ("name", "vectorised"),
    [("hostile, tree", False), ("logistic, multiclass", False), ("scorecard, binary", True)],
)
def test_it_runs_in_an_interpreter_of_its_own(student_of, name, vectorised):
    student, rows = student_of(name)
    module, report = make_python(student, X=rows, parity="require", vectorised=vectorised)
    assert report.passed
    assert report.n_given == len(rows)
    assert f"# {report}" in module
    assert module.isascii()
    assert re.search(r"Python 3\.\d+\.\d+", report.engine)
    imports = set(re.findall(r"^(?:import|from) (\w+)", module, re.MULTILINE))
    assert imports <= ({"numpy"} if vectorised else {"math", "bisect"})


def test_names_categories_and_notes_are_data(student_of):
    student, _ = student_of("hostile, tree")
    note = "x\"\"\"\nimport os\n'''\x0c\u2028\\"
    module = emit_python(to_json(student), note=note)
    assert module.isascii()
    assert "\nimport os" not in module
    assert "\x0c" not in module
    names = load(module)
    assert set(names["COLUMNS"]) == {column.name for column in student.columns_}
    assert [*names["CLASSES"]] == student.classes_.tolist()


def test_what_the_student_refuses_raises(student_of):
    student, rows = student_of("tree, binary")
    names = load(to_python(student, parity="skip"))
    [good] = rows.iloc[:1].astype(object).to_dict("records")
    cases = [
        ({"age": "40"}, "'age' holds numbers, and not '40'"),
        ({"age": 1e300}, "'age' holds 1e.300, which is infinite or too large"),
        ({"age": 10**400}, "infinite or too large"),
        ({"age": 3.4028235677973366e38}, "too large"),
        ({"age": 1j}, "holds numbers"),
        ({"purpose": 3}, "'purpose' holds texts, and not 3"),
        ({"purpose": ["tv"]}, "'purpose' holds categories, and not"),
        ({"owner": "yes"}, "'owner' holds numbers"),
    ]
    vectorised = load(to_python(student, parity="skip", vectorised=True))
    for change, message in cases:
        with pytest.raises(ValueError, match=message):
            names["predict"](good | change)
        table = {name: np.array([None], dtype=object) for name in good}
        for name, value in (good | change).items():
            table[name][0] = value
        with pytest.raises(ValueError, match=f"Column '{next(iter(change))}' holds"):
            vectorised["predict"](table)
    for score in (names, vectorised):
        with pytest.raises(ValueError, match="Column 'age' is lacking"):
            score["predict"]({name: [v] for name, v in good.items() if name != "age"})
    plain = DistilledLinearRegression().fit(np.arange(8.0)[:, None], teacher_proba=np.arange(8.0))
    with pytest.raises(ValueError, match="needs a value"):
        load(to_python(plain, parity="skip"))["predict"]({"x0": None})
    with pytest.raises(ValueError, match="needs values"):
        load(to_python(plain, parity="skip", vectorised=True))["predict"]({"x0": [None]})


def test_many_kinds_of_values_and_tables(student_of):
    student, rows = student_of("tree, multiclass")
    rows = rows.iloc[:50]
    names = load(to_python(student, parity="skip"))
    [row] = rows.iloc[:1].astype(object).to_dict("records")
    wanted = names["predict_proba"](row)
    others = {"age": np.float32(row["age"]), "rooms": np.int64(row["rooms"])}
    assert names["predict_proba"](row | others) == wanted
    assert names["predict_proba"](row | {"age": decimal.Decimal(str(row["age"]))}) == wanted
    missing = [names["predict_proba"](row | {"age": none}) for none in (None, np.nan, pd.NA)]
    assert missing[0] == missing[1] == missing[2]
    vectorised = load(to_python(student, parity="skip", vectorised=True))
    proba = student.predict_proba(rows)
    polars = pytest.importorskip("polars")
    objects = rows.astype(object).where(rows.notna(), None)
    plain = rows.assign(rooms=objects["rooms"].astype(float))
    tables = [rows, objects, {n: objects[n].tolist() for n in rows}, polars.from_pandas(plain)]
    for table in tables:
        np.testing.assert_array_equal(vectorised["predict_proba"](table), proba)
    assert vectorised["predict_proba"](rows.iloc[:0]).shape == (0, 3)


def test_trees_deeper_than_python_nests(tmp_path):
    X = np.arange(150.0)[:, None]
    # each split takes one row off: a chain
    tree = DecisionTreeRegressor(random_state=0).fit(X, 3.0 ** np.arange(150))
    assert tree.get_depth() > 120
    path = tmp_path / "student.py"
    module = to_python(tree, path, X=X, parity="require")
    assert path.read_text() == module
    assert max(len(line) - len(line.lstrip()) for line in path.read_text().splitlines()) < 120


ODD_NUMBERS = [
    0,
    True,
    -0.0,
    2**70 + 1,
    10**400,
    5e-324,
    1.7e308,
    np.inf,
    -np.inf,
    np.nan,
    None,
    "41",
    b"41",
    [41.0],
    1j,
    np.float32(0.1),
    np.float64(0.1),
    np.int64(3),
    np.array([3.0]),
    decimal.Decimal("0.1"),
    fractions.Fraction(1, 3),
    pd.NA,
    pd.NaT,
]


@pytest.mark.parametrize(
    "name", ["logistic, binary", "svm, binary", "linear, regression", "scorecard, binary"]
)
def test_the_short_way_answers_as_the_long_one(student_of, name):
    student, rows = student_of(name)
    quick, slow = (load(emit_python(to_json(student))) for _ in range(2))
    slow["_quick"] = lambda row: None
    good = rows.dropna().iloc[0].to_dict() | {"owner": True}
    assert quick["_quick"](good) is not None
    asked = [good | {column: odd} for column in good for odd in ODD_NUMBERS]
    asked += [good | {"age": np.inf, "income": -np.inf}, good | {"age": 1.7e308, "income": 1.7e308}]
    asked += [good | {"purpose": odd} for odd in ("balloon", ["car"], 3)]
    asked.append({key: value for key, value in good.items() if key != "income"})
    n_answered = 0
    for row in asked:
        try:
            wanted = slow["predict"](row)
        except ValueError as error:
            with pytest.raises(ValueError, match=re.escape(str(error))):
                quick["predict"](row)
        else:
            n_answered += 1
            if "predict_proba" not in slow:
                assert quick["predict"](row) == pytest.approx(wanted, rel=1e-12, nan_ok=True)
            else:
                assert quick["predict"](row) == wanted
                found, known = quick["predict_proba"](row), slow["predict_proba"](row)
                assert found == pytest.approx(known, abs=1e-12)
    assert n_answered > 30
