"""Who is called when: roster, tiers, calling windows, retries, planner and dialer."""
