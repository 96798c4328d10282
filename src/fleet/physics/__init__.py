"""Air, cooling, power and water of a region: pure functions that broadcast over any array shape.

Nothing here falls when it should rise: supply temperature, inlet temperature and facility power never fall as weather
gets warmer or more humid or as load rises, so a limit may be judged at the bound of its inputs. Missing input (NaN)
gives missing output.

A loss of cooling (`room`, `protection`, `cooling_loss`) goes second by second instead, and refuses missing input.
"""
