"""Tables that more than one test file needs."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="session")
def mixed_table():
    """A table with numbers, categories, booleans and missing values, and what it says of rows."""
    rng = np.random.default_rng(0)
    n = 400
    age = rng.integers(18, 80, n).astype(float)
    amount = rng.lognormal(8, 1, n).round()
    purpose = rng.choice(["car", "tv", "house", "boat"], n, p=[0.4, 0.3, 0.2, 0.1])
    owner = rng.random(n) < 0.5
    logit = 0.04 * (age - 45) - 0.8 * (purpose == "boat") + 0.9 * (purpose == "tv") + owner
    label = np.where(logit + rng.logistic(size=n) > 0, "good", "bad")
    frame = pd.DataFrame({"age": age, "purpose": purpose, "amount": amount, "owner": owner})
    frame.loc[rng.random(n) < 0.1, "amount"] = np.nan
    frame.loc[rng.random(n) < 0.1, "purpose"] = None
    return frame, label
