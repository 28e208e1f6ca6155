"""Tables that may leave the house: hashes, suppressed combinations and cohorts."""

import hashlib
import hmac

import numpy as np
import pandas as pd
import pytest

from forecasting.customers.anonymous import OTHER, SUPPRESSED, anonymous, cohorts, hashed_ids
from scenarios.errors import MusterError


def people(large: int = 20, small: int = 19) -> pd.DataFrame:
    rows = large + small
    return pd.DataFrame(
        {
            "customer_id": [f"C{i:03d}" for i in range(rows)],
            "name": "Jürgen",
            "segment": ["big"] * large + ["rare"] * small,
            "potential_eur": np.arange(rows, dtype=float),
        }
    )


def test_an_id_is_its_hmac_and_depends_on_the_salt() -> None:
    """16 digits of HMAC-SHA256; another salt, another id; unknown stays unknown; no salt is refused."""
    found = hashed_ids(pd.Series(["Ünal", None], dtype="str"), salt="week")
    assert found[0] == hmac.new(b"week", "Ünal".encode(), hashlib.sha256).hexdigest()[:16]
    assert pd.isna(found[1])
    assert hashed_ids(pd.Series(["Ünal"]), salt="other")[0] != found[0]
    with pytest.raises(MusterError, match="needs a salt"):
        hashed_ids(pd.Series(["a"]), salt="")


def test_combinations_of_fewer_than_twenty_are_suppressed() -> None:
    """20 share `big` and keep it, 19 share `rare` and lose it; names go, figures stay, rows follow the hash."""
    table = people()
    found = anonymous(table, salt="s")
    assert found["segment"].value_counts().to_dict() == {"big": 20, SUPPRESSED: 19}
    assert "name" not in found
    assert found["potential_eur"].sum() == table["potential_eur"].sum()
    assert found["customer_id"].is_monotonic_increasing
    assert not set(found["customer_id"]) & set(table["customer_id"])
    assert anonymous(table.iloc[:0], salt="s").empty


def test_a_customer_in_many_rows_counts_once() -> None:
    """Nineteen customers in two rows each are still nineteen."""
    table = pd.concat([people(0, 19)] * 2)
    assert set(anonymous(table, salt="s")["segment"]) == {SUPPRESSED}


def test_small_cohorts_are_joined_or_left_out() -> None:
    """Two of 10 make one of 20; one of 10 alone is not shown; means by hand."""
    table = people(20, 10)
    shown, hidden = cohorts(table, by="segment", figures=["potential_eur"])
    assert shown.to_dict("records") == [{"segment": "big", "customers": 20, "potential_eur": 9.5}]
    assert hidden == 10
    more = pd.concat([table, people(0, 10).assign(segment=None)])
    shown, hidden = cohorts(more, by="segment", figures=["potential_eur"])
    assert shown["segment"].tolist() == [OTHER, "big"]
    assert shown["customers"].tolist() == [20, 20]
    assert hidden == 0
