"""The demo village: twenty-four fictional elders who answer the telephone with real speech."""
