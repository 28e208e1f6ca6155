"""Churn, potential, anomalies and segments."""

from forecasting.customers.score import score_customers

__all__ = ["score_customers"]
