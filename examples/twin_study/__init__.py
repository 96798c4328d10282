"""Tests of the twin: a region operated hour by hour, twin years compared with real years, and fits to observations."""
