"""The panel: Flask pages and JSON for social workers, coordinators and auditors."""
