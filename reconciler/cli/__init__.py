"""The command line: it wires the floors below together, speaks, and decides nothing."""
