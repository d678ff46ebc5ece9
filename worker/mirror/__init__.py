"""The local SQL copy of the ledger, with our bank lines, decisions and writes beside it.

Every function takes a Connection, then the organisation's name in the configuration; every row and
every query carries that name. Two organisations never see each other's rows.
"""
