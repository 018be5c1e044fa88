"""Finds variables that refer to others which are not defined: `default` would take them for not given."""
from __future__ import annotations

DOCUMENTATION = """
name: undefined_in
author: HATCI automation (@hatci)
version_added: 1.0.0
short_description: Finds variables that refer to undefined ones
description:
  - The filter C(default) does not distinguish between a variable that is not set and one that refers to an undefined variable. So a misspelt
    name would silently leave out a verification or a start time. This lookup returns a sentence for each such variable.
options:
  _terms:
    description:
      - Names of variables. Those that are not set are ignored.
      - Without any, all variables of C(ota_single_vehicle) and C(ota_fleet) except C(hatci_artifact_urls), which the verification may fill in.
    default: []
"""

EXAMPLES = """
- name: Check that the variables of the test refer to defined ones
  ansible.builtin.assert:
    that: wrong | length == 0
    fail_msg: "{{ wrong | join(' ') }}"
  vars:
    wrong: "{{ query('hatci.automation.undefined_in') }}"
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

OF_TESTS = re.compile(r'(hatci_(?!artifact_urls$)|jumpstarter_|ota_(verify_tasks|test_tasks|lease)$)')
NAMED = re.compile("'([^']+)' is undefined")


class LookupModule(LookupBase):
    """What Ansible loads."""

    def run(self, terms, variables=None, **kwargs):
        variables = variables or {}
        names = [name for name in variables if (name in terms if terms else OF_TESTS.match(name))]
        sentences = [self._sentence(name, variables[name]) for name in sorted(names)]
        return [sentence for sentence in sentences if sentence]

    def _sentence(self, name, value):
        try:
            self._templar.template(value)
        except AnsibleUndefinedVariable as error:
            # The rest of the message may quote other parts of the value.
            named = NAMED.search(str(error))
            return '%s refers to %s.' % (name, '%s, which is not defined' % named.group(1) if named else 'something that is not defined')
        return None
