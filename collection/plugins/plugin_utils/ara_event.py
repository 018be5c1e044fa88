from __future__ import annotations

from collections.abc import Mapping

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.hatci.automation.plugins.plugin_utils.binary import BinaryAction

ROLE = 'hatci.automation.ara_handlers'


class AraEventAction(BinaryAction):
    """Runs the program ara_event.

    In the handlers and tasks of the role ara_handlers, an event that can't be used is only warned of, unless the play
    insists on ARA. A payload may name a `playbook`, as ARA's API has it: the run is known without.
    """

    def run(self, tmp=None, task_vars=None):
        role = self._task._role
        if not role or role.get_name() != ROLE:
            return super().run(tmp, task_vars)
        events = self._task.args.get('events')
        if isinstance(events, (list, tuple)):
            self._task.args['events'] = [without_playbook(event) for event in events]
        result = super().run(tmp, task_vars)
        if result.get('failed') and not boolean(self._task.args.get('fail_on_error') or False, strict=False):
            result = {'changed': False, 'warnings': [
                *result.get('warnings', ()), 'An event for ARA was skipped. %s' % result.get('msg')]}
        elif not events and 'ara_send_event' in (getattr(self._task, 'listen', None) or ()):
            result['warnings'] = [*result.get('warnings', ()), (
                'No event of %s was sent to ARA: ara_send_event was notified, but ara_event_payload is empty. Set it with '
                'set_fact in the task that notifies.' % (task_vars or {}).get('inventory_hostname'))]
        return result


def without_playbook(event):
    if not isinstance(event, Mapping):
        return event
    return {option: value for option, value in event.items() if option != 'playbook'}
