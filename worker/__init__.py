"""Tieout: prepares and posts what ties a company's Xero books to its bank, unattended."""

__version__ = "0.1.0"
