"""The replay as one HTML file that needs nothing else."""
