"""One hour, without I/O: decides the waiting jobs, updates the state, explains each decision, advises migrations."""
