"""A closure model as a sales director reads it: periods, lead time, reliability, pipeline value, people."""

from forecasting.closure.report.intervals import by_deal, difference_interval, interval
from forecasting.closure.report.judged import Judged
from forecasting.closure.report.lead_time import by_lead_time, largest_lead
from forecasting.closure.report.people import by_owner
from forecasting.closure.report.periods import by_period
from forecasting.closure.report.regimes import by_regime
from forecasting.closure.report.reliability import reliability
from forecasting.closure.report.revenue import Drift, fit_drift, pipeline

__all__ = [
    "Drift",
    "Judged",
    "by_deal",
    "by_lead_time",
    "by_owner",
    "by_period",
    "by_regime",
    "difference_interval",
    "fit_drift",
    "interval",
    "largest_lead",
    "pipeline",
    "reliability",
]
