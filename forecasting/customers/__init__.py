"""Churn, potential, anomalies and segments."""
