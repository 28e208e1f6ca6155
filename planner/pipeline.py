"""The data's path through one week, on one screen: from what is known to who does what when."""

from inputs.types import Tables
from planner.agree import agree_on_visits
from planner.audit import audit
from planner.cache import StageCache
from planner.clashes import demand_clashes, find_clashes, refuse
from planner.classic.week import classic_week
from planner.flags import flags_of
from planner.kpis import key_figures
from planner.replan import plan_again
from planner.tables import plan_tables
from planner.types import Decisions, Plan
from scenarios.schema import Scenario
from solvers.staffing import plan_staffing
from solvers.team import make_team, rep_days
from solvers.territories import assign_territories


def make_plan(scenario: Scenario, tables: Tables, *, cache: StageCache | None = None, classic: bool = False) -> Plan:
    """The plan of `scenario` over `tables`; a stage whose inputs are unchanged is answered from `cache`.

    classic: decide the classic way (planner/classic), as a yardstick; the forecasts are the same.

    Raises:
        NoLegalPlan: laws, pins and required work contradict each other; a `Contradiction` names what clashes.
    """
    cache = cache or StageCache()
    if scenario.replan is not None:
        return plan_again(scenario, tables, cache=cache)
    # Imported here: a plan in hand is never forecast anew, and the learners take a second to load.
    from forecasting.calls import apply_events, forecast_calls
    from forecasting.closure import forecast_closure
    from forecasting.customers import score_customers
    from forecasting.leads import score_leads
    from forecasting.next_best_action import value_actions
    from forecasting.response import learn_response

    run, s, t = cache.run, scenario, tables
    seed, effort, limits, engines = s.solve.seed, s.solve.effort, s.solve.time_limit_seconds, s.solve.engines
    visit_minutes = s.visit_minutes()
    clashes = find_clashes(s, t)
    refuse(clashes)

    usual_calls = run(
        "calls", forecast_calls, t.demand, t.handled, settings=s.forecast.calls,
        opening_hours=s.staffing.opening_hours, country=s.staffing.country, as_of=s.as_of, seed=seed,
        exogenous=t.exogenous,
    )  # fmt: skip
    calls = apply_events(usual_calls, s.events)
    closure = run(
        "closure", forecast_closure, t.opportunities, t.stage_events, settings=s.forecast.closure, as_of=s.as_of,
        seed=seed,
    )  # fmt: skip
    customers = run(
        "customers", score_customers, t.customers, t.customer_history, t.transactions, as_of=s.as_of,
        value_horizon_months=s.money.value_horizon_months, seed=seed,
    )  # fmt: skip
    leads = run("leads", score_leads, t.leads, t.lead_history, seed=seed)
    response = None
    if s.next_best_action.effects == "estimated":
        names = tuple(s.channels)
        response = run("response", learn_response, t.interactions, t.customers, channels=names, seed=seed)
    actions = run(
        "actions", value_actions, t.customers, customers, closure, channels=s.channels, policy=s.contact_policy,
        settings=s.next_best_action, money=s.money, as_of=s.as_of, response=response,
    )  # fmt: skip

    team = make_team(t.reps, t.current_territories, t.customers, settings=s.reps, default_visit_minutes=visit_minutes)
    days = rep_days(team, t.absences, settings=s.reps, horizon=s.horizon)
    if classic:
        territories, agreed, roster = classic_week(scenario, tables, team, days, calls, actions, cache=cache)
    else:
        territories = cache.search(
            "territories", assign_territories, t.customers, team, t.current_territories, t.areas, days,
            settings=s.territories, default_visit_minutes=visit_minutes, effort=effort,
            time_limit_seconds=limits.territories, seed=seed,
        )  # fmt: skip
        agreed = agree_on_visits(scenario, tables, team, days, territories, actions, cache=cache)
        roster = cache.search(
            "staffing", plan_staffing, calls, t.agents, t.absences, t.shift_requests, settings=s.staffing,
            horizon=s.staffing_horizon(), engine=engines.staffing, effort=effort, time_limit_seconds=limits.staffing,
            seed=seed,
        )  # fmt: skip

    decisions = Decisions(
        team, days, calls, closure, customers, leads, actions, territories, agreed.offered, agreed.channels,
        agreed.routes, roster, agreed.rounds,
    )  # fmt: skip
    handed_over = plan_tables(decisions)
    findings = audit(scenario, tables, handed_over)
    kpis = key_figures(scenario, handed_over)
    flags = flags_of(decisions, t.customers, handed_over, findings, interrupted=cache.interrupted())
    clashes += demand_clashes(s, t, roster.requirement)
    return Plan(scenario, decisions, handed_over, findings, kpis, flags, clashes)
