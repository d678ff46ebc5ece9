"""From statement files to bank lines: a file is read completely or refused as a whole."""
