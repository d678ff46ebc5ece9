"""STAGE delivery: finished pages to where their reader finds them."""
