"""One live hour, decided from the stored telemetry and the ledger."""
