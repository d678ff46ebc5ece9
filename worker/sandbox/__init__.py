"""A stand-in Xero: a WSGI app over its own SQLite books and a real double-entry ledger.

It imports the standard library only, so a misreading of Xero's API made elsewhere in the
project cannot agree with itself here. Nothing leaves the machine.
"""
