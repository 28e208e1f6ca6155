"""The `forecast:` and `next_best_action:` blocks: what will happen, and what an action is worth."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from scenarios.schema.base import Block, Fraction, Name, NotNegative, Percent, misfit


class Redial(Block):
    """When a call counts as a repeat of an earlier one and not as new demand."""

    window_minutes: NotNegative = 30
    """A call within so many minutes of the caller's last one is a redial; 0 switches the rule off."""
    after: Literal["abandoned", "any"] = "abandoned"
    """Only after an abandoned call, or after any."""
    same_queue: bool = True
    """Only where both calls went to the same queue."""


class CallSettings(Block):
    """Call volumes and handle times."""

    days: Annotated[int, Field(ge=1, le=62)] = 14
    """Days forecast, from the day after `as_of`."""
    interval_minutes: Literal[15, 30, 60] = 30
    """Length of a forecast interval."""
    quantiles: Annotated[list[Fraction], Field(min_length=1)] = [0.1, 0.5, 0.9]
    """Quantiles written to the forecast table."""
    sample_paths: Annotated[int, Field(ge=20, le=5000)] = 200
    """Number of joint sample paths that carry the uncertainty."""
    redial: Redial = Redial()
    """When a call is a redial."""


class ClosureSettings(Block):
    """Closure probability of open deals."""

    start_stages: list[Name] = []
    """Stages in which a clean deal starts; empty: any. Deals that start elsewhere form the `all` regime only."""
    horizon_days: Annotated[int, Field(ge=1, le=730)] = 90
    """A deal is won if it closes within so many days."""
    hidden_states: Annotated[int, Field(ge=2, le=12)] = 4
    """States of the hidden Markov model, per class."""
    fiscal_year_begins: Annotated[int, Field(ge=1, le=12)] = 1
    """Month in which the fiscal year begins; a fiscal year is named for the calendar year in which it ends."""


class Forecast(Block):
    """What will happen."""

    calls: CallSettings = CallSettings()
    """Calls."""
    closure: ClosureSettings = ClosureSettings()
    """Deals."""


class Adjust(Block):
    """At most so many percent up or down; for the order only, never for the euros."""

    recency: Percent = 0
    """Longer since the last contact: up."""
    digital_engagement: Percent = 0
    """Digitally engaged: digital channels up, others down."""
    support_friction: Percent = 0
    """Open tickets: sales contacts down."""


class NextBestAction(Block):
    """What an action is worth."""

    value_from: Annotated[list[Literal["churn_risk", "potential", "open_opportunities"]], Field(min_length=1)] = [
        "churn_risk",
        "potential",
        "open_opportunities",
    ]
    """Sources of value; their euros sum to the value."""
    adjust_pct: Adjust = Adjust()
    """Adjustments of the order."""
    effects: Literal["estimated", "assumed"] = "estimated"
    """`estimated`: how channels and customers compare is learned from `data.interactions`, channel by channel, once it
    holds 100 contacts and 100 customers left alone by lot; `assumed`: the lifts and reductions of `channels` stand."""
    waiting_pct_per_day: Percent = 0
    """A visit loses so many percent of its value with each day of the plan that it waits; a customer's own
    `waiting_pct_per_day` wins."""


class Channel(Block):
    """A way to reach a customer, and what one contact by it does."""

    contact_minutes: NotNegative
    """Minutes that one contact takes; a customer's `visit_minutes` wins in the field."""
    cost_eur_per_hour: NotNegative = 0
    """Cost of an hour of contact, on top of pay that accrues anyway."""
    win_lift_points: Annotated[float, Field(ge=0, le=100)] = 0
    """A contact raises the closure probability of open deals by so many percentage points."""
    churn_reduction_pct: Percent = 0
    """A contact lowers the churn probability by so many percent of itself."""
    growth_lift_pct: Percent = 0
    """A contact raises the potential by so many percent."""
    capacity_minutes_per_day: NotNegative | None = None
    """Minutes of contact a day; field capacity comes from the reps; none: unlimited."""
    budget_minutes_per_week: NotNegative | None = None
    """Minutes of contact a week, on whichever days; not for `field`. Weeks are counted from the horizon's start; a week
    begun counts whole, and one budget is spent over the whole horizon."""
    budget_eur_per_week: NotNegative | None = None
    """Euros of contact cost (`cost_eur_per_hour`) a week, counted like `budget_minutes_per_week`; where both are given
    both hold."""
    digital: bool | None = None
    """Whether the customer uses a screen; unless given: `self_service` and names with web, mail, chat or app do."""

    @model_validator(mode="after")
    def _budget_has_a_cost(self) -> "Channel":
        if self.budget_eur_per_week is not None and self.cost_eur_per_hour == 0:
            raise misfit(
                "budget_eur_per_week",
                "a budget in euros limits nothing while an hour of contact costs nothing; give `cost_eur_per_hour`, or "
                "limit `budget_minutes_per_week`",
            )
        return self

    def budget_minutes(self, days: int) -> float | None:
        """Minutes of contact that the budgets allow in a horizon of so many days; None: no budget."""
        given = [] if self.budget_minutes_per_week is None else [self.budget_minutes_per_week]
        if self.budget_eur_per_week is not None:
            given.append(60 * self.budget_eur_per_week / self.cost_eur_per_hour)
        return min(given) * -(-days // 7) if given else None


class ContactPolicy(Block):
    """How often and how a customer may be contacted."""

    max_contacts_per_customer_per_week: Annotated[int, Field(ge=0, le=7)] = 1
    """Planned contacts a customer and week, over all channels."""
    respect_consent: bool = True
    """Never use a channel the customer gave no consent to. A customer without a consent entry consents to none but
    self-service."""
    preference_bonus_pct: Percent = 0
    """The preferred channel counts so many percent more in the order."""
