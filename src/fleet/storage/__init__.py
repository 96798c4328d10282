"""The workspace folder: paths, complete files, stored telemetry and locks."""
