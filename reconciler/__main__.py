"""``python -m reconciler`` is ``assistants-sync``."""

from reconciler.cli.main import main

main()
