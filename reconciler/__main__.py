"""``python -m reconciler`` is ``assistants-sync``."""

import sys

if not sys.flags.safe_path:  # of -P, -I and PYTHONSAFEPATH
    del sys.path[0]  # the working directory, so that nothing of a checkout is imported

from reconciler.cli.main import main

main()
