"""Shows a line of progress where it spoils nothing: standard output belongs to the callback that the user chose."""
from __future__ import annotations

import functools

from ansible import constants as C
from ansible.plugins.loader import callback_loader
from ansible.utils.display import Display

display = Display()

LINES = ('minimal', 'oneline')  # those that print line by line and are not built on `default`
HEADING = 'v2_playbook_on_task_start'


def show(line, color=None, newline=True):
    """On standard output beside a callback that prints line by line; else, as beside one that prints JSON, on standard error.

    What has no end yet is for the screen only.
    """
    display.display(line, color=color, stderr=not is_beside_lines(), screen_only=not newline, newline=newline)


def deliver():
    """Wait until all that was shown has reached `ansible-playbook`: for a worker that is about to end.

    ansible-core 2.15 sends it from a thread. A worker that ends while this thread sends leaves the queue locked, and `ansible-playbook` would
    wait for it forever.
    """
    queue = display._final_q
    if hasattr(queue, 'join_thread'):
        queue.close()
        queue.join_thread()


def is_beside_lines():
    """Whether the callback that the user chose prints line by line."""
    return prints_lines(C.DEFAULT_STDOUT_CALLBACK)


@functools.lru_cache(maxsize=None)
def prints_lines(name):
    """Whether this callback is for people: whoever prints JSON has no use for the headings of `default`, even if built on it."""
    if name.removeprefix('ansible.builtin.') in LINES:
        return True
    callback = callback_loader.get(name, class_only=True)
    default = callback_loader.get('default', class_only=True)
    return getattr(callback, HEADING, None) is getattr(default, HEADING)
