"""Scores of forecasts and bands against the actual values."""
