"""The HTTP service: routes, people, the loop of the hour. It makes no decisions of its own."""
