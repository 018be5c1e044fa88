from __future__ import annotations

DOCUMENTATION = """
name: ara_queue
type: aggregate
short_description: Keeps every event that is set for ARA before a flush
version_added: 1.0.0
description:
  - Ansible runs a handler once for each flush, and the handler sees only the last value of a fact. If two events are set as
    C(ara_event_payload) before one flush, the handler C(ara_send_event) of the role P(hatci.automation.ara_handlers#role) would
    send only the last one.
  - With this callback, every value that C(set_fact) sets is added to the host's C(ara_event_payload), also in loops, until
    the handler has sent it or the play ends. So all events are sent, in order, and plays need no change.
  - A list that begins with the kept events replaces them, so events can also be appended. An empty list discards all events.
  - The values of a task with C(no_log) are hidden from callbacks, so they are not kept.
  - The callback prints nothing.
author:
  - HATCI automation (@hatci)
requirements:
  - Enabled as C(hatci.automation.ara_queue) in C(callbacks_enabled) of C(ansible.cfg), or in the environment variable
    C(ANSIBLE_CALLBACKS_ENABLED).
"""

from ansible.plugins.callback import CallbackBase

FACT = 'ara_event_payload'


class CallbackModule(CallbackBase):
    """Gives each host all events that were set for it, instead of the last."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'aggregate'
    CALLBACK_NAME = 'hatci.automation.ara_queue'
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_play_start(self, play):
        self._variables = play.get_variable_manager()
        self._kept = {}

    def v2_runner_on_ok(self, result):
        if result._task.action.rpartition('.')[2] != 'set_fact':
            return
        outcome = result._result
        for one in outcome['results'] if result._task.loop is not None else [outcome]:
            if FACT in one.get('ansible_facts', ()):
                self._keep(result._host.name, one['ansible_facts'][FACT])

    def _keep(self, host, payload):
        kept = self._kept.get(host, [])
        events = payload if isinstance(payload, list) else [payload]
        if not events or events[:len(kept)] == kept:
            kept = events
        else:
            kept = kept + events
        self._kept[host] = kept
        self._variables.set_nonpersistent_facts(host, {FACT: list(kept)})
