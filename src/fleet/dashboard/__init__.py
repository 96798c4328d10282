"""The dashboard: live hours and a replay as six pages in a browser, and as one HTML report."""
