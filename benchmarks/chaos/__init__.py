"""A city is phoned while its processes are killed, frozen and misled about the time: ``make chaos``."""
