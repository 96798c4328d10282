"""The six pages of the dashboard: widgets and texts around figures. `dashboard.data` gives the numbers."""
