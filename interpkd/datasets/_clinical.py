"""A clinical table that ships with scikit-learn: nothing to download."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from sklearn.datasets import load_breast_cancer
from sklearn.utils import Bunch

DESCRIPTION = (
    "Breast masses, Wisconsin diagnostic data (Street, Wolberg and Mangasarian 1993), as bundled "
    "with scikit-learn: 569 masses, of which 212 malignant. Ten measures of the cell nuclei in a "
    "fine-needle aspirate, each as the mean over the nuclei (mean_…), its standard error "
    "(…_standard_error) and the mean of its three largest values (worst_…). No missing values."
)


def load_clinical() -> Bunch:
    """Load measures of breast masses with their diagnosis, malignant or benign.

    Returns
    -------
    bunch : Bunch
        data : pandas.DataFrame of shape (569, 30)
            The measures, all numeric.
        target : pandas.Series of shape (569,)
            The texts ``"benign"`` and ``"malignant"``, named ``"diagnosis"``.
        description : str
            What the rows and columns are, and where they come from.

    References
    ----------
    .. [1] W. N. Street, W. H. Wolberg and O. L. Mangasarian, "Nuclear feature extraction for
       breast tumor diagnosis", 1993.

    Examples
    --------
    >>> from interpkd.datasets import load_clinical
    >>> clinical = load_clinical()
    >>> print(clinical.data.shape, clinical.target.value_counts().to_dict())
    (569, 30) {'benign': 357, 'malignant': 212}
    """
    import pandas as pd

    raw = load_breast_cancer()
    data = pd.DataFrame(raw.data, columns=[_readable(name) for name in raw.feature_names])
    target = pd.Series([str(raw.target_names[code]) for code in raw.target], name="diagnosis")
    return Bunch(data=data, target=target, description=DESCRIPTION)


def _readable(name: str) -> str:
    """Turn "concavity error" into "concavity_standard_error": one word that says what it is."""
    return name.replace(" error", " standard error").replace(" ", "_")
