import numpy as np
import pandas as pd
import pytest

from forecasting.leads.columns import read_columns
from forecasting.leads.leakage import find_leaks

PAST, FRESH = 1200, 300


def tables(seed: int = 1, **columns):
    """History and fresh leads with an honest feature `age`, and more columns: name -> (past values, fresh values)."""
    rng = np.random.default_rng(seed)
    converted = rng.random(PAST) < 0.4
    frames = []
    for rows, first, place in ((PAST, 0, 0), (FRESH, PAST, 1)):
        base = pd.DataFrame({"lead_id": [f"L{first + i:05d}" for i in range(rows)]}).astype("str")
        base["age"] = rng.integers(20, 60, rows) + (5.0 * converted if place == 0 else 2.0)
        for name, make in columns.items():
            base[name] = make(rng, converted)[place]
        frames.append(base)
    return frames[1], frames[0].assign(converted=converted.astype(int))


def refused(leads, history) -> dict[str, str]:
    found = find_leaks(read_columns(leads, history)).refused
    return dict(zip(found["column"], found["reason"], strict=True))


def test_an_honest_feature_is_kept() -> None:
    assert refused(*tables()) == {}


def test_a_copy_of_the_outcome_is_near_perfect_alone() -> None:
    def status(rng, converted):
        wrong = rng.random(PAST) < 0.02
        return np.where(converted ^ wrong, "signed", "refused"), rng.choice(["signed", "refused"], FRESH)

    assert refused(*tables(status=status)) == {"status": "near-perfect alone: orders 98 % of all pairs right"}


def test_values_that_settle_the_outcome_of_many_rows_are_a_record_of_it() -> None:
    """A third of the rows carry `paid` or `dead number`; the rest says nothing, so the AUC alone stays below 0.9."""

    def tag(rng, converted):
        written = rng.random(PAST) < 0.5
        past = np.where(written, np.where(converted, "paid", "dead number"), "none")
        return past, rng.choice(["paid", "dead number", "none"], FRESH, p=[0.2, 0.3, 0.5])

    assert list(refused(*tables(tag=tag))) == ["tag"]
    assert refused(*tables(tag=tag))["tag"].startswith("records the outcome: values that all but settle it cover 5")


def test_a_strong_column_filled_in_for_those_who_will_buy_is_refused() -> None:
    def rating(rng, converted):
        past = np.where(
            rng.random(PAST) < np.where(converted, 0.9, 0.4), 2.0 * converted + rng.normal(0, 2, PAST), np.nan
        )
        return past, rng.choice([0.0, 1.0, np.nan], FRESH, p=[0.3, 0.3, 0.4])

    reason = refused(*tables(rating=rating))["rating"]
    assert reason.startswith("filled in during the sale: 1")
    assert reason.endswith("% where it is filled")


def test_emptiness_at_random_is_no_sign() -> None:
    def score(rng, converted):
        past = np.where(rng.random(PAST) < 0.5, 2.0 * converted + rng.normal(0, 1, PAST), np.nan)
        fresh = np.where(rng.random(FRESH) < 0.5, 2.0 * (rng.random(FRESH) < 0.4) + rng.normal(0, 1, FRESH), np.nan)
        return past, fresh

    assert refused(*tables(score=score)) == {}


@pytest.mark.parametrize(
    ("past_empty", "fresh_empty", "expected"), [(0.1, 0.9, True), (0.6, 0.0, True), (0.3, 0.35, False)]
)
def test_a_column_empty_for_another_share_of_fresh_leads_is_refused(past_empty, fresh_empty, expected) -> None:
    def note(rng, converted):
        return (
            np.where(rng.random(PAST) < past_empty, np.nan, rng.normal(0, 1, PAST)),
            np.where(rng.random(FRESH) < fresh_empty, np.nan, rng.normal(0, 1, FRESH)),
        )

    assert ("note" in refused(*tables(note=note))) is expected


def test_a_state_that_fresh_leads_have_not_reached_is_refused() -> None:
    def activity(rng, converted):
        called = rng.random(PAST) < np.where(converted, 0.6, 0.2)
        return np.where(called, "called", "opened"), np.where(rng.random(FRESH) < 0.05, "called", "opened")

    reason = refused(*tables(activity=activity))["activity"]
    assert reason.startswith("not yet reached: by this column alone fresh leads would convert")
    assert "points less than the latest of the history" in reason


