#!/usr/bin/env python
"""Consilium's command line; `manage.py up` starts the whole house."""

import os
import sys


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config.supervisor.command import main as run_house
    from config.supervisor.command import read_state_directory
    from config.supervisor.state import adopt_engine_urls

    if sys.argv[1:2] == ["up"]:  # without Django: small, and able to say what is broken
        return run_house(sys.argv[2:])
    adopt_engine_urls(state_directory=read_state_directory())
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
    return 0


if __name__ == "__main__":
    sys.exit(main())
