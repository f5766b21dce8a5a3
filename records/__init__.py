"""The ledger: tables, migrations, sessions, audit trail, encryption of personal fields."""
