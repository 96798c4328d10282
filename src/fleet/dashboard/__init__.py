"""The command center: a replay as three pages for people, and the same as one HTML file."""
