"""The four pages: widgets and texts around figures. `dashboard.data` reads and computes what the pages show."""
