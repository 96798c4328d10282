"""Forecasts and bands scored against what really happened."""
