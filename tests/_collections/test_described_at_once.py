"""Parts that are described at the same time hold back what the sketch of all will not have."""

import numpy as np
import pytest

from interpkd._collections import Part
from interpkd.students._collection_rows import (
    CollectionFacts,
    Description,
    describe_part,
    merge_facts,
)

MOST = 100
X = np.random.default_rng(0).normal(size=(4000, 2))


def described(borders, n_parts):
    wanted = Description("regression", MOST, n_parts=n_parts)
    parts = [Part(i, rows, where="here") for i, rows in enumerate(np.split(X, borders))]
    told = [describe_part(part, wanted) for part in parts]
    return told, CollectionFacts(wanted).add([merge_facts(told)])


def test_even_parts_give_a_share_each_and_the_same_sketch():
    borders = [*range(400, 4000, 400)]
    told, facts = described(borders, 10)
    _, alone = described(borders, None)
    assert max(len(one.sketch) for one in told) < 50
    assert not facts.lacks_rows()
    np.testing.assert_array_equal(facts.sketch().hashes, alone.sketch().hashes)
    assert facts.sketch().limit == alone.sketch().limit


@pytest.mark.parametrize(("n_parts", "lacks"), [(10, True), (None, False)])
def test_parts_of_unlike_sizes_say_that_rows_are_lacking(n_parts, lacks):
    _, facts = described([*range(100, 1000, 100)], n_parts)  # the last has 3,100 of 4,000
    assert facts.lacks_rows() is lacks


def test_few_rows_are_all_there():
    told, facts = described([1000, 2000, 3000], 4)
    few = CollectionFacts(Description("regression", 5000)).add(
        [describe_part(Part(0, X[:50], where="here"), Description("regression", 5000, n_parts=1))]
    )
    assert len(told) == 4
    assert not few.lacks_rows()
    assert few.sketch().is_whole
    assert not facts.lacks_rows()
