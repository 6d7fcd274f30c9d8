"""What MLflow serves: it reads a `.interpkd` file and asks the student in it. No pickle anywhere."""

import mlflow
import pandas as pd
from mlflow.pyfunc import PythonModel


class StudentModel(PythonModel):
    """A saved student as a model of MLflow."""

    def load_context(self, context):
        """Read the student once, when the model is loaded."""
        from interpkd.export import load

        self.student = load(context.artifacts["student"])

    def predict(self, context, model_input: pd.DataFrame, params=None) -> pd.DataFrame:  # noqa: ARG002
        """Give the decision, and of a classifier the probability of every class."""
        answers = pd.DataFrame({"prediction": self.student.predict(model_input)})
        if hasattr(self.student, "predict_proba"):
            proba = self.student.predict_proba(model_input)
            for label, column in zip(self.student.classes_, proba.T, strict=True):
                answers[f"probability of {label}"] = column
        return answers


mlflow.models.set_model(StudentModel())
