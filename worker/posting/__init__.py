"""From decisions to writes: what would be sent, under which key, and what must hold before it is.

Pure: nothing here reads a clock, a database or the network.
"""
