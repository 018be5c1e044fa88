"""Finds variables that refer to others which are not defined: `default` would take them for not given."""
from __future__ import annotations

DOCUMENTATION = """
name: undefined_in
author: HATCI automation (@hatci)
version_added: 1.0.0
short_description: Finds variables that refer to undefined ones
description:
  - A variable that is given, but refers to one that is not defined, is no different from one that is not given to the filter C(default).
    A misspelt name would leave out a verification, or a time, without a word. This lookup returns a sentence for each such variable.
options:
  _terms:
    description: Names of variables, and prefixes of names that end with C(*). What is not given is not looked at.
    required: true
  but:
    description: Names that are left out, such as those that a later task defines.
    type: list
    elements: str
    default: []
"""

EXAMPLES = """
- name: Check that all variables are filled in
  ansible.builtin.assert:
    that: wrong | length == 0
    fail_msg: "{{ wrong | join(' ') }}"
  vars:
    wrong: "{{ query('hatci.automation.undefined_in', 'hatci_*', 'ota_verify_tasks') }}"
"""

RETURN = """
_list:
  description: A sentence for each variable that refers to an undefined one, with both names.
  type: list
  elements: str
"""

import re

from ansible.errors import AnsibleUndefinedVariable
from ansible.plugins.lookup import LookupBase

NAMED = re.compile("'([^']+)' is undefined")


class LookupModule(LookupBase):
    """What Ansible loads."""

    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        variables = variables or {}
        names = [name for name in variables if any(_is_meant(name, term) for term in terms) and name not in self.get_option('but')]
        sentences = [self._sentence(name, variables[name]) for name in sorted(names)]
        return [sentence for sentence in sentences if sentence]

    def _sentence(self, name, value):
        try:
            self._templar.template(value)
        except AnsibleUndefinedVariable as error:
            # The rest of it may quote what stands beside it.
            named = NAMED.search(str(error))
            return '%s refers to %s.' % (name, '%s, which is not defined' % named.group(1) if named else 'something that is not defined')
        return None


def _is_meant(name, term):
    return name.startswith(term[:-1]) if term.endswith('*') else name == term
