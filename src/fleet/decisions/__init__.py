"""One hour: decide the waiting jobs, carry the state on, explain each decision, advise migrations. No I/O."""
