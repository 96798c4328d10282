"""Turns telemetry into conditions at many origins: forecasts, bounds, headroom and costs. Reads and writes no files."""
