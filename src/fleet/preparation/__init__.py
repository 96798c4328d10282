"""Telemetry to conditions at many origins: forecasts, bounds, physics, headroom. Takes and returns arrays; no I/O."""
