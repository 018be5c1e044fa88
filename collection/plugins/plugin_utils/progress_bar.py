"""The numbers of a fleet as one line that is redrawn, with a bar, where standard output is a terminal. Elsewhere each is a line."""
from __future__ import annotations

import os
import re
import shutil
import sys

from ansible_collections.hatci.automation.plugins.plugin_utils import progress

NUMBERS = re.compile(r'\b(\d+) of (\d+) finished\b')  # as the tasks for a fleet write them
WIDTH = 20
ERASE = '\r\x1b[K'
# Of `ansible-playbook` itself, which loads this before it forks its workers: their own standard output leads nowhere.
IS_TERMINAL = sys.stdout.isatty() and os.environ.get('TERM', 'dumb') != 'dumb'


class Lines:
    """The lines of progress of one task. Its last numbers stay as a line when it ends."""

    def __init__(self):
        self._open = ''  # the line of the bar, to which nothing may be added

    def __enter__(self):
        return self

    def __exit__(self, *dummy):
        if self._open:
            progress.show(ERASE + self._open)

    def show(self, line):
        numbers = NUMBERS.search(line) if IS_TERMINAL and progress.is_beside_lines() else None
        if numbers:
            # A line that the terminal wraps could not be erased.
            self._open = ('%s %s' % (drawn(*map(int, numbers.groups())), line))[:shutil.get_terminal_size().columns - 1]
        else:
            progress.show(ERASE + line if self._open else line)
        if self._open:
            progress.show(ERASE + self._open, newline=False)


def drawn(done, of):
    full = WIDTH * done // max(of, 1)
    return '[%s%s]' % ('#' * full, '.' * (WIDTH - full))
