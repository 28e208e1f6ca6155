"""Call volumes and handle times."""

from forecasting.calls.events import apply_events
from forecasting.calls.forecast import forecast_calls

__all__ = ["apply_events", "forecast_calls"]
