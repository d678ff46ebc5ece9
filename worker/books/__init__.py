"""Nouns of bookkeeping: frozen records with no I/O; every stage speaks in them."""
