"""Tells `hatci_fleet_close` which of its test events a task of this job has closed as FAIL: a server need not show them."""
from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.hatci.automation.plugins.plugin_utils import outcomes
from ansible_collections.hatci.automation.plugins.plugin_utils.binary import BinaryAction


class HatciFleetCloseAction(BinaryAction):
    """Runs the program hatci_fleet_close."""

    def run(self, tmp=None, task_vars=None):
        events = self._task.args.get('test_events')
        if isinstance(events, (list, tuple)):
            recorded = outcomes.recorded()
            self._task.args['test_events'] = [self._with_own_failure(event, recorded) for event in events]
        return super().run(tmp, task_vars)

    @staticmethod
    def _with_own_failure(event, recorded):
        own = recorded.get(str(event.get('test_event_id')).strip(), {}) if isinstance(event, Mapping) else {}
        return {'failed_in_job': own['summary'], **event} if own.get('status') == 'FAIL' else event