def test_a_column_that_moved_but_moves_no_level_is_kept_and_named() -> None:
    """Rich leads came from fairs; now nobody does. The budget tells all the source told, so the level rests on it."""
    rng = np.random.default_rng(5)

    def budget(_, converted):
        return tuple(1.1 * won + rng.normal(0, 1, len(won)) for won in (converted, rng.random(FRESH) < 0.4))

    leads, history = tables(budget=budget)
    rich = history["budget"] > 0.6
    history["source"] = np.where(rng.random(PAST) < np.where(rich, 0.85, 0.1), "fair", "web")
    leads["source"] = np.where(rng.random(FRESH) < 0.05, "fair", "web")
    found = find_leaks(read_columns(leads, history))
    assert found.refused.empty
    assert found.watched == ("source",)
    bare = [frame.drop(columns="budget") for frame in (leads, history)]
    assert list(refused(*bare)) == ["source"]


def test_a_column_that_always_moved_as_much_is_not_blamed_for_moving_again() -> None:
    def campaign(rng, converted):
        season = (np.arange(PAST) // FRESH) % 2 == 0
        strong = np.where(season, rng.random(PAST) < np.where(converted, 0.8, 0.4), rng.random(PAST) < 0.05)
        return np.where(strong, "fair", "web"), np.where(rng.random(FRESH) < 0.6, "fair", "web")

    assert refused(*tables(campaign=campaign)) == {}


def test_few_fresh_leads_are_not_compared() -> None:
    def note(rng, converted):
        return np.where(rng.random(PAST) < 0.1, np.nan, 1.0 * rng.integers(0, 9, PAST)), np.full(FRESH, np.nan)

    leads, history = tables(note=note)
    assert "note" in refused(leads, history)
    assert refused(leads.head(50), history) == {}


def test_the_auc_alone_is_out_of_fold_so_many_values_do_not_look_strong() -> None:
    def region(rng, converted):
        return rng.integers(0, 300, PAST).astype(str), rng.integers(0, 300, FRESH).astype(str)

    leads, history = tables(region=region)
    leads["region"] = np.nan
    found = find_leaks(read_columns(leads, history)).refused.set_index("column")
    assert found["auc_alone"]["region"] == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_hardly_any_history_refuses_nothing(rows) -> None:
    leads, history = tables()
    assert refused(leads, history.head(rows)) == {}
    assert refused(leads, history.assign(converted=0)) == {}


def test_an_honest_column_suspected_beside_a_leak_is_not_lost() -> None:
    """A source dried up, but the budget knows what it knew; calls have hardly begun for fresh leads: out they go."""
    rng = np.random.default_rng(5)

    def budget(_, converted):
        return tuple(1.1 * won + rng.normal(0, 1, len(won)) for won in (converted, rng.random(FRESH) < 0.4))

    def calls(_, converted):
        return rng.poisson(np.where(converted, 4, 2)), rng.poisson(0.7, FRESH)

    leads, history = tables(budget=budget, calls=calls)
    rich = history["budget"] > 0.6
    history["source"] = np.where(rng.random(PAST) < np.where(rich, 0.85, 0.1), "fair", "web")
    leads["source"] = np.where(rng.random(FRESH) < 0.05, "fair", "web")
    found = find_leaks(read_columns(leads, history))
    assert found.refused["column"].tolist() == ["calls"]
    assert found.watched == ("source",)


def test_two_leaks_that_say_the_same_cannot_hide_each_other() -> None:
    """A state of the sale under two names: neither is kept."""
    rng = np.random.default_rng(12)
    fresh = np.where(rng.random(FRESH) < 0.05, "visited", "written to")
    past = {}

    def state(_, converted):
        past.setdefault("state", np.where(rng.random(PAST) < np.where(converted, 0.6, 0.2), "visited", "written to"))
        return past["state"], fresh

    assert set(refused(*tables(activity=state, notable=state))) == {"activity", "notable"}


def test_where_few_convert_a_strong_honest_number_settles_nothing() -> None:
    """One lead in twelve converts: at most of an honest number's values hardly any do, and it is kept all the same."""
    rng = np.random.default_rng(13)
    rows = 4000
    keen = rng.normal(size=rows)
    won = rng.random(rows) < 1 / (1 + np.exp(4.2 - 2.2 * keen))
    assert 0.06 < won.mean() < 0.12
    frame = pd.DataFrame({"lead_id": [f"L{i:05d}" for i in range(rows)], "budget": keen + rng.normal(0, 0.7, rows)})
    frame = frame.astype({"lead_id": "str"})
    history = frame[:3000].assign(converted=won[:3000].astype(int))
    assert refused(frame[3000:].reset_index(drop=True), history) == {}


def test_a_form_that_keen_people_fill_in_is_kept() -> None:
    """Whether it is filled tells who converts (28 % or 52 %); what is written there tells nothing more."""

    def field(rng, converted):
        filled = rng.random(PAST) < np.where(converted, 0.65, 0.4)
        later = rng.random(FRESH) < 0.5
        return tuple(np.where(given, rng.choice(["a", "b"], len(given)), None) for given in (filled, later))

    assert refused(*tables(field=field)) == {}
