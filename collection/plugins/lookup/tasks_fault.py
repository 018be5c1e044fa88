"""Says what keeps Ansible from reading a file of tasks: it would end the whole job for that, without a verdict on any vehicle."""
from __future__ import annotations

DOCUMENTATION = """
name: tasks_fault
author: HATCI automation (@hatci)
version_added: 1.0.0
short_description: Says what is wrong with a file of tasks
description:
  - Ansible ends C(ansible-playbook) at once if a file of tasks that it should include is not valid YAML, or if a task in it is invalid. This
    lookup returns a sentence for each such file, so that a play can fail in its own way.
options:
  _terms:
    description: Paths of files of tasks. Relative ones are below the folder in which C(ansible-playbook) was started.
    required: true
  variable:
    description: The variable that holds the path, for the sentence.
    type: str
    default: ota_verify_tasks
"""

EXAMPLES = """
- name: Check that the tasks can be read
  ansible.builtin.assert:
    that: wrong | length == 0
    fail_msg: "{{ wrong | join(' ') }}"
  vars:
    wrong: "{{ query('hatci.automation.tasks_fault', ota_verify_tasks) }}"
"""

RETURN = """
_list:
  description: A sentence for each file that can't be read.
  type: list
  elements: str
"""

import os
import re

import yaml
from ansible.errors import AnsibleError
from ansible.playbook.task import Task
from ansible.plugins.lookup import LookupBase

# A short name may mean something where the tasks are included.
SHORT_NAME = re.compile(r"couldn't resolve module/action '[^'.]*'")
# How the names begin in which the playbooks keep their own state.
OWN = ('ota_single_', 'ota_fleet_')
# What ansible-core before 2.19 says beside the cause.
AROUND = re.compile(r'.*Syntax Error while loading YAML\.|(This often indicates|The error appears to be in|The offending line) .*')


class LookupModule(LookupBase):
    """What Ansible loads."""

    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        faults = [(path, self._fault(os.path.abspath(path))) for path in terms]
        return ['%s is %s, but %s' % (self.get_option('variable'), path, fault) for path, fault in faults if fault]

    def _fault(self, path):
        if not os.path.exists(path):
            return 'there is no such file'
        try:
            tasks = self._loader.load_from_file(path)
            if not tasks:
                return 'there is no task in it'  # with which every vehicle would pass
            if not isinstance(tasks, list):
                return 'that file contains no list of tasks. Start each task with a dash.'
            for task in tasks:
                self._check(task)
            taken = [name for name in _registered(tasks) if name.startswith(OWN)]
            if taken:
                return 'a task in it registers %s, a name that the playbook itself uses. Choose another name.' % taken[0]
        except AnsibleError as error:
            return "Ansible can't read that file: %s Correct it." % _words(error)
        return ''

    def _check(self, task):
        parts = [task.get(name) for name in ('block', 'rescue', 'always')] if isinstance(task, dict) else []
        if any(parts):
            for one in (one for part in parts if isinstance(part, list) for one in part):
                self._check(one)
            return
        try:
            Task.load(task, loader=self._loader)
        except AnsibleError as error:
            if not SHORT_NAME.search(str(error)):
                raise
        except Exception:  # noqa: S110 # Ansible itself may know what to make of it
            pass


def _registered(tasks):
    """The names that these tasks, and those in their blocks, register."""
    for task in (one for one in tasks if isinstance(one, dict)):
        if isinstance(task.get('register'), str):
            yield task['register']
        for name in ('block', 'rescue', 'always'):
            yield from _registered(task.get(name) or [])


def _words(error):
    """The cause in a sentence, with its line."""
    text = AROUND.sub('', ' '.join(str(error).split())).strip()
    return '%s%s.' % (text.rstrip('.'), _place(error))


def _place(error):
    while error is not None:
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
            return ' (line %d)' % (error.problem_mark.line + 1)
        error = getattr(error, 'orig_exc', None) or error.__cause__
    return ''
