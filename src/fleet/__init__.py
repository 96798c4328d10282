"""Where and when AI jobs should run, decided against calibrated bounds."""

__version__ = "0.1.0"
