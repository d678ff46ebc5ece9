"""Reading what banks and people write: folding, names, document references. Pure."""
