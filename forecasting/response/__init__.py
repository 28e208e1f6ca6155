"""What a contact changes, learned from contacts that were made, and from those left to chance above all."""

from forecasting.response.learn import Response, learn_response

__all__ = ["Response", "learn_response"]
