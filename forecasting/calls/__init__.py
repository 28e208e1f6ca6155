"""Call volumes and handle times."""

from forecasting.calls.events import apply_events
from forecasting.calls.forecast import forecast_calls
from forecasting.calls.totals import path_totals, staffing_minutes

__all__ = ["apply_events", "forecast_calls", "path_totals", "staffing_minutes"]
