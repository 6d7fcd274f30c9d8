"""Temperature and label mixing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax

from interpkd.targets import mix_labels, temper

logits = st.lists(st.lists(st.floats(-8, 8), min_size=3, max_size=3), min_size=1, max_size=5).map(
    np.array
)
temperatures = st.floats(0.2, 20)


@given(logits, temperatures)
def test_it_is_softmax_of_divided_logits(z, temperature):
    np.testing.assert_allclose(
        temper(softmax(z, axis=1), temperature), softmax(z / temperature, axis=1), atol=1e-12
    )


@given(logits, st.floats(0.5, 5))
def test_the_inverse_temperature_undoes_it(z, temperature):
    p = softmax(z, axis=1)
    np.testing.assert_allclose(temper(temper(p, temperature), 1 / temperature), p, atol=1e-12)


@given(logits, temperatures)
def test_order_of_classes_is_kept(z, temperature):
    p = softmax(z, axis=1)
    q = temper(p, temperature)
    assert (
        np.take_along_axis(q, p.argmax(axis=1)[:, None], 1)[:, 0] >= q.max(axis=1) - 1e-12
    ).all()


def test_one_changes_nothing():
    p = np.array([[0.3, 0.7], [0.0, 1.0]])
    np.testing.assert_array_equal(temper(p, 1.0), p)


def test_small_temperatures_do_not_underflow():
    np.testing.assert_allclose(temper([[0.4, 0.6]], 1e-3), [[0, 1]], atol=1e-12)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_mixed_targets_mix_the_losses(alpha):
    """Cross-entropy is linear in its target."""
    rng = np.random.default_rng(0)
    q = rng.dirichlet(np.ones(3), 20)
    y = rng.integers(0, 3, 20)
    log_p = log_softmax(rng.normal(size=(20, 3)), axis=1)
    mixed = -(mix_labels(q, y, alpha) * log_p).sum(axis=1)
    apart = alpha * -log_p[np.arange(20), y] + (1 - alpha) * -(q * log_p).sum(axis=1)
    np.testing.assert_allclose(mixed, apart)
