"""What a plan is worth in truth: its net value recomputed with what the synthetic company was drawn from.

For benchmarks only; no plan ever sees the truth. The formula is that of the key figures (planner/kpis.py); what differs
is what goes in:

- a field visit counts only if at least one visit to the customer lies within a window of that customer,
- win, churn and growth in euros come from the planted response, win probability, churn and sales of each customer,
- agents required are the fewest that keep the promise to callers at the planted call rates and handle times, with the
  planted scatter of days and intervals (Erlang A); agent hours short of that cost what the scenario says.

- a visit that waits loses the same share of its true worth as of its planned worth; one that finds a closed door has
  nothing to lose.

Pay, overtime, travel, border visits and contact cost are as planned: they are spent also where a visit finds a closed
door.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from forecasting.types import CallForecast
from inputs.rows import rows
from inputs.synthetic.call_log import DAY_CV, INTERVAL_CV, PATIENCE_SECONDS
from inputs.types import Tables
from planner.kpis import money_figures
from scenarios.schema import FIELD, Scenario
from solvers.staffing.grid import make_grid
from solvers.staffing.requirement import answered_share, require_agents
from solvers.staffing.tables import requirement_table

Frames = Mapping[str, pd.DataFrame]
PATHS, PATH_SEED = 200, 20_260_309
"""Futures of the true call rates; the same ones for every plan that is measured."""
DAYS_PER_YEAR = 365
NONE = "none"


def true_net_value_eur(scenario: Scenario, tables: Tables, plan: Frames, truth: Frames) -> float:
    """The plan's net value in euros by the planted truth; doing nothing and paying nobody is 0.

    Args:
        plan: tables as handed over (planner/tables.py). truth: customers, opportunities, response and calls, with the
            columns of inputs/synthetic/truth.md.
    """
    return true_money_figures(scenario, tables, plan, truth)["net_value_eur"]


def true_money_figures(scenario: Scenario, tables: Tables, plan: Frames, truth: Frames) -> dict[str, float]:
    """The parts of the true net value, by the names of `money_figures`; arguments as of `true_net_value_eur`."""
    lived = {
        **plan,
        "allocations": contacts_made(tables, plan),
        "actions": true_actions(scenario, tables, plan, truth),
        "requirement": true_requirement(scenario, plan, truth),
    }
    return _as_lived(scenario, tables, lived)


def forecast_money_figures(
    scenario: Scenario, tables: Tables, plan: Frames, requirement: pd.DataFrame
) -> dict[str, float]:
    """The parts of the net value by the forecasts, for comparing plans: contacts that are made, one requirement.

    Args:
        requirement: queue, interval_start, agents_required: what every compared plan is measured against, as each may
            have a requirement of its own.
    """
    one = _against(plan["requirement"], requirement)
    return _as_lived(scenario, tables, {**plan, "allocations": contacts_made(tables, plan), "requirement": one})


def _as_lived(scenario: Scenario, tables: Tables, lived: Frames) -> dict[str, float]:
    """The figures with what waiting takes off the contacts that are made, at the worth that `lived` gives them."""
    figures = money_figures(scenario, lived)
    waited = waited_eur(tables, lived)
    figures["net_value_eur"] += figures["waited_eur"] - waited
    return figures | {"waited_eur": waited}


def waited_eur(tables: Tables, lived: Frames) -> float:
    """Euros lost by waiting: of each field contact that is made, its worth x the share that its visits lost on the way.

    worth = win + churn + growth, by `actions`. share = the mean of waited / (prize + waited) over the customer's visits
    within a window; a visit without a prize (a required one) loses nothing in the plan, and nothing here.
    """
    visits = lived["stops"][lived["stops"]["kind"] == "visit"]
    kept = visits.drop(index=visits_outside_windows(tables, lived).index)
    full = (kept["prize_eur"] + kept["waited_eur"]).to_numpy(float)
    lost = np.divide(kept["waited_eur"].to_numpy(float), full, out=np.zeros(len(kept)), where=full > 0)
    share = pd.Series(lost, index=kept["customer_id"]).groupby(level=0).mean()
    field = lived["allocations"][lived["allocations"]["channel"] == FIELD]
    worth = lived["actions"].loc[lived["actions"]["channel"] == FIELD].set_index("customer_id")
    each = worth[["win_eur", "churn_eur", "growth_eur"]].sum(axis=1).reindex(field["customer_id"]).fillna(0.0)
    return float((each.to_numpy() * share.reindex(field["customer_id"]).fillna(0.0).to_numpy()).sum())


def visits_outside_windows(tables: Tables, plan: Frames) -> pd.DataFrame:
    """The visits of `stops` that do not start and end within one window of their customer; no windows: any time."""
    visits = plan["stops"][plan["stops"]["kind"] == "visit"]
    windows = dict(zip(tables.customers["customer_id"], tables.customers["windows"], strict=True))
    minute = pd.Timedelta(minutes=1)
    outside = [
        bool(windows.get(stop.customer_id))
        and not any(
            stop.day + opens * minute <= stop.start_at and stop.end_at <= stop.day + closes * minute
            for opens, closes in windows[stop.customer_id]
        )
        for stop in rows(visits)
    ]
    return visits[np.array(outside, dtype=bool)]


def contacts_made(tables: Tables, plan: Frames) -> pd.DataFrame:
    """The contacts of `allocations` that come about: in the field those with a visit that keeps a window."""
    contacts = plan["allocations"][plan["allocations"]["channel"] != NONE]
    visits = plan["stops"][plan["stops"]["kind"] == "visit"]
    met = set(visits.drop(index=visits_outside_windows(tables, plan).index)["customer_id"])
    return contacts[(contacts["channel"] != FIELD) | contacts["customer_id"].isin(met)]


def true_actions(scenario: Scenario, tables: Tables, plan: Frames, truth: Frames) -> pd.DataFrame:
    """The plan's actions with win_eur, churn_eur and growth_eur as they really are.

    win = sum over open deals of amount x margin x min(lift, 1 - win probability); churn = churn probability x reduction
    x value x margin; growth = lift x value x margin; value = rate x mean order x (1 - exp(-h d)) / h over the days d of
    `value_horizon_months`, with the churn hazard h. Channels that the truth does not know change nothing.
    """
    margin = scenario.money.gross_margin_pct / 100
    wanted = scenario.next_best_action.value_from
    table = plan["actions"][["customer_id", "channel", "contact_cost_eur"]]
    effect = truth["response"][["customer_id", "channel", "win_lift_points", "churn_reduction_pct", "growth_lift_pct"]]
    table = table.merge(effect, on=["customer_id", "channel"], how="left")
    people = truth["customers"].set_index("customer_id")
    value = _value_eur(people, months=scenario.money.value_horizon_months).reindex(table["customer_id"]).to_numpy()
    churn = people["churn_probability"].reindex(table["customer_id"]).to_numpy(float)
    deals = _open_deals(tables, truth)
    each = table[["customer_id", "win_lift_points"]].reset_index(names="action").merge(deals, on="customer_id")
    lift = np.minimum(each["win_lift_points"] / 100, 1 - each["win_probability"])
    won = (each["amount_eur"] * lift).groupby(each["action"]).sum().reindex(table.index).fillna(0.0)
    parts = {
        "win_eur": won * margin * ("open_opportunities" in wanted),
        "churn_eur": churn * table["churn_reduction_pct"] / 100 * value * margin * ("churn_risk" in wanted),
        "growth_eur": table["growth_lift_pct"] / 100 * value * margin * ("potential" in wanted),
    }
    return table.assign(**{name: part.fillna(0.0) for name, part in parts.items()})


def _value_eur(people: pd.DataFrame, *, months: float) -> pd.Series:
    days = DAYS_PER_YEAR * months / 12
    hazard = people["churn_hazard_per_day"].to_numpy(float)
    stays = np.where(hazard > 0, -np.expm1(-hazard * days) / np.where(hazard > 0, hazard, 1.0), days)
    a_day = people["orders_per_month"] * 12 / DAYS_PER_YEAR
    return a_day * stays * people["mean_order_eur"]


def _open_deals(tables: Tables, truth: Frames) -> pd.DataFrame:
    """customer_id, amount_eur (unknown counts 0) and true win probability of each open deal."""
    known = truth["opportunities"]
    known = known.loc[known["is_open"].astype(bool), ["opportunity_id", "win_probability"]]
    deals = tables.opportunities[["opportunity_id", "customer_id", "amount_eur"]].merge(known, on="opportunity_id")
    return deals.fillna({"amount_eur": 0.0})


def true_requirement(scenario: Scenario, plan: Frames, truth: Frames) -> pd.DataFrame:
    """`Roster.requirement` as it really is, with the agents that the plan has rostered.

    A contact counts with all its legs in the queue in which it starts.
    """
    settings = scenario.staffing.model_copy(update={"patience_seconds": PATIENCE_SECONDS})
    stated = plan["requirement"]
    if stated.empty or truth["calls"].empty:
        return stated
    queues = tuple(stated["queue"].drop_duplicates())
    forecast = _true_calls(scenario, queues, truth["calls"])
    days = np.unique(stated["interval_start"].to_numpy().astype("datetime64[D]"))
    grid = make_grid(
        first_day=days[0], days=int((days[-1] - days[0]).astype(int)) + 1, interval_minutes=settings.interval_minutes,
        opening_hours=settings.opening_hours, timezone=settings.timezone,
    )  # fmt: skip
    requirement = require_agents(forecast, grid, settings=settings)
    rostered = stated.pivot_table(index="queue", columns="interval_start", values="agents_rostered")
    on_phone = rostered.reindex(index=list(queues), columns=pd.DatetimeIndex(grid.interval_starts)).fillna(0.0)
    answered = answered_share(requirement, on_phone.to_numpy(float), grid, settings)
    return requirement_table(requirement, on_phone.to_numpy(float), answered, grid)


def _true_calls(scenario: Scenario, queues: tuple[str, ...], calls: pd.DataFrame) -> CallForecast:
    """The planted rates as sample paths: rate x gamma(day) x gamma(interval), independent between queues."""
    starts = np.sort(calls["interval_start"].unique()).astype("datetime64[us]")
    table = calls.assign(work=calls["calls_rate"] * calls["contact_seconds_mean"])
    rate, work = (
        table.pivot_table(index="queue", columns="interval_start", values=name) for name in ("calls_rate", "work")
    )
    parts = {name: _sources(scenario, name, rate.index) for name in queues}
    mean = np.array([rate.loc[parts[name]].sum().to_numpy(float) for name in queues])
    seconds = np.array([work.loc[parts[name]].sum().to_numpy(float) for name in queues])
    rng = np.random.default_rng(PATH_SEED)
    day_of = np.unique(starts.astype("datetime64[D]"), return_inverse=True)[1]
    by_day = rng.gamma(DAY_CV**-2, DAY_CV**2, (PATHS, len(queues), int(day_of.max()) + 1))[:, :, day_of]
    scatter = by_day * rng.gamma(INTERVAL_CV**-2, INTERVAL_CV**2, by_day.shape)
    return CallForecast(
        queues=queues,
        interval_starts=starts,
        paths=(mean * scatter).astype(np.float32),
        handle_seconds=np.divide(seconds, mean, out=np.zeros_like(mean), where=mean > 0),
        table=pd.DataFrame(),
        quality=pd.DataFrame(),
    )


def _sources(scenario: Scenario, queue: str, known: pd.Index) -> list[str]:
    """The queues of the data that make up a planned queue and have a truth."""
    planned = scenario.staffing.queues.get(queue)
    names = planned.volume_from.calls if planned is not None else [queue]
    return [name for name in names if name in known]


def _against(stated: pd.DataFrame, requirement: pd.DataFrame) -> pd.DataFrame:
    """The agents rostered in `stated` against another requirement."""
    keys = ["queue", "interval_start"]
    table = requirement.drop(columns=["agents_rostered", "agents_short"], errors="ignore")
    table = table.merge(stated[[*keys, "agents_rostered"]], on=keys, how="left").fillna({"agents_rostered": 0.0})
    return table.assign(agents_short=(table["agents_required"] - table["agents_rostered"]).clip(lower=0))
