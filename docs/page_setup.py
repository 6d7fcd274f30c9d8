"""What a reader of the documentation has before a page begins: tables, teachers, students.

Small, so that all pages run in a minute. Hidden blocks of the pages call these with `globals()`.
"""

import copy
import functools

__all__ = [
    "given_booster",
    "given_cancer",
    "given_loans",
    "given_loans_file",
    "given_network",
    "given_parquet",
    "given_results",
    "given_trained_model",
]

N_LOANS = 700


@functools.cache
def _loans():
    from sklearn.ensemble import RandomForestClassifier

    from interpkd import DistilledTreeClassifier, as_teacher
    from interpkd.datasets import make_credit
    from interpkd.teachers import TabularClassifier

    data = make_credit(N_LOANS, random_state=0)
    X, y = data.data, data.target
    half = N_LOANS // 2
    forest = RandomForestClassifier(15, min_samples_leaf=5, random_state=0)
    fitted = TabularClassifier(forest, categories="ordinal").fit(X[:half], y[:half])
    teacher = as_teacher(fitted)
    student = DistilledTreeClassifier(
        teacher, max_leaf_nodes=6, effort="greedy", augmentation=None, random_state=0
    ).fit(X[:half])
    found = {"X": X, "y": y, "teacher": teacher, "student": student, "fitted_model": fitted}
    return found | {
        "X_train": X[:half],
        "y_train": y[:half],
        "X_test": X[half:],
        "y_test": y[half:],
    }


def given_loans(names):
    """A table with categories and missing values, a frozen teacher of it, and a tree."""
    names.update(_loans(), student=copy.deepcopy(_loans()["student"]))  # pages fit it again


@functools.cache
def _cancer():
    from sklearn.datasets import load_breast_cancer
    from sklearn.ensemble import RandomForestClassifier

    from interpkd import DistilledTreeClassifier, as_teacher

    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X.columns = [name.replace(" ", "_") for name in X.columns]
    rows = {"X_train": X[::2], "y_train": y[::2], "X_test": X[1::2], "y_test": y[1::2]}
    forest = RandomForestClassifier(20, random_state=0).fit(rows["X_train"], rows["y_train"])
    teacher = as_teacher(forest)
    student = DistilledTreeClassifier(
        teacher, max_leaf_nodes=4, effort="greedy", augmentation=None, random_state=0
    ).fit(rows["X_train"])
    return rows | {"X": X, "y": y, "teacher": teacher, "student": student, "fitted_model": forest}


def given_cancer(names):
    """A table of numbers, a frozen forest of it, and a tree."""
    names.update(_cancer(), student=copy.deepcopy(_cancer()["student"]))


def given_booster(names):
    """An `xgboost.Booster` of two classes, and the table of numbers that it knows."""
    import xgboost

    given_cancer(names)
    rows = xgboost.DMatrix(names["X_train"], names["y_train"])
    names["booster"] = xgboost.train({"objective": "binary:logistic", "nthread": 1}, rows, 5)


def given_network(names):
    """A small network in torch, which gives logits, and scaled numbers."""
    import torch
    from sklearn.preprocessing import StandardScaler

    given_cancer(names)
    scaler = StandardScaler().set_output(transform="pandas").fit(names["X_train"])
    names["X_train"], names["X_test"] = (scaler.transform(names[k]) for k in ("X_train", "X_test"))
    torch.manual_seed(0)
    n_columns = names["X_train"].shape[1]
    module = torch.nn.Sequential(
        torch.nn.Linear(n_columns, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2)
    )
    inputs = torch.tensor(names["X_train"].to_numpy(), dtype=torch.float32)
    labels = torch.tensor(names["y_train"].to_numpy())
    optimizer = torch.optim.Adam(module.parameters(), 0.02)
    for _ in range(60):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(module(inputs), labels).backward()
        optimizer.step()
    names["module"] = module


def given_loans_file(n_rows=500):
    """`loans.csv` with the column `default`, and `march.csv` of later rows, in the folder."""
    from interpkd.datasets import make_credit

    for path, seed, n in (("loans.csv", 0, n_rows), ("march.csv", 3, n_rows // 2)):
        data = make_credit(n, random_state=seed)
        table = data.data.assign(default=data.target)
        table.insert(0, "id", range(1, n + 1))
        table.to_csv(path, index=False)


def given_results(names, folder="results"):
    """What `interpkd distill` leaves in a folder: the report, the student, the metrics."""
    from pathlib import Path

    from interpkd.audit import audit_report
    from interpkd.export import save

    given_loans(names)
    Path(folder).mkdir()
    report = audit_report(names["student"], names["X_test"], names["y_test"])
    report.to_json(f"{folder}/report.json")
    save(names["student"], f"{folder}/student.interpkd")


def given_trained_model(names):
    """A model of scikit-learn that was trained elsewhere, and rows that came later."""
    given_loans(names)
    names["trained_model"], names["X_recent"] = names["fitted_model"], names["X_test"]


def given_parquet(names):
    """Folders `loans` and `held_out` of Parquet files with the numbers of the booster's table."""
    from pathlib import Path

    import pyarrow.dataset as ds

    for folder, rows in (("loans", "train"), ("held_out", "test")):
        Path(folder).mkdir()
        table = names[f"X_{rows}"].assign(
            default=names[f"y_{rows}"], region=["north", "south"][rows == "test"]
        )
        table.iloc[::2].to_parquet(f"{folder}/a.parquet")
        table.iloc[1::2].to_parquet(f"{folder}/b.parquet")
    names["held_out"] = ds.dataset("held_out", format="parquet")
