"""What happens next: decisions, work orders, the notification outbox and the auditor."""
