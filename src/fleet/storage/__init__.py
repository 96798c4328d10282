"""The workspace folder, files that are whole or absent, stored telemetry, locks."""
