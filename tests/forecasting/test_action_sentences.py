"""Sentences of actions: amounts and counts as people write them."""

import pandas as pd
import pytest

from forecasting.action_sentences import _count, _eur, sentences


@pytest.mark.parametrize(
    ("amount", "text"), [(0.0, "0.00 EUR"), (-0.001, "0.00 EUR"), (-4.5, "-4.50 EUR"), (12345.6, "12,346 EUR")]
)
def test_amounts_are_whole_from_a_hundred_on(amount, text):
    """Cents below, and never a minus before nothing."""
    assert _eur(amount) == text


def test_counts_agree_with_their_noun():
    """No tickets, one ticket, two tickets; but 0 days."""
    assert [_count(n, "open ticket") for n in (0, 1, 2)] == ["no open tickets", "1 open ticket", "2 open tickets"]
    assert [_count(n, "day") for n in (0, 1)] == ["0 days", "1 day"]


def test_no_action_needs_no_sentence():
    """Empty in, empty out."""
    assert sentences(pd.DataFrame()) == []
