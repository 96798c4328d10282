"""What shows that the twin is right: a region run hour by hour, years beside real ones, and fits to observations."""
