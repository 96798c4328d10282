"""Air, cooling, power and water of a region: pure functions that broadcast over any array shape.

Supply temperature, inlet temperature and facility power never fall as weather gets warmer or more humid, or as load
rises. So a limit that holds at the upper bounds of weather and load holds for all values up to these bounds. Missing
weather (NaN) gives a missing result; `headroom.py` then allows no load.

The package `trip` simulates a loss of cooling second by second. It refuses missing values.
"""
