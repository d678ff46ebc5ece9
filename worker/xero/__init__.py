"""The ledger over HTTP: Xero's accounting API spoken carefully, behind `books.ports.Ledger`."""
