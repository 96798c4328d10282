"""The actual hours, the one rule for a breach, and the outcome of each job. `live` and `replay` share them."""
