"""Notes the results of tasks with `async`, so that a verdict that arrives late is not reported as missing.

Such a program outlives its task, and what it returns arrives with `async_status`: the user's own, or the one with which Ansible polls. Only a
callback plugin could see it otherwise, and the user would have to enable that.
"""
from __future__ import annotations

import functools

from ansible.plugins.loader import action_loader
from ansible_collections.hatci.automation.plugins.plugin_utils import guard, outcome_notes, outcomes

# Ansible polls under the second name. By each it may load the plugin once more.
NAMES = ('ansible.builtin.async_status', 'ansible.legacy.async_status')
_wrapped = []


def watch():
    """Note what `async_status` returns from here on. Ansible loads this in `ansible-playbook` itself, so its workers do it, too."""
    for name in NAMES:
        plugin = action_loader.get(name, class_only=True)
        if plugin not in _wrapped:
            plugin.run = _noted(plugin.run)
            _wrapped.append(plugin)


def _noted(run):
    @functools.wraps(run)
    def noted(*args, **kwargs):
        result = run(*args, **kwargs)
        note(result)
        return result

    return noted


def note(result):
    """Keep what came of a task of this collection, if this is the result of one that has ended."""
    job = result.get('ansible_job_id')
    begun = outcomes.begun(job) if job and result.get('finished') else None
    # What was cleaned up, or can't be found, says nothing of the task.
    if begun and not outcome_notes.is_lost(result):
        spare_the_guard(begun['module'], begun['arguments'], result)
        outcomes.note(begun['host'], begun['module'], begun['arguments'], {**result, 'ansible_job_id': None})
        outcomes.note_end(job)


def spare_the_guard(module, arguments, result):
    """Tell the guard of test events that were closed where it could not be told: with `become`, `async`, or on another machine."""
    if module == 'hatci_test_event_update' and not (result.get('failed') or outcome_notes.is_unfinished(result)):
        guard.test_event_is_closed(arguments.get('test_event_id', ''))
    if module == 'hatci_fleet_close':
        for event in (result.get('vehicles') or {}).values():
            if event.get('state') == 'closed':
                guard.test_event_is_closed(event.get('test_event_id', ''))
