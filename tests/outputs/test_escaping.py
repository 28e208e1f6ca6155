"""Texts that a spreadsheet would run are led by an apostrophe; all others stay as they are."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outputs.escaping import harmless, harmless_table, is_formula, printable


@pytest.mark.parametrize("text", ["=1", "+1", "-2", "@x", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0+1", "＝1"])
def test_formulas_are_seen(text: str) -> None:
    """Each start that a spreadsheet takes for a formula, blanks before it or not."""
    assert is_formula(text)
    assert harmless(pd.Series([text])).tolist() == ["'" + text]


def test_other_values_stay() -> None:
    """Names, missing values and numbers are not touched."""
    mixed = pd.Series(["Ana", "", None, 3, -3.5, "a=b"], dtype=object)
    assert harmless(mixed).tolist() == ["Ana", "", None, 3, -3.5, "a=b"]
    texts = pd.Series(["x", np.nan], dtype="str")
    assert harmless(texts).isna().tolist() == [False, True]
    table = pd.DataFrame({"n": [-1.0], "t": ["-1"]})
    assert harmless_table(table).to_dict("records") == [{"n": -1.0, "t": "'-1"}]


@given(st.text())
@settings(max_examples=60, deadline=None)
def test_nothing_harmless_starts_like_a_formula(text: str) -> None:
    """Whatever the text, its cell does not start like a formula."""
    assert not is_formula(harmless(pd.Series([text], dtype=object))[0])


def test_control_characters_become_blanks() -> None:
    """One line, no bell, no lone surrogate; accents and other scripts stay."""
    assert printable("a\r\nb\x00\x07c \ud800é株") == "a b c  é株"
