"""What really happened: the one rule for a breach, and the outcome of each job. Shared by live and replay."""
