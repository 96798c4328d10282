"""Air, cooling, power and water of a region: pure functions that broadcast over any array shape.

Supply temperature, inlet temperature and facility power never fall as weather gets warmer or more humid, or as load
rises. So a limit that holds at the bounds of the inputs holds for all inputs up to the bounds. Missing input (NaN)
gives missing output.

The package `trip` simulates a loss of cooling second by second. It refuses missing input.
"""
