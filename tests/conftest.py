from hypothesis import settings

# Reproducible, without a data base on disk, and without a stopwatch.
settings.register_profile("fleet", deadline=None, derandomize=True, database=None, max_examples=50)
settings.load_profile("fleet")
