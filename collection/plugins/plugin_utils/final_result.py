"""What Ansible makes of a module's result, once the task's `changed_when`, `failed_when` and `until` have had their say.

Ansible asks them after the action plugin. Here they are asked before, in the same worker and with the same variables, because after it nobody
can be told any more without a callback that the user would have to enable.
"""
from __future__ import annotations

import contextlib
import weakref

from ansible.errors import AnsibleError
from ansible.playbook.task import Task
from ansible.vars.clean import namespace_facts

# Before ansible-core 2.16 `retries` means nothing without `until`, and is 3 unless it is set.
RETRIES_ALONE = Task.fattributes['retries'].default is None
# By task: Ansible makes an object of it for each host and each item of a loop, and all attempts that `until` makes of that share it.
_attempts = weakref.WeakKeyDictionary()


def final(result, task, loader, templar, task_vars):
    """The result of this attempt, with `failed` and `changed` as Ansible will have them. It is asked once an attempt."""
    attempt = _attempts[task] = _attempts.get(task, 0) + 1
    most = _most_attempts(task)
    found = {'changed': False, 'failed': result.get('rc', 0) not in (0, '0'), **result}
    if most > 1:
        found['attempts'] = attempt
    if task.async_val and task.poll > 0 and not found['failed'] and not found.get('skipped'):
        return found  # so far the job was only started
    known = _known(found, task, templar, task_vars)

    def holds(conditions):
        return _holds(conditions, task, loader, templar, known)

    if 'skipped' not in found:
        about = 'changed'
        try:
            if task.changed_when:
                found['changed'] = holds(task.changed_when)
            about = 'failed'
            if task.failed_when:
                found['failed'] = found['failed_when_result'] = holds(task.failed_when)
        except AnsibleError as error:
            found.update({'failed': True, '%s_when_result' % about: str(error)})
    if 1 < most <= attempt:
        try:
            found['failed'] = not holds(task.until or [not found['failed']])
        except AnsibleError:
            found['failed'] = True
    return found


def _most_attempts(task):
    """As often Ansible runs the task at most."""
    if not task.until and not RETRIES_ALONE:
        return 1
    if task.retries is not None:
        return 1 + max(0, task.retries)
    return 1 + 3 if task.until else 1


def _known(found, task, templar, task_vars):
    """The variables as the conditions see them."""
    known = {**task_vars, '_task': {'result': found, 'polymorphic_result': found}}
    facts = found.get('ansible_facts')
    if facts:
        known.update(facts)
        known['ansible_facts'] = {**(task_vars.get('ansible_facts') or {}), **namespace_facts(facts)['ansible_facts']}
    if isinstance(task.register, str):
        known[task.register] = found
    else:  # from ansible-core 2.21 on: an expression for each name
        for name, expression in (task.register or {}).items():
            with contextlib.suppress(AnsibleError):
                known[name] = templar.copy_with_new_env(available_variables=known).evaluate_expression(expression)
    return known


def _holds(conditions, task, loader, templar, known):
    if hasattr(task, '_resolve_conditional'):  # from ansible-core 2.19 on
        return task._resolve_conditional(conditions, known)
    from ansible.playbook.conditional import Conditional
    conditional = Conditional(loader=loader)
    conditional.when = conditions
    return conditional.evaluate_conditional(templar.copy_with_new_env(available_variables=known), known)
