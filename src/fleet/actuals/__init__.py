"""The actual hours: the one rule for a breach, and the outcome of each job. Live and replay share them."""
