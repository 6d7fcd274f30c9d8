"""The parts of a student in NumPy that are the same for every student."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

READING = '''
def _column(table, name):
    """Give the values of a column as an array."""
    try:
        return np.asarray(table[name])
    except KeyError:
        raise ValueError(f"Column {name!r} is lacking.") from None


def _is_missing(value):
    # pandas has a missing value that equals nothing and compares to nothing
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value


def _numbers(table, name):
    """Give numbers, NaN where they are missing."""
    values = _column(table, name)
    if values.dtype.kind not in "fiub":
        values = np.array([_convert(name, value) for value in values.tolist()], dtype=np.float64)
    values = values.astype(np.float64, copy=False)
    if len(values) and not (values.min() >= -LARGEST and values.max() <= LARGEST):
        if (np.abs(values) > LARGEST).any():
            raise ValueError(f"Column {name!r} holds a number that is infinite or too large.")
        _check_missing(name)
    return values


def _check_missing(name):
    if not TAKES_MISSING:
        raise ValueError(f"Column {name!r} needs values: the student does not know missing ones.")


def _convert(name, value):
    """Give a float for a number of another type, and for nothing else."""
    if _is_missing(value):
        return np.nan
    if not isinstance(value, (str, bytes, bytearray)):
        try:
            return float(value)
        except OverflowError:
            return np.inf
        except (TypeError, ValueError):
            pass
    raise ValueError(f"Column {name!r} holds numbers, and not {value!r}.")


def _codes(table, name):
    """Give the place of each category in CATEGORIES, -1 where it is missing or was never seen."""
    values = _column(table, name).astype(object).tolist()
    known = {label: code for code, label in enumerate(CATEGORIES[name])}
    try:
        codes = {value: _code(name, value, known) for value in set(values)}
    except TypeError:
        raise ValueError(f"Column {name!r} holds a value that is no category.") from None
    out = np.array([codes[value] for value in values], dtype=np.int64)
    if (out < 0).any():
        _check_missing(name)
    return out


def _code(name, value, known):
    """Give the place of one category."""
    if _is_missing(value) or value in known:
        return -1 if _is_missing(value) else known[value]
    if not isinstance(value, str) and name in TEXTS:
        raise ValueError(f"Column {name!r} holds texts, and not {value!r}.")
    return -1


def _read(table, name):
    """Give a column: numbers, or places of categories."""
    return _codes(table, name) if name in CATEGORIES else _numbers(table, name)
'''
"""How a table is read: as the student does."""

TREE = '''
def leaf(table):
    """Give the number of the leaf of each row."""
    read = {name: _read(table, name) for name in COLUMNS}
    # a category that is missing or was never seen goes where missing numbers go
    read |= {name: np.where(read[name] < 0, np.nan, read[name]) for name in CATEGORIES}
    out = np.zeros(len(read[COLUMNS[0]]), dtype=np.int64)
    todo = [(0, np.arange(len(out)))]
    while todo:
        node, rows = todo.pop()
        if node not in SPLITS:
            out[rows] = node
            continue
        name, border, missing, left, right = SPLITS[node]
        x = read[name][rows]
        goes_left = x <= border
        if missing == "left":
            goes_left |= np.isnan(x)
        todo += [(left, rows[goes_left]), (right, rows[~goes_left])]
    return out


_places = {node: place for place, node in enumerate(ANSWERS)}
_of_leaf = np.array([_places.get(node, -1) for node in range(max(ANSWERS) + 1)])
_answers = np.array([*ANSWERS.values()])
'''

TREE_CLASSES = '''

def predict_proba(table):
    """Give the probabilities of CLASSES, shape (n_rows, n_classes)."""
    return _answers[_of_leaf[leaf(table)]]


def predict(table):
    """Give the class of each row."""
    return _classes[predict_proba(table).argmax(axis=1)]
'''

TREE_REGRESSION = '''

def predict(table):
    """Give the prediction of each row."""
    return _answers[_of_leaf[leaf(table)]]
'''

TERMS = '''
def _parts(table):
    for name in COLUMNS:
        values = _read(table, name)
        if name in LABELS:
            labels, missing = LABELS[name]
            added = np.array([*(labels[label] for label in CATEGORIES[name]), missing])
            yield name, added[values]  # the last one stands at -1
            continue
        per_unit, usual, missing = map(np.array, NUMBERS[name])
        values = values[:, None]
        lost = np.isnan(values)
        added = values * per_unit
        yield name, np.where(lost, per_unit * usual + missing, added) if lost.any() else added


def terms(table):
    """Give what each column adds, by column: shape (n_rows, n_outputs)."""
    return dict(_parts(table))


def _scores(table):
    return sum(added for _, added in _parts(table)) + np.array(INTERCEPT)
'''

LINEAR = '''

def predict(table):
    """Give the prediction of each row."""
    return _scores(table)[:, 0]
'''

SIGMOID = """
def _sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))
"""

LOGISTIC = (
    '''

def score(table):
    """Give the score of each row: above 0 it decides for the second class."""
    return _scores(table)[:, 0]


'''
    + SIGMOID.lstrip()
    + '''

def predict_proba(table):
    """Give the probabilities of CLASSES, shape (n_rows, n_classes)."""
    positive = _sigmoid(SLOPE * score(table))
    return np.column_stack([1 - positive, positive])


def predict(table):
    """Give the class of each row."""
    return _classes[(score(table) > 0).astype(np.int64)]
'''
)

SOFTMAX = '''

def score(table):
    """Give the score of each class: the highest decides, of equal ones the first."""
    return _scores(table)


def predict_proba(table):
    """Give the probabilities of CLASSES, shape (n_rows, n_classes)."""
    margins = SLOPE * score(table)
    odds = np.exp(margins - margins.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def predict(table):
    """Give the class of each row."""
    return _classes[score(table).argmax(axis=1)]
'''

CARD = (
    SIGMOID
    + '''

def _parts(table):
    for name in COLUMNS:
        values = _read(table, name)
        if name in LABELS:
            labels, missing = LABELS[name]
            added = np.array([*(labels[label] for label in CATEGORIES[name]), missing])
            yield name, added[values]  # the last one stands at -1
        elif name in NUMBERS:
            special, upper_ends, points, missing = NUMBERS[name]
            ends = np.array(upper_ends, dtype=np.float64)
            # an interval holds its upper end
            added = np.array(points)[np.searchsorted(ends, values)]
            for value, own in special.items():
                added[values == value] = own
            added[np.isnan(values)] = missing
            yield name, added


def terms(table):
    """Give the points of each column of the card."""
    return dict(_parts(table))


def points(table):
    """Give the score of the card for each row."""
    return BASE_POINTS + sum(added for _, added in _parts(table))


def predict_proba(table):
    """Give the probabilities of CLASSES, shape (n_rows, n_classes)."""
    positive = _sigmoid((points(table) - OFFSET) / FACTOR)
    return np.column_stack([1 - positive, positive])


def predict(table):
    """Give the class of each row: the more probable one, of equal ones the first."""
    return _classes[predict_proba(table).argmax(axis=1)]
'''
)
