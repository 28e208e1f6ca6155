"""Closure probability of open deals."""
