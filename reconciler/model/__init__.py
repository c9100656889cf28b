"""Values: frozen dataclasses and pure functions, no I/O and no third-party import."""
