"""A loss of cooling, second by second: the hall's heat, its protection layers, and the trip."""
