"""Names what this job's tasks have made for a host, by whatever names its results were registered."""
from __future__ import annotations

DOCUMENTATION = """
name: made_in_job
author: HATCI automation (@hatci)
version_added: 1.0.0
short_description: Names what this job has made for a host
description:
  - The ids of what the modules of this collection have made for the present host since C(ansible-playbook) was started, or were given to
    continue with, in order. What was refused is not listed, and nothing is in check mode.
options:
  _terms:
    description:
      - V(deployment) for deployments, V(open_test_event) for test events that no task has closed.
    required: true
    type: list
    elements: str
    choices: [deployment, open_test_event]
"""

EXAMPLES = """
- name: Show which deployments this job has made for the host
  ansible.builtin.debug:
    msg: "{{ query('hatci.automation.made_in_job', 'deployment') | join(', ') }}"
"""

RETURN = """
_list:
  description: The ids.
  type: list
  elements: str
"""

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible_collections.hatci.automation.plugins.plugin_utils import outcomes

KINDS = {'deployment': outcomes.deployments, 'open_test_event': outcomes.open_test_events}


class LookupModule(LookupBase):
    """What Ansible loads."""

    def run(self, terms, variables=None, **kwargs):
        wrong = [term for term in terms if term not in KINDS]
        if wrong:
            raise AnsibleError('made_in_job knows %s, not %s.' % (' and '.join(KINDS), wrong[0]))
        host = (variables or {}).get('inventory_hostname', '')
        return [one for term in terms for one in KINDS[term](host)]
