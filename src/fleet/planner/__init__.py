"""Places jobs into arrays of capacity and cost, step after step, without telemetry, physics or a fleet file."""
