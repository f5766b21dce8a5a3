"""A city of many elders with a year of visits on PostgreSQL: ``make bench-campaigns``."""
