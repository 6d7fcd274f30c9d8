"""The clinical table: scikit-learn's numbers under readable names."""

import numpy as np
from sklearn.datasets import load_breast_cancer

from interpkd.datasets import load_clinical


def test_numbers_are_those_of_scikit_learn():
    clinical, raw = load_clinical(), load_breast_cancer()
    np.testing.assert_array_equal(clinical.data.to_numpy(), raw.data)
    expected = [raw.target_names[code] for code in raw.target]
    assert clinical.target.tolist() == expected


def test_names_are_single_words_and_unique():
    clinical = load_clinical()
    names = list(clinical.data.columns)
    assert len(set(names)) == 30
    assert all(name.isidentifier() for name in names)
    assert {"mean_radius", "radius_standard_error", "worst_concave_points"} <= set(names)
    assert clinical.target.name == "diagnosis"
    assert all(type(label) is str for label in clinical.target)
    assert "scikit-learn" in clinical.description


def test_each_call_gives_a_table_of_its_own():
    mine = load_clinical()
    mine.data.loc[0, "mean_radius"] = -1.0
    assert load_clinical().data.iloc[0, 0] > 0
