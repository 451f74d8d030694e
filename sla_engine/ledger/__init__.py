"""The ledger: tables, migrations, storage."""
