"""A loss of cooling, second by second: the heat of the hall, its layers of protection, and the trip."""
