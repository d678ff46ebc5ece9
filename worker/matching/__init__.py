"""Which bank line settles which document, and why. Pure: no network, database, clock or files."""
