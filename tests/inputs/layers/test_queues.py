import pandas as pd

from inputs.layers.queues import demand_share, planned_queues
from scenarios.schema import Queue


def queue(**volume: list[str]) -> Queue:
    return Queue.model_validate({"volume_from": volume})


def test_counts_under_another_name_hold_the_whole_log() -> None:
    """Counts `all`, a log of PS, NW and outbound TT: everything the log has is counted; handle times from all of it."""
    (one,) = planned_queues(
        {"inbound": queue(call_counts=["all"])}, in_counts=("all",), in_log=("NW", "PS", "TT"), log_demand=("NW", "PS")
    )
    assert one.counted_log == one.mix == one.handle_log == ("NW", "PS", "TT")
    assert one.added_log == ()


def test_a_planned_queue_may_be_a_part_of_the_counts() -> None:
    """Counts `all` for the calls of PS only: the log gives the mix."""
    (one,) = planned_queues(
        {"sales": queue(call_counts=["all"], calls=["PS"])},
        in_counts=("all",),
        in_log=("NW", "PS"),
        log_demand=("NW", "PS"),
    )
    assert (one.counted_log, one.mix, one.added_log) == (("NW", "PS"), ("PS",), ())
    legs = pd.DataFrame({"queue": ["PS", "PS", "NW", "NW", "NW"]})
    contacts = pd.DataFrame({"queue": ["PS", "PS", "NW"], "is_demand": [True, False, True]})
    assert demand_share(one, legs, contacts) == 1 / 5


def test_a_queue_of_the_log_that_is_not_counted_is_added() -> None:
    """Counts of voice, a log of voice and chat: chat is added from the log, the share is that of voice."""
    (one,) = planned_queues(
        {"service": queue(call_counts=["voice"], calls=["chat"])},
        in_counts=("voice",),
        in_log=("chat", "voice"),
        log_demand=("chat", "voice"),
    )
    assert (one.counted_log, one.mix, one.added_log) == (("voice",), ("voice",), ("chat",))


def test_without_queues_each_queue_of_the_data_is_planned_counts_first() -> None:
    """Alike names: counted ones first, then those of the log only; other names: the counts hold the log already."""
    alike = planned_queues({}, in_counts=("b",), in_log=("a", "b", "out"), log_demand=("a", "b"))
    assert [one.name for one in alike] == ["b", "a"]
    assert (alike[1].counts, alike[1].added_log) == ((), ("a",))
    other = planned_queues({}, in_counts=("all",), in_log=("a", "b"), log_demand=("a", "b"))
    assert [one.name for one in other] == ["all"]
    assert planned_queues({}, in_counts=(), in_log=(), log_demand=()) == []


def test_handle_times_from_named_queues_win() -> None:
    """`handle_time_from` names queues of either table; names that the data does not have are left to `check_names`."""
    given = Queue.model_validate(
        {"volume_from": {"call_counts": ["all", "no"]}, "handle_time_from": {"call_counts": ["all"], "calls": ["x"]}}
    )
    (one,) = planned_queues({"q": given}, in_counts=("all",), in_log=("a",), log_demand=("a",))
    assert (one.counts, one.handle_log, one.handle_counts) == (("all",), (), ("all",))


def test_without_a_log_nothing_is_taken_out() -> None:
    """No log: the counts are the demand."""
    (one,) = planned_queues({}, in_counts=("all",), in_log=(), log_demand=())
    nothing = pd.DataFrame({"queue": [], "is_demand": []})
    assert demand_share(one, nothing, nothing) == 1.0
