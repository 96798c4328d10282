"""Evidence that the twin is right: a region run hour by hour, twin years beside real ones, and fits to observations."""
