"""Log a student in MLflow: its file, its report, how faithful it is, and that MLflow answers alike.

Run it with a folder to work in: ``python log_with_mlflow.py runs``. MLflow notes the run in a SQLite
file there; its artefacts lie beside it.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split

from interpkd import DistilledTreeClassifier, audit_report
from interpkd.export import load, save

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "runs").resolve()
folder.mkdir(parents=True, exist_ok=True)

# a teacher, and a student of it
data = load_breast_cancer(as_frame=True)
names = pd.Series(data.target_names[data.target])
X_train, X_test, y_train, y_test = train_test_split(data.data, names, random_state=0)
forest = RandomForestClassifier(n_estimators=50, random_state=0).fit(X_train, y_train)
student = DistilledTreeClassifier(FrozenEstimator(forest), max_leaf_nodes=8, random_state=0)
student.fit(X_train, y_train)

# the student's file, which holds no teacher and no code, and the report
path = save(student, folder / "student.interpkd")
report = audit_report(student, X_test, y_test, background=X_train.iloc[::40])
html = report.to_html(folder / "report.html")
json = report.to_json(folder / "report.json")
fidelity = report.to_dict()["fidelity"]

# the run
mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
if mlflow.get_experiment_by_name("students") is None:
    mlflow.create_experiment("students", artifact_location=(folder / "artifacts").as_uri())
mlflow.set_experiment("students")
with mlflow.start_run() as run:
    teacher = load(path).teacher_reference_
    mlflow.set_tags({"teacher": teacher["type"], "teacher_sha256": teacher["sha256"]})
    mlflow.log_params({name: str(one) for name, one in load(path).get_params().items()})
    for name in ("agreement", "kl_divergence"):
        for part in ("estimate", "low", "high"):
            mlflow.log_metric(f"{name}_{part}", fidelity[name][part])
    for file in (path, html, json):
        mlflow.log_artifact(file)
    # "models from code": the script is logged as text, and the student as a file beside it
    logged = mlflow.pyfunc.log_model(
        name="student",
        python_model=str(Path(__file__).with_name("student_model.py")),
        artifacts={"student": str(path)},
        pip_requirements=["interpkd"],
    )

    # parity: what MLflow answers once it has read its own copy again
    served = mlflow.pyfunc.load_model(logged.model_uri).predict(X_test)
    own = student.predict_proba(X_test)
    difference = np.abs(served.iloc[:, 1:].to_numpy() - own).max()
    is_same = (served["prediction"].to_numpy() == student.predict(X_test)).all()
    mlflow.log_metrics({"parity_rows": len(X_test), "parity_largest_difference": difference})
    if difference > 0 or not is_same:
        message = f"MLflow answers differently: by {difference} at most."
        raise SystemExit(message)

stored = mlflow.get_run(run.info.run_id)
print(  # noqa: T201
    f"MLflow answers as the student does on {len(X_test)} rows; "
    f"agreement with the teacher {stored.data.metrics['agreement_estimate']:.3f}"
)
