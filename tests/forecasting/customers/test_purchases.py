"""Purchases as arrays: recency, frequency and value by hand, and where a feed ended."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecasting.customers.purchases import RFM, read_purchases, rfm, sales_between

AS_OF = date(2024, 6, 30)


def table(*rows: tuple[str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "date", "amount_eur"])
    return frame.assign(date=pd.to_datetime(frame["date"]), customer_id=frame["customer_id"].astype("str"))


def test_rfm_of_three_purchases_by_hand():
    """Bought on days 0, 10 and 20 of a history, asked on day 25: recency 5, tenure 25, rhythm 10."""
    rows = [("a", "2024-06-06", 10.0), ("a", "2024-06-26", 30.0), ("a", "2024-06-16", 20.0)]
    purchases = read_purchases(table(*rows), pd.Series(["a", "zoë"]), as_of=AS_OF)
    assert purchases.days == 25
    known = dict(zip(RFM, rfm(purchases, 25)[0], strict=True))
    assert known == {
        "recency_days": 5, "tenure_days": 25, "purchases": 3, "sales_eur": 60, "mean_eur": 20, "largest_eur": 30,
        "last_eur": 30, "sales_eur_90_days": 60, "sales_eur_180_days": 60, "purchases_90_days": 3,
        "purchases_365_days": 3, "rhythm_days": 10,
    }  # fmt: skip
    never = dict(zip(RFM, rfm(purchases, 25)[1], strict=True))
    assert never["purchases"] == never["sales_eur"] == never["sales_eur_90_days"] == 0
    assert np.isnan([never["recency_days"], never["mean_eur"], never["rhythm_days"]]).all()


def test_only_the_past_is_seen():
    """Asked on day 11, the purchase of day 20 does not exist; later dates, unknown dates and amounts do not count."""
    rows = [("a", "2024-06-06", 10.0), ("a", "2024-06-26", 30.0), ("a", "2024-07-01", 5.0), ("a", "2024-06-10", np.nan)]
    purchases = read_purchases(table(*rows), pd.Series(["a"]), as_of=AS_OF)
    assert len(purchases.day) == 2
    assert rfm(purchases, 11)[0, :4].tolist() == [11, 11, 1, 10]
    assert sales_between(purchases, 1, 21).tolist() == [30]


def test_a_feed_that_ended_is_told_from_customers_who_stopped():
    """Daily purchases, then 60 days of nothing: the feed ended. One customer's rare purchases: silence."""
    daily = [("a", str(day.date()), 1.0) for day in pd.date_range("2024-01-01", "2024-05-01")]
    purchases = read_purchases(table(*daily), pd.Series(["a"]), as_of=AS_OF)
    assert purchases.days == 122
    assert purchases.notes[0].startswith("potential: the last purchase in the table is 60 days before as_of")
    rare = read_purchases(table(("a", "2024-01-01", 1.0), ("a", "2024-05-01", 1.0)), pd.Series(["a"]), as_of=AS_OF)
    assert rare.days == 182
    once = read_purchases(table(("a", "2024-01-01", 1.0)), pd.Series(["a"]), as_of=AS_OF)
    assert once.days == 182
    assert rare.notes == ()


def test_no_purchases_leave_the_customers_known():
    """Nothing bought: ids of the customers, no day."""
    purchases = read_purchases(table(), pd.Series(["b", "a"], dtype="str"), as_of=AS_OF)
    assert purchases.ids.tolist() == ["a", "b"]
    assert purchases.days == 0
    assert purchases.buyers == 0


def test_a_buyer_who_is_no_customer_teaches_but_is_not_asked_for():
    """Both ids are rows; purchases belong to theirs."""
    purchases = read_purchases(table(("x", "2024-06-01", 9.0)), pd.Series(["a"]), as_of=AS_OF)
    assert purchases.ids.tolist() == ["a", "x"]
    assert sales_between(purchases, 0, 99) == pytest.approx([0, 9])
