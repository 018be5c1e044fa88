"""Writes every task's result as one JSON line to the file named by TASK_RESULTS."""
from __future__ import annotations

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: task_results
type: aggregate
short_description: Writes every task's result as a JSON line
description: For the end-to-end tests.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'aggregate'
    CALLBACK_NAME = 'task_results'
    CALLBACK_NEEDS_ENABLED = True

    def write(self, status, done):
        # ansible-core 2.19 and later warn about the old names; older ones have only those.
        host, task, result = (getattr(done, name, None) or getattr(done, '_' + name) for name in ('host', 'task', 'result'))
        line = {'task': task.get_name().rpartition(' : ')[2], 'action': task.action, 'host': host.get_name(),
                'status': status, 'result': {key: result[key] for key in result if not key.startswith('_ansible_')}}
        with open(os.environ['TASK_RESULTS'], 'a', encoding='utf-8') as file:
            file.write(json.dumps(line, default=str) + '\n')

    def v2_runner_on_ok(self, result):
        self.write('ok', result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.write('ignored' if ignore_errors else 'failed', result)

    def v2_runner_on_skipped(self, result):
        self.write('skipped', result)

    def v2_runner_on_unreachable(self, result):
        self.write('unreachable', result)
