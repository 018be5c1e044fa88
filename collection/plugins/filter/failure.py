"""Tells the failure that has ended the tasks of a block from what Ansible keeps of failures."""
from __future__ import annotations

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.hatci.automation.plugins.plugin_utils import stopped_hosts

HIDDEN = {'msg': 'its output is hidden by no_log'}


def failure(task, result, host):
    """The name of the task, and what it has returned as far as that may be shown; both empty if no task of the host has failed."""
    if not task or stopped_hosts.is_stopped(host):
        return {'task': '', 'result': {}}
    return {'task': _name(task), 'result': HIDDEN if _is_hidden(task) else _without_hidden_items(result)}


def _name(task):
    try:
        return task['name'] or ''  # as it is: it knows where it was read, from which hatci_outcome finds what it is for this host
    except Exception:  # from ansible-core 2.19 on, it is a template with, for example, the variable of a loop that is over
        return ''


def _is_hidden(task):
    try:
        return boolean(task['no_log'], strict=False)
    except Exception:  # likewise; what may have been hidden stays hidden
        return True


def _without_hidden_items(result):
    if result.get('_ansible_no_log'):
        return HIDDEN
    items = result.get('results')
    if not isinstance(items, list):
        return result
    is_hidden = [isinstance(item, dict) and bool(item.get('_ansible_no_log')) for item in items]
    shown = [{**HIDDEN, 'failed': item.get('failed', False)} if hidden else item for item, hidden in zip(items, is_hidden)]
    return {**result, 'results': shown} if any(is_hidden) else result


class FilterModule:
    """What Ansible loads."""

    def filters(self):
        return {'failure': failure}
