"""Knows the hosts that Ansible has stopped although none of their tasks had failed.

`rescue` also runs when a host is stopped for another one's failure, or because a file of tasks can't be read. Ansible then says nothing of
the cause, and `ansible_failed_task` is still that of an earlier failure, which was rescued.
"""
from __future__ import annotations

import functools

from ansible.executor.play_iterator import PlayIterator
from ansible.vars.manager import VariableManager

_stopped = set()


def watch():
    """Note what Ansible does with hosts from here on. Ansible loads this in `ansible-playbook` itself, so its workers know it, too."""
    _before(PlayIterator, 'mark_host_failed', lambda iterator, host: _stopped.add(host.name))
    _before(VariableManager, 'set_nonpersistent_facts', _note_facts)


def is_stopped(host):
    """Whether the last that happened to this host is that Ansible has stopped it."""
    return host in _stopped


def _note_facts(manager, host, facts):
    # These follow at once if a task of the host has failed.
    if 'ansible_failed_task' in facts:
        _stopped.discard(str(getattr(host, 'name', host)))


def _before(owner, name, note):
    method = getattr(owner, name)
    if hasattr(method, '__wrapped__'):
        return

    @functools.wraps(method)
    def noted(*args, **kwargs):
        note(*args, **kwargs)
        return method(*args, **kwargs)

    setattr(owner, name, noted)
