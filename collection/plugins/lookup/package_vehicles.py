"""Reads the vehicles of an environment package, as Ansible itself would read this inventory."""
from __future__ import annotations

DOCUMENTATION = """
name: package_vehicles
author: HATCI automation (@hatci)
version_added: 1.0.0
short_description: Reads the vehicles of an environment package
description:
  - The file C(vehicles) of an environment package is an Ansible inventory in YAML. This lookup returns each of its hosts with its groups and
    variables, without adding it to the inventory of the run.
  - It fails if the file is not such an inventory, if a value is a template, or if a name is one that a package can't set, such as those that
    begin with C(ansible_). Values are never part of a message.
options:
  _terms:
    description: The path of the file.
    required: true
"""

EXAMPLES = """
- name: Name the vehicles of the environment
  ansible.builtin.debug:
    msg: "{{ lookup('hatci.automation.package_vehicles', outputs.files.vehicles) | list }}"
"""

RETURN = """
_list:
  description: For each file, a dict of vehicles by name; each is a dict with C(groups) (a list) and C(variables) (a dict).
  type: list
  elements: dict
"""

import re

from ansible.errors import AnsibleLookupError
from ansible.inventory.data import InventoryData
from ansible.inventory.helpers import get_group_vars
from ansible.plugins.loader import inventory_loader
from ansible.plugins.lookup import LookupBase

# Names by which a package could change how Ansible works, or which package it is.
RESERVED = re.compile(r'(ansible_.*|hatci_environment.*|hostvars|groups|group_names|omit|vars|play_hosts|environment)\Z')
OF_ANSIBLE = ('inventory_file', 'inventory_dir')


class LookupModule(LookupBase):
    """What Ansible loads."""

    def run(self, terms, variables=None, **kwargs):
        return [vehicles(str(term), self._loader) for term in terms]


def vehicles(path, loader):
    """Each vehicle by its name, with its groups and variables."""
    inventory = InventoryData()
    try:
        inventory_loader.get('ansible.builtin.yaml').parse(inventory, loader, path, cache=False)
        inventory.reconcile_inventory()
    except Exception:
        # Ansible's words quote lines of the file, and these may be secrets.
        raise AnsibleLookupError('%s is not an inventory in YAML. Correct it in the package; `ansible-inventory --list -i FILE` shows the line.'
                                 % path) from None
    return {str(name): vehicle(host, path) for name, host in inventory.hosts.items()}


def vehicle(host, path):
    """The groups and variables of this host."""
    groups = [group for group in host.get_groups() if group.name not in ('all', 'ungrouped')]
    variables = {**get_group_vars(host.get_groups()), **host.vars}
    variables = {str(name): value for name, value in variables.items() if name not in OF_ANSIBLE}
    for name, value in variables.items():
        if RESERVED.match(name):
            raise AnsibleLookupError('%s sets %s for %s, which a package cannot set. Remove it.' % (path, name, host.name))
        if has_template(value):
            raise AnsibleLookupError('%s has a template as %s of %s. Give the value itself.' % (path, name, host.name))
    return {'groups': sorted(str(group.name) for group in groups), 'variables': variables}


def has_template(value):
    """Whether this holds a template anywhere."""
    if isinstance(value, str):
        return '{{' in value or '{%' in value
    if isinstance(value, dict):
        return any(has_template(one) for one in value.values())
    return isinstance(value, (list, tuple)) and any(has_template(one) for one in value)
