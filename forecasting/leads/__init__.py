"""Conversion probability of leads."""

from forecasting.leads.score import score_leads

__all__ = ["score_leads"]
