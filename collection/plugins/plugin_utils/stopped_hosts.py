"""Knows the hosts that Ansible has stopped although none of their tasks had failed.

`rescue` also runs when a host is stopped for another one's failure, or because a file of tasks can't be read. Ansible then says nothing of
the cause, and `ansible_failed_task` is still that of an earlier failure, which was rescued. But if the host waits for its rescue since a
task of its own has failed, that one stays the cause, whatever else fails meanwhile.
"""
from __future__ import annotations

import functools

from ansible.executor.play_iterator import FailedStates, IteratingStates, PlayIterator
from ansible.vars.manager import VariableManager

_stopped = set()
_failed = set()  # hosts of which the last failure was their own


def watch():
    """Note what Ansible does with hosts from here on. Ansible loads this in `ansible-playbook` itself, so its workers know it, too."""
    _around(PlayIterator, 'mark_host_failed', _note_failure)
    _around(VariableManager, 'set_nonpersistent_facts', _note_facts)


def is_stopped(host):
    """Whether the last that happened to this host is that Ansible has stopped it."""
    return host in _stopped


def _note_failure(mark, iterator, host):
    waits = host.name in _failed and _waits_for_rescue(*_levels(iterator.get_host_state(host)))
    mark(iterator, host)
    if not waits:
        _stopped.add(host.name)
        _failed.discard(host.name)


def _waits_for_rescue(outermost, *inner):
    """Whether a failure is still to be rescued by the block of the play itself: no block within it does."""
    is_failed = any(level.fail_state != FailedStates.NONE for level in (outermost, *inner))
    return is_failed and not any(level.run_state == IteratingStates.RESCUE for level in inner)


def _levels(state):
    """The state of a host in the block of the play, and in each block within that."""
    while state is not None:
        yield state
        state = state.tasks_child_state or state.rescue_child_state or state.always_child_state


def _note_facts(note, manager, host, facts):
    note(manager, host, facts)
    # These follow at once if a task of the host has failed.
    if 'ansible_failed_task' in facts:
        name = str(getattr(host, 'name', host))
        _stopped.discard(name)
        _failed.add(name)


def _around(owner, name, replacement):
    method = getattr(owner, name)
    if hasattr(method, '__wrapped__'):
        return

    @functools.wraps(method)
    def noted(*args, **kwargs):
        return replacement(method, *args, **kwargs)

    setattr(owner, name, noted)
