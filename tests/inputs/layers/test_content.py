import numpy as np
import pandas as pd

from inputs.layers.content import content_hash


def frame(**changes: object) -> pd.DataFrame:
    columns: dict[str, object] = {
        "text": pd.Series(["ab", None, "c"], dtype="str"),
        "number": [1.0, np.nan, -0.0],
        "whole": [1, 2, 3],
        "flag": [True, False, True],
        "at": pd.to_datetime(["1999-12-17", None, "1999-12-18"]),
        "cells": pd.Series([("a",), (), ("b", "c")], dtype=object),
    }
    return pd.DataFrame({**columns, **changes})


def test_equal_content_has_an_equal_hash() -> None:
    """The index, the unit of instants, the sign of zero and how texts are chunked do not count."""
    first = content_hash(frame())
    chunked = pd.concat([frame().iloc[:1], frame().iloc[1:]])
    assert content_hash(chunked) == first
    assert content_hash(frame(number=[1.0, np.nan, 0.0])) == first
    assert content_hash(frame(at=frame()["at"].astype("datetime64[ns]"))) == first


def test_any_change_changes_the_hash() -> None:
    """Missing against empty, a moved border between texts, a type, a name, the order of rows, no rows."""
    others = [
        frame(text=pd.Series(["ab", "", "c"], dtype="str")),
        frame(text=pd.Series(["a", None, "bc"], dtype="str")),
        frame(whole=[1.0, 2.0, 3.0]),
        frame(cells=pd.Series([("a",), (), ("b,c",)], dtype=object)),
        frame().rename(columns={"text": "texts"}),
        frame().iloc[::-1],
        frame().iloc[:0],
        frame().iloc[:2],
    ]
    hashes = {content_hash(frame()), *(content_hash(other) for other in others)}
    assert len(hashes) == len(others) + 1
