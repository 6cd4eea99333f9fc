"""The doors that listen: one loopback port for screens, health and, when they come, API and gateway."""
