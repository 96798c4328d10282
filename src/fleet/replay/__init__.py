"""Runs the decisions over past hours, and scores them with the actual values."""
