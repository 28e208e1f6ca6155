from pathlib import Path
from typing import Any

import pandas as pd

from inputs.contracts.contract import contracts, empty_table
from inputs.names import check_names
from inputs.types import Quality, Tables
from scenarios.errors import Problem
from scenarios.schema import Scenario


def texts(column: str, *values: str) -> pd.DataFrame:
    return pd.DataFrame({column: pd.Series(values, dtype="str")})


def check(count: int = 20, /, **blocks: Any) -> list[Problem]:
    """Problems of a scenario against 20 reps, one customer, the counts `all` and the log's queues PS and NW."""
    frames = {name: empty_table(contract) for name, contract in contracts().items()}
    frames["reps"] = texts("rep_id", *(f"R{n:02d}" for n in range(1, count + 1)))
    frames["customers"] = texts("customer_id", "C1")
    frames["call_counts"] = texts("queue", "all")
    frames["calls"] = texts("queue", "PS", "NW")
    demand = pd.DataFrame({"queue": pd.Series(["all"], dtype="str")})
    tables = Tables(**frames, demand=demand, handled=pd.DataFrame(), contacts=pd.DataFrame())
    day = {"name": "x", "as_of": "1999-12-17", "horizon": {"start": "1999-12-20"}}
    data = {"data": {"customers": {"path": Path("x.csv")}}}
    return check_names(Scenario.model_validate({**day, **data, **blocks}), tables)


QUEUES = {"inbound": {"volume_from": {"call_counts": ["all"], "calls": ["PS"]}}}


def test_names_that_exist_are_no_problem() -> None:
    """Reps, customers, queues of the data, planned queues of events, `*`."""
    pin = {"customer": "C1", "rep": "R07"}
    events = {"a": {"date": "1999-12-21", "queue": "inbound"}, "b": {"date": "1999-12-21", "queue": "*"}}
    reps = {"absent": ["R01"], "remove": ["R20"], "pinned": {"audit": pin}}
    assert check(staffing={"queues": QUEUES}, events=events) == []
    assert check_reps(reps) == []


def check_reps(block: dict[str, Any], count: int = 20) -> list[Problem]:
    return check(count, reps=block)


def test_unknown_reps_and_customers_have_their_place_and_a_suggestion() -> None:
    """Keys carry the list's place; a close name or one of another case is suggested."""
    pin = {"customer": "c1", "rep": "R21"}
    problems = check_reps({"absent": ["R01", "r07"], "remove": ["zzz"], "pinned": {"audit": pin}})
    assert [(p.key, p.suggestion) for p in problems] == [
        ("reps.absent.1", "R07"),
        ("reps.remove.0", ""),
        ("reps.pinned.audit.customer", "C1"),
        ("reps.pinned.audit.rep", "R20"),
    ]
    assert problems[0].message == "no rep 'r07' in the table reps"
    assert problems[2].allowed == "C1", "short lists are shown whole"
    assert problems[0].allowed == "", "long ones are not"


def test_a_table_without_rows_says_so() -> None:
    """A rep away where no reps are given."""
    (problem,) = check_reps({"absent": ["R01"]}, count=0)
    assert problem.message == "no rep 'R01': the table reps is empty or not given"


def test_unknown_queues() -> None:
    """Queues of each table, and of events: planned ones if there are any, else those of the data."""
    queues = {"inbound": {"volume_from": {"call_counts": ["ALL"]}, "handle_time_from": {"calls": ["PS", "NWW"]}}}
    events = {"peak": {"date": "1999-12-21", "queue": "inbond"}}
    problems = check(staffing={"queues": queues}, events=events)
    assert [(p.key, p.suggestion) for p in problems] == [
        ("staffing.queues.inbound.volume_from.call_counts.0", "all"),
        ("staffing.queues.inbound.handle_time_from.calls.1", "NW"),
        ("events.peak.queue", "inbound"),
    ]
    (problem,) = check(events={"peak": {"date": "1999-12-21", "queue": "PS"}})
    assert problem.message == "no planned queue 'PS' in the calls of the data"


def test_a_pinned_customer_who_was_set_aside_is_told_with_the_row() -> None:
    """Not another customer's name is proposed, but what is wrong with this one."""
    frames = {name: empty_table(contract) for name, contract in contracts().items()}
    frames["customers"], frames["reps"] = texts("customer_id", "C1"), texts("rep_id", "R1")
    aside = {"table": "customers", "row": 7, "column": "latitude", "reason": "empty, but needed", "id": "C2"}
    quality = Quality(rejects=pd.DataFrame([{**aside, "value": "(empty)"}]))
    tables = Tables(**frames, demand=texts("queue"), handled=pd.DataFrame(), contacts=pd.DataFrame(), quality=quality)
    day = {"name": "x", "as_of": "1999-12-17", "horizon": {"start": "1999-12-20"}}
    reps = {"pinned": {"a": {"customer": "C2", "rep": "R1"}, "b": {"customer": "C3", "rep": "R1"}}}
    data = {"customers": {"path": Path("x.csv")}}
    problems = check_names(Scenario.model_validate({**day, "data": data, "reps": reps}), tables)
    assert [(problem.key, problem.suggestion) for problem in problems] == [
        ("reps.pinned.a.customer", ""),
        ("reps.pinned.b.customer", ""),
    ]
    assert problems[1].message == "no customer 'C3' in the table customers"
    assert problems[0].message == (
        "customer 'C2' cannot be planned: row 7 of the table customers was set aside (latitude empty, but needed)"
    )
