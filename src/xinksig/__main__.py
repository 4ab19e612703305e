"""Lets ``python -m xinksig`` run the command."""

import sys

from xinksig.cli import main

sys.exit(main())
