"""The public tables that can be fetched, one function each.

What all have in common, and the facts of the table that are checked when it is read, are written
into the docstrings from one place.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, TypeVar

from interpkd.datasets import _openml_tables as tables
from interpkd.datasets._openml import fetch_table

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from sklearn.utils import Bunch

    Fetcher = TypeVar("Fetcher", bound=Callable[..., Bunch])

COMMON = """
Parameters
----------
data_home : path-like or None, default=None
    Folder of the cache. None for the environment variable ``SCIKIT_LEARN_DATA``, or else
    ``~/scikit_learn_data``: what scikit-learn's own `fetch_openml` has fetched is used.

n_retries : int, default=3
    How often the download is repeated after an error of the network.

delay : float, default=1.0
    Seconds before it is repeated.

Returns
-------
bunch : Bunch
    data : pandas.DataFrame of shape ({n_rows}, {n_columns})
        The columns; categories as pandas categories.
    target : pandas.Series of shape ({n_rows},)
        {target}
    frame : pandas.DataFrame
        Both in one table.
    positive_class : str or None
        {positive}
    protected : list of str
        Columns that say which group a person belongs to: {protected}.
    details : dict
        Identity on OpenML, source, licence, SHA-256 of the file, and what that was checked against.
    description, DESCR : str
        One line, and what OpenML says.

Raises
------
InvalidInputError
    If `n_retries` is not a whole number of at least 1, or `delay` not above 0.

FetchError
    If the table is not in the cache and cannot be fetched; the message says how to bring it to a
    machine without a network.

DamagedFileError
    If what was fetched, or is in the cache, is not this table.

StorageError
    If its checksum cannot be written to the cache.

Notes
-----
{title}. Licence: {licence}.
{checksum}

References
----------
.. [1] {source}.

Examples
--------
>>> from interpkd.datasets import {function}
>>> table = {function}()  # doctest: +SKIP
>>> table.data.shape  # doctest: +SKIP
({n_rows}, {n_columns})
"""
PUBLISHED = "The SHA-256 of the file is known beforehand: a file with any other is refused."
FIRST_FETCH = (
    "No checksum could be established beforehand: that of the first fetch is written down, and\n"
    "later reads are held against it."
)


def _described(table: tables.OpenMLTable) -> Callable[[Fetcher], Fetcher]:
    """Add to a docstring what all fetchers share, with the facts of this table."""
    labels = ", ".join(f'``"{label}"``' for label in table.classes.values())
    facts = {
        "n_rows": table.n_rows,
        "n_columns": len(table.columns),
        "target": f'{labels or "Numbers"}, named ``"{table.target_name}"``.',
        "positive": f'``"{table.positive}"``.' if table.positive else "None: a regression.",
        "protected": ", ".join(f"``{name}``" for name in table.protected) or "none",
        "title": table.title,
        "licence": table.licence,
        "source": table.source,
        "checksum": FIRST_FETCH if table.sha256 is None else PUBLISHED,
    }

    def describe(fetch: Fetcher) -> Fetcher:
        common = COMMON.format(function=fetch.__name__, **facts)
        if fetch.__doc__ is not None:  # not under `python -OO`
            # Python 3.13 has taken the indentation away already
            fetch.__doc__ = f"{inspect.cleandoc(fetch.__doc__)}\n{common}"
        return fetch

    return describe


@_described(tables.ADULT)
def fetch_adult(
    *,
    data_home: str | os.PathLike[str] | None = None,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Bunch:
    """Fetch the census table of 1994: who earned more than 50 000 dollars a year.

    ``fnlwgt`` is a weight of the census, and no fact about the person.
    """
    return fetch_table(tables.ADULT, data_home=data_home, n_retries=n_retries, delay=delay)


@_described(tables.BANK_MARKETING)
def fetch_bank_marketing(
    *,
    data_home: str | os.PathLike[str] | None = None,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Bunch:
    """Fetch calls of a Portuguese bank: who subscribed to a term deposit.

    Columns and labels have the names of the source, which OpenML calls ``V1`` to ``V16``, and 1 and
    2. The ``duration`` of a call is known only after it: leave it out of a model that is to decide
    whom to call.
    """
    return fetch_table(tables.BANK_MARKETING, data_home=data_home, n_retries=n_retries, delay=delay)


@_described(tables.BIKE_SHARING)
def fetch_bike_sharing(
    *,
    data_home: str | os.PathLike[str] | None = None,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Bunch:
    """Fetch hours of a bicycle rental in Washington: how many were rented, a regression.

    The rows are in the order of time, from January 2011 to December 2012.
    """
    return fetch_table(tables.BIKE_SHARING, data_home=data_home, n_retries=n_retries, delay=delay)


@_described(tables.CREDIT_CARD_DEFAULT)
def fetch_credit_card_default(
    *,
    data_home: str | os.PathLike[str] | None = None,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Bunch:
    """Fetch credit card clients in Taiwan in 2005: who did not pay the next month.

    Columns have the names of the source, which OpenML calls ``x1`` to ``x23``. ``SEX``,
    ``EDUCATION`` and ``MARRIAGE`` are categories that keep the source's codes, as text.
    """
    return fetch_table(
        tables.CREDIT_CARD_DEFAULT, data_home=data_home, n_retries=n_retries, delay=delay
    )


@_described(tables.GERMAN_CREDIT)
def fetch_german_credit(
    *,
    data_home: str | os.PathLike[str] | None = None,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Bunch:
    """Fetch the German credit table: applicants of the 1970s, good or bad risks.

    Bad risks were sampled more often than they occur, 300 of 1 000. ``personal_status`` mixes sex
    and marital status. The labels of several columns are known to be mistaken in this version (U.
    Grömping, "South German Credit Data: Correcting a Widely Used Data Set", 2019).
    """
    return fetch_table(tables.GERMAN_CREDIT, data_home=data_home, n_retries=n_retries, delay=delay)


@_described(tables.PIMA_DIABETES)
def fetch_pima_diabetes(
    *,
    data_home: str | os.PathLike[str] | None = None,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Bunch:
    """Fetch the diabetes table of Pima women of 21 years and more.

    Zeros of ``plas``, ``pres``, ``skin``, ``insu`` and ``mass`` stand for missing values.
    """
    return fetch_table(tables.PIMA_DIABETES, data_home=data_home, n_retries=n_retries, delay=delay)


@_described(tables.SPAMBASE)
def fetch_spambase(
    *,
    data_home: str | os.PathLike[str] | None = None,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Bunch:
    """Fetch word counts of electronic mail: which of it was spam.

    Rows are repeated: split them by content where that matters.
    """
    return fetch_table(tables.SPAMBASE, data_home=data_home, n_retries=n_retries, delay=delay)
