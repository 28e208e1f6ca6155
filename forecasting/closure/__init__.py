"""Closure probability of open deals."""

from forecasting.closure.forecast import forecast_closure

__all__ = ["forecast_closure"]
