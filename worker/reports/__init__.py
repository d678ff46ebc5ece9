"""STAGE reports: figures to frozen models to pages; no network, database, clock or scheduler."""
