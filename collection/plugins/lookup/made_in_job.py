"""Names what this job's tasks have made for a host, by whatever names its results were registered."""
from __future__ import annotations

DOCUMENTATION = """
name: made_in_job
author: HATCI automation (@hatci)
version_added: 1.0.0
short_description: Lists what this job has created for a host
description:
  - The ids of what the modules of this collection have created for the current host since C(ansible-playbook) was started, or were given
    to continue with, in order. What was refused is not listed; in check mode nothing is.
options:
  _terms:
    description:
      - V(deployment) for deployments, V(test_event) for test events, V(verdict) for the verdicts that tasks have recorded, and
        V(unfinished) for deploying tasks with C(async) whose outcome was never read.
    required: true
    type: list
    elements: str
    choices: [deployment, test_event, verdict, unfinished]
  vin:
    description: A vehicle. What is known to belong to another one is left out.
    type: str
    default: ''
"""

EXAMPLES = """
- name: Show which deployments this job has made for the host
  ansible.builtin.debug:
    msg: "{{ query('hatci.automation.made_in_job', 'deployment') | join(', ') }}"
"""

RETURN = """
_list:
  description: The ids; for V(verdict) a dict with the status by test event.
  type: list
  elements: raw
"""

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible_collections.hatci.automation.plugins.plugin_utils import outcomes

IDS = {'deployment': 'deployment_id', 'test_event': 'test_event_id'}


class LookupModule(LookupBase):
    """What Ansible loads."""

    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        host, vin = (variables or {}).get('inventory_hostname', ''), self.get_option('vin')
        return [one for term in terms for one in self._of_kind(term, host, vin)]

    @staticmethod
    def _of_kind(term, host, vin):
        if term in IDS:
            return outcomes.made(host, IDS[term], vin)
        if term == 'verdict':
            return [outcomes.verdicts()]
        if term == 'unfinished':
            return outcomes.unfinished(host)
        raise AnsibleError('made_in_job does not know %s; give deployment, test_event, verdict or unfinished.' % term)
