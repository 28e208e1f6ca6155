"""What to say and to heed at a contact, in five parts, put together from facts of the tables and nothing else.

Parts: context, rationale, actions, objection handling, compliance and SLA reminders. A fact that is not known gives no
sentence; advice is worded as advice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from outputs.dossier import Dossier
from outputs.visits import again
from planner.next_best import beside_next_best
from scenarios.clock import format_clock
from scenarios.schema import FIELD, Scenario

SMALL_EUR = 0.005
"""Below half a cent nothing is worth naming."""
DEALS_NAMED = 3
LONG_SILENCE_DAYS = 30
TITLES = ("Context", "Rationale", "Actions", "Objections", "Compliance and SLA")


@dataclass(frozen=True)
class Script:
    """Sentences of the five parts."""

    context: tuple[str, ...]
    rationale: tuple[str, ...]
    actions: tuple[str, ...]
    objections: tuple[str, ...]
    reminders: tuple[str, ...]

    def on_paper(self) -> tuple[str, str]:
        """What a printed sheet shows of it: the actions, and consent with the contact policy."""
        return " ".join(self.actions), " ".join(self.reminders[:2])

    def parts(self) -> list[tuple[str, str]]:
        """(title, text) of each part."""
        texts = (self.context, self.rationale, self.actions, self.objections, self.reminders)
        return [(title, " ".join(sentences)) for title, sentences in zip(TITLES, texts, strict=True)]


def write_script(dossier: Dossier, scenario: Scenario, *, at: pd.Timestamp, planned: str = "") -> Script:
    """The script of a contact.

    Args:
        at: the contact's day, or its start. planned: span of a visit in words (`09:35 to 10:05`), else empty.
    """
    d, s = dossier, scenario
    return Script(
        tuple(_context(d, s)),
        tuple(_rationale(d, s)),
        tuple(_actions(d, s)),
        tuple(_objections(d, s, at)),
        tuple(_reminders(d, s, planned)),
    )


def _context(d: Dossier, s: Scenario) -> Iterator[str]:
    """Who this is and what came last."""
    if d.score is not None and _is_text(d.score.segment):
        yield f"Segment: {d.score.segment}."
    if d.earlier_visits:
        yield f"{again(d.earlier_visits)}."
    elif (last := _last_contact(d)) is None:
        yield "No earlier contact is on record."
    else:
        yield f"Last contact {_day(last)}."
    if d.purchase is not None:
        yield f"Last purchase {_day(d.purchase.date)}: {_money(d.purchase.amount_eur, s)}."
    if tickets := _tickets(d):
        yield f"{_count(tickets, 'open ticket')}."
    if d.cases:
        named = ", ".join(_case(case) for case in d.cases[:DEALS_NAMED])
        yield f"Open {'case' if len(d.cases) == 1 else 'cases'}: {named}{_more(len(d.cases) - DEALS_NAMED)}."
    if d.score is not None and d.score.is_anomaly and _is_text(d.score.anomaly_reason):
        yield f"Unusual: {d.score.anomaly_reason}."


def _rationale(d: Dossier, s: Scenario) -> Iterator[str]:
    """Why now: the worth by parts, what each rests on, and how far the effect is known."""
    a = d.action
    if a is None:
        yield "No worth is known for this contact."
        return
    named = (("from open deals", a.win_eur), ("from keeping the customer", a.churn_eur), ("from growth", a.growth_eur))
    parts = [f"{_money(value, s)} {what}" for what, value in named if value >= SMALL_EUR]
    cost = f", less {_money(a.contact_cost_eur, s)} for the contact" if a.contact_cost_eur >= SMALL_EUR else ""
    of = f": {', '.join(parts)}" if parts else ""
    yield f"Worth {_money(a.value_eur, s)} of margin{of}{cost}."
    if d.score is not None:
        months = s.money.value_horizon_months
        facts = []
        if d.score.churn_probability > 0:  # 0 and NaN: nothing was learnt
            facts.append(f"risk to leave {100 * d.score.churn_probability:.0f} %")
        if d.score.potential_eur > 0:
            facts.append(f"expected sales {_money(d.score.potential_eur, s)} in {_count(months, 'month')}")
        if facts:
            text = ", ".join(facts)
            yield f"{text[0].upper()}{text[1:]}."
        if d.score.churn_probability > 0 and (because := getattr(d.score, "churn_reason", "")):
            yield f"The risk is {because}."
    if a.evidence == "estimated":
        yield f"Effect estimated from contacts drawn by lot: {a.effect_factor:.2f} of what the scenario assumes."
    else:
        yield "Effect assumed by the scenario, not measured."


def _actions(d: Dossier, s: Scenario) -> Iterator[str]:
    """What to do, the most pressing first."""
    if tickets := _tickets(d):
        yield f"Settle first: {_count(tickets, 'open ticket')}; say who does it, and when."
    for deal in d.deals[:DEALS_NAMED]:
        chance = f", {100 * deal.win_probability:.0f} % to close" if pd.notna(deal.win_probability) else ""
        amount = f"{_money(deal.amount_eur, s)}, " if pd.notna(deal.amount_eur) else ""
        dwell = f" for {_count(deal.dwell_days, 'day')}" if pd.notna(deal.dwell_days) else ""
        stage = f"stage {deal.stage}{dwell}" if _is_text(deal.stage) else "stage not known"
        because = getattr(deal, "reason", "")
        told = f" Its chance is {because}." if because.startswith(("raised", "lowered")) else ""
        yield f"Deal {deal.opportunity_id} ({amount}{stage}{chance}): agree on the next step.{told}"
    if len(d.deals) > DEALS_NAMED:
        rest = sum(deal.amount_eur for deal in d.deals[DEALS_NAMED:] if pd.notna(deal.amount_eur))
        yield f"{_count(len(d.deals) - DEALS_NAMED, 'more deal')} of {_money(rest, s)} together."
    if d.action is not None and d.action.churn_eur >= max(SMALL_EUR, d.action.growth_eur):
        yield "Ask what would make them stay."
    elif d.action is not None and d.action.growth_eur >= SMALL_EUR:
        yield "Ask what else they need."
    elif not d.deals and not _tickets(d):
        yield "Ask how things stand."


def _objections(d: Dossier, s: Scenario, at: pd.Timestamp) -> Iterator[str]:
    """What they may say, and what is true."""
    if tickets := _tickets(d):
        yield f"“My trouble is not settled”: right, {_count(tickets, 'ticket')} {'is' if tickets == 1 else 'are'} open."
    last = _last_contact(d)
    if not d.earlier_visits and last is not None and (at - last).days >= LONG_SILENCE_DAYS:
        yield f"“Nobody has been in touch”: right, not since {_day(last)}."
    if d.deals:
        stage = d.deals[0].stage
        missing = f"to leave stage {stage}" if _is_text(stage) else "to decide"
        yield f"“I am still thinking about it”: ask what is missing {missing}."
    yield _no_time(d, s)


def _no_time(d: Dossier, s: Scenario) -> str:
    """What else could be offered: the channel preferred, else the plan's next best."""
    preferred = d.customer.preferred_channel if d.customer is not None else None
    agreed = d.customer.consent if d.customer is not None else ()
    if isinstance(preferred, str) and preferred not in ("", d.channel) and preferred in agreed:
        return f"“I have no time”: offer {_channel(preferred)}, which they prefer and agreed to."
    other = d.allocation.runner_up if d.allocation is not None else ""
    if _is_text(other) and other not in ("", "none"):
        words = beside_next_best(d.allocation, d.action, d.next_best, unit=s.money.currency)
        return f"“I have no time”: the plan's next best is {_channel(other)}{f', {words}' if words else ''}."
    return "“I have no time”: no other channel would pay; ask when it suits."


