"""The parts of a student in plain Python that are the same for every student."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

READING = '''
def _value(row, name):
    """Give what a row holds in a column; None where it is missing."""
    try:
        value = row[name]
    except KeyError:
        raise ValueError(f"Column {name!r} is lacking.") from None
    # pandas has a missing value that equals nothing and compares to nothing
    return None if type(value).__name__ in ("NAType", "NaTType") else value


def _missing(name):
    """Give what stands for a missing value."""
    if not TAKES_MISSING:
        raise ValueError(f"Column {name!r} needs a value: the student does not know missing ones.")


def _number(row, name):
    """Give a number, NaN where it is missing."""
    try:
        value = row[name]
    except KeyError:
        raise ValueError(f"Column {name!r} is lacking.") from None
    if type(value) is not float:
        value = _convert(row, name)
    if -LARGEST <= value <= LARGEST:
        return value
    if value == value:
        raise ValueError(f"Column {name!r} holds {value!r}, which is infinite or too large.")
    _missing(name)
    return value


def _convert(row, name):
    """Give a float for a number of another type, and for nothing else."""
    value = _value(row, name)
    if value is None:
        return NAN
    if not isinstance(value, (str, bytes, bytearray)):
        try:
            return float(value)
        except OverflowError:
            return math.inf
        except (TypeError, ValueError):
            pass
    raise ValueError(f"Column {name!r} holds numbers, and not {value!r}.")


def _label(row, name, known):
    """Give a known category, None where it is missing or was never seen."""
    value = _value(row, name)
    if value is not None:
        try:
            if value in known:
                return value
        except TypeError:
            raise ValueError(f"Column {name!r} holds categories, and not {value!r}.") from None
        if value == value and not isinstance(value, str) and name in TEXTS:
            raise ValueError(f"Column {name!r} holds texts, and not {value!r}.")
    _missing(name)
    return None
'''
"""How a row is read: as the student does."""

TREE = '''
def predict_proba(row):
    """Give the probabilities of CLASSES, in their order."""
    return list(ANSWERS[leaf(row)])


def predict(row):
    """Give the class."""
    return DECISIONS[leaf(row)]
'''

TREE_REGRESSION = '''
def predict(row):
    """Give the prediction."""
    return ANSWERS[leaf(row)]
'''

TERMS = '''
def terms(row):
    """Give what each column adds."""
    added = {}
    for name, (per_unit, usual, missing) in NUMBERS.items():
        x = _number(row, name)
        added[name] = per_unit * x if x == x else per_unit * usual + missing
    for name, (labels, missing) in LABELS.items():
        label = _label(row, name, labels)
        added[name] = missing if label is None else labels[label]
    return added
'''

TERMS_OF_CLASSES = '''
def terms(row):
    """Give what each column adds to the score of each class."""
    added = {}
    for name, (per_unit, usual, missing) in NUMBERS.items():
        x = _number(row, name)
        is_missing = x != x
        x = usual if is_missing else x
        added[name] = [
            b * x + m if is_missing else b * x for b, m in zip(per_unit, missing, strict=True)
        ]
    for name, (labels, missing) in LABELS.items():
        label = _label(row, name, labels)
        added[name] = list(missing if label is None else labels[label])
    return added
'''

LINEAR = '''
def predict(row):
    """Give the prediction."""
    total = _quick(row)
    return sum(terms(row).values()) + INTERCEPT if total is None else total
'''

SIGMOID = """
def _sigmoid(x):
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    e = math.exp(x)
    return e / (1 + e)
"""

LOGISTIC = (
    SIGMOID
    + '''

def score(row):
    """Give the score: above 0 it decides for the second class."""
    total = _quick(row)
    return sum(terms(row).values()) + INTERCEPT if total is None else total


def predict_proba(row):
    """Give the probabilities of CLASSES, in their order."""
    positive = _sigmoid(SLOPE * score(row))
    return [1 - positive, positive]


def predict(row):
    """Give the class."""
    return CLASSES[1] if score(row) > 0 else CLASSES[0]
'''
)

SOFTMAX = '''
def score(row):
    """Give the score of each class: the highest decides, of equal ones the first."""
    return [sum(parts) for parts in zip(*terms(row).values(), INTERCEPT, strict=True)]


def predict_proba(row):
    """Give the probabilities of CLASSES, in their order."""
    margins = [SLOPE * one for one in score(row)]
    highest = max(margins)
    odds = [math.exp(one - highest) for one in margins]
    total = sum(odds)
    return [one / total for one in odds]


def predict(row):
    """Give the class."""
    scores = score(row)
    return CLASSES[scores.index(max(scores))]
'''

CARD = (
    SIGMOID
    + '''

def terms(row):
    """Give the points of each column of the card."""
    for name in NOT_IN_CARD_NUMBERS:
        _number(row, name)
    for name, known in NOT_IN_CARD_LABELS.items():
        _label(row, name, known)
    added = {}
    for name, (special, upper_ends, points, missing) in NUMBERS.items():
        x = _number(row, name)
        if x != x:
            added[name] = missing
        elif x in special:
            added[name] = special[x]
        else:  # an interval holds its upper end
            added[name] = points[bisect_left(upper_ends, x)]
    for name, (labels, missing) in LABELS.items():
        label = _label(row, name, labels)
        added[name] = missing if label is None else labels[label]
    return added


def points(row):
    """Give the score of the card."""
    total = _quick(row)
    return BASE_POINTS + sum(terms(row).values()) if total is None else total


def predict_proba(row):
    """Give the probabilities of CLASSES, in their order."""
    positive = _sigmoid((points(row) - OFFSET) / FACTOR)
    return [1 - positive, positive]


def predict(row):
    """Give the class: the more probable one, of equal ones the first."""
    first, second = predict_proba(row)
    return CLASSES[1] if second > first else CLASSES[0]
'''
)
