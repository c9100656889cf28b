"""Text that people write → documents → Desired; every mistake located, all of them at once."""