def _reminders(d: Dossier, s: Scenario, planned: str) -> Iterator[str]:
    """Consent, rules and promises."""
    if d.action is not None and d.action.consent:
        yield f"Consent to {_channel(d.channel)} is on record; write down a withdrawal at once."
    else:
        yield f"No consent to {_channel(d.channel)} is on record; ask for it first."
    most = s.contact_policy.max_contacts_per_customer_per_week
    yield f"At most {_count(most, 'contact')} a week."
    c = d.customer
    if c is not None:
        if c.windows:
            spans = " and ".join(f"{format_clock(a)}-{format_clock(b)}" for a, b in c.windows)
            yield f"May be visited {spans}." if d.channel == FIELD else f"Visiting hours {spans}."
        if pd.notna(c.due_date):
            yield f"A visit is due by {_day(c.due_date)}."
        if c.required:
            yield "A visit is required this week."
        if d.channel == FIELD and _is_text(c.required_skill):
            yield f"Needs the skill {c.required_skill.replace('_', ' ')}."
    if d.channel == FIELD:
        if planned:
            yield f"Planned {planned}."
    else:
        level = s.staffing.service_level
        minutes = d.allocation.minutes if d.allocation is not None else s.channels[d.channel].contact_minutes
        yield (
            f"Planned {_count(minutes, 'minute')}; meanwhile {level.answered_pct:g} % of callers "
            f"are promised an answer within {level.within_seconds:g} s."
        )


def _last_contact(d: Dossier) -> pd.Timestamp | None:
    last = d.customer.last_contact_date if d.customer is not None else None
    return None if last is None or pd.isna(last) else last


def _tickets(d: Dossier) -> int:
    tickets = d.customer.open_tickets if d.customer is not None else 0
    return int(tickets) if pd.notna(tickets) else 0


def _case(case: Any) -> str:
    topic = case.topic if _is_text(case.topic) else str(case.case_id)
    return f"{topic} since {_day(case.opened_at)}"


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""


def _money(amount: float, scenario: Scenario) -> str:
    """Whole amounts from 100 on, cents below."""
    text = f"{amount:,.0f}" if abs(amount) >= 100 else f"{round(amount, 2) + 0.0:.2f}"
    return f"{text} {scenario.money.currency}"


def _day(day: pd.Timestamp) -> str:
    return f"{day.day} {day:%B %Y}"


def _count(number: float, noun: str) -> str:
    whole = round(number)
    return f"{whole:,} {noun}{'' if whole == 1 else 's'}"


def _channel(name: str) -> str:
    return name.replace("_", " ")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""
