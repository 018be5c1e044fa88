"""Prints one JSON object at the end of a run, as callbacks do whose output other programs read."""
from __future__ import annotations

import json

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: whole_json
type: stdout
short_description: Prints one JSON object at the end
description: For the end-to-end tests.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'stdout'
    CALLBACK_NAME = 'whole_json'

    def v2_playbook_on_stats(self, stats):
        self._display.display(json.dumps({'failures': dict(stats.failures), 'ok': dict(stats.ok)}))
