"""Turns telemetry into the conditions at many origins: forecasts, bounds, headroom and costs. Arrays only; no I/O."""
