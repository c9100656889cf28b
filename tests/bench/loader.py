"""What PyYAML needs for the texts alone: ``loader.py FILE…``."""

import sys
from pathlib import Path

import yaml

for path in sys.argv[1:]:
    yaml.load(Path(path).read_text(), yaml.CSafeLoader)
