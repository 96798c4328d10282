"""The pipeline over history, scored against what came true."""
