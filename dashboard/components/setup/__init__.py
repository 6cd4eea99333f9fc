"""Setting up: settings, the first arrivals, whether a worker runs."""
