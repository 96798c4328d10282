"""The dashboard: a replay as four pages in a browser, and as one HTML report."""
