"""The panel: Flask pages and JSON for social workers and coordinators."""
