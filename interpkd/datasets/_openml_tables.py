"""The tables that can be fetched: which entry of OpenML each is, and what it must look like.

An entry with a given version does not change there. So a number of rows, the names of the columns
and the labels of the classes that are not as stated here mean that something else was fetched.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class OpenMLTable:
    """A table of OpenML.

    Attributes
    ----------
    name, data_id, version : str, int, int or None
        What it is called there, the number of the entry, and its version under that name; None
        where it was not established, and is not compared.

    n_rows : int
        Number of rows.

    columns : tuple of str
        The columns as they are called here, in the order of OpenML.

    target, target_name : str
        The column to predict, there and here.

    classes : mapping of str to str
        Labels there, and what they are called here; empty for a regression.

    positive : str or None
        The class that is of interest; None for a regression.

    protected : tuple of str
        Columns that say which group a person belongs to.

    codes : tuple of str
        Columns of numbers that stand for categories.

    openml_columns : tuple of str
        The columns as they are called there; empty for the same names.

    sha256 : str or None
        Checksum of the file as OpenML serves it, where several public records identify that file
        alike: by its MD5, and at least one of them by this.

    source, licence : str
        Where the rows come from, and the licence that is stated there.
    """

    name: str
    data_id: int
    version: int | None
    n_rows: int
    columns: tuple[str, ...]
    target: str
    target_name: str
    source: str
    licence: str
    classes: Mapping[str, str] = field(default_factory=dict)
    positive: str | None = None
    protected: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    openml_columns: tuple[str, ...] = ()
    sha256: str | None = None

    @property
    def names_there(self) -> tuple[str, ...]:
        """The columns as OpenML calls them."""
        return self.openml_columns or self.columns

    @property
    def title(self) -> str:
        """What the entry is, for people."""
        version = "" if self.version is None else f", version {self.version}"
        return f"OpenML {self.data_id}, {self.name!r}{version}"

    @property
    def url(self) -> str:
        """The page of the entry."""
        return f"https://www.openml.org/d/{self.data_id}"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


UCI = "CC BY 4.0 (as UCI states)"

GERMAN_CREDIT = OpenMLTable(
    name="credit-g",
    data_id=31,
    version=1,
    n_rows=1000,
    columns=_words(
        "checking_status duration credit_history purpose credit_amount savings_status employment "
        "installment_commitment personal_status other_parties residence_since property_magnitude "
        "age other_payment_plans housing existing_credits job num_dependents own_telephone "
        "foreign_worker"
    ),
    target="class",
    target_name="class",
    classes={"bad": "bad", "good": "good"},
    positive="bad",
    protected=("personal_status", "age", "foreign_worker"),
    sha256="768be84ef749110d5fcac109a6541f2df190e8c6987e1dc432c0a4f29d0642f5",
    source="H. Hofmann, Statlog (German Credit Data), UCI 1994, doi:10.24432/C5NC77",
    licence=UCI,
)

ADULT = OpenMLTable(
    name="adult",
    data_id=1590,
    version=2,
    n_rows=48_842,
    columns=_words(
        "age workclass fnlwgt education education-num marital-status occupation relationship race "
        "sex capital-gain capital-loss hours-per-week native-country"
    ),
    target="class",
    target_name="income",
    classes={"<=50K": "<=50K", ">50K": ">50K"},
    positive=">50K",
    protected=("sex", "race", "age"),
    source="B. Becker and R. Kohavi, Adult, UCI 1996, doi:10.24432/C5XW20",
    licence=UCI,
)

BANK_MARKETING = OpenMLTable(
    name="bank-marketing",
    data_id=1461,
    version=1,
    n_rows=45_211,
    columns=_words(
        "age job marital education default balance housing loan contact day month duration "
        "campaign pdays previous poutcome"
    ),
    openml_columns=tuple(f"V{i}" for i in range(1, 17)),
    target="Class",
    target_name="subscribed",
    classes={"1": "no", "2": "yes"},
    positive="yes",
    protected=("age", "marital"),
    source="S. Moro, P. Rita and P. Cortez, Bank Marketing, UCI 2014, doi:10.24432/C5K306",
    licence=UCI,
)

CREDIT_CARD_DEFAULT = OpenMLTable(
    name="default-of-credit-card-clients",
    data_id=42477,
    version=1,
    n_rows=30_000,
    columns=_words(
        "LIMIT_BAL SEX EDUCATION MARRIAGE AGE PAY_0 PAY_2 PAY_3 PAY_4 PAY_5 PAY_6 BILL_AMT1 "
        "BILL_AMT2 BILL_AMT3 BILL_AMT4 BILL_AMT5 BILL_AMT6 PAY_AMT1 PAY_AMT2 PAY_AMT3 PAY_AMT4 "
        "PAY_AMT5 PAY_AMT6"
    ),
    openml_columns=tuple(f"x{i}" for i in range(1, 24)),
    target="y",
    target_name="next_month",
    classes={"0": "paid", "1": "default"},
    positive="default",
    protected=("SEX", "AGE", "MARRIAGE", "EDUCATION"),
    codes=("SEX", "EDUCATION", "MARRIAGE"),
    source="I. Yeh, Default of Credit Card Clients, UCI 2009, doi:10.24432/C55S3H",
    licence=UCI,
)

SPAMBASE = OpenMLTable(
    name="spambase",
    data_id=44,
    version=1,
    n_rows=4601,
    columns=(
        *(
            f"word_freq_{word}"
            for word in _words(
                "make address all 3d our over remove internet order mail receive will people "
                "report addresses free business email you credit your font 000 money hp hpl "
                "george 650 lab labs telnet 857 data 415 85 technology 1999 parts pm direct cs "
                "meeting original project re edu table conference"
            )
        ),
        *(f"char_freq_%{code}" for code in _words("3B 28 5B 21 24 23")),
        *(f"capital_run_length_{what}" for what in _words("average longest total")),
    ),
    target="class",
    target_name="class",
    classes={"0": "mail", "1": "spam"},
    positive="spam",
    sha256="f0f6ccd8e8c6b1feeb09c0565ac691d7906cca5373959981512b9934ab4112a6",
    source="M. Hopkins, E. Reeber, G. Forman and J. Suermondt, Spambase, UCI 1999, "
    "doi:10.24432/C53G6X",
    licence=UCI,
)

PIMA_DIABETES = OpenMLTable(
    name="diabetes",
    data_id=37,
    version=1,
    n_rows=768,
    columns=_words("preg plas pres skin insu mass pedi age"),
    target="class",
    target_name="class",
    classes={"tested_negative": "tested_negative", "tested_positive": "tested_positive"},
    positive="tested_positive",
    protected=("age",),
    sha256="4eddd5b2b64679e8888348e306520a393d6a28e1ddc9643cfb76fc5d912d6d40",
    source='J. Smith et al., "Using the ADAP learning algorithm to forecast the onset of diabetes '
    'mellitus", 1988',
    licence="none known beyond OpenML's statement (UCI has withdrawn the table)",
)

BIKE_SHARING = OpenMLTable(
    name="Bike_Sharing_Demand",
    data_id=42713,
    version=None,
    n_rows=17_379,
    columns=_words(
        "season year month hour holiday weekday workingday weather temp feel_temp humidity "
        "windspeed"
    ),
    target="count",
    target_name="count",
    source="H. Fanaee-T, Bike Sharing, UCI 2013, doi:10.24432/C5W894",
    licence=UCI,
)

TABLES = (
    ADULT,
    BANK_MARKETING,
    BIKE_SHARING,
    CREDIT_CARD_DEFAULT,
    GERMAN_CREDIT,
    PIMA_DIABETES,
    SPAMBASE,
)
