"""An inventory of the vehicles that the SUMS API lists."""
from __future__ import annotations

DOCUMENTATION = """
name: hatci
short_description: The vehicles that the SUMS API lists
version_added: 1.0.0
author:
  - HATCI automation (@hatci)
description:
  - Turns each vehicle that the SUMS API lists into a host, so that the playbook C(hatci.automation.ota_fleet) needs no other inventory.
  - The source is a YAML file whose name is C(hatci.yml), or ends with C(.hatci.yml); C(.yaml) works, too. A key that is not an option is
    an error, since a misspelt filter would let every vehicle pass.
  - The variables C(hatci_vin), C(hatci_vehicle_id), C(hatci_model_year), C(hatci_region) and C(hatci_program_name) of a host are those of the
    playbooks, as far as the API provides them. C(hatci_vehicle) is the vehicle as the API describes it, for O(compose), O(groups) and
    O(keyed_groups). No other variable comes from the API, so it can't set one that steers a playbook.
  - The vehicles are read by the program of the module M(hatci.automation.hatci_info), so certificates, proxies and retries are as for
    a task. At most 10000 vehicles are read; if the API has more, a warning is issued.
notes:
  - If the vehicles can't be read, Ansible warns, and continues without them. To make it fail, set the environment variable
    E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) to V(true).
  - The token is not a variable of any host, so C(ansible-inventory --list) doesn't show it. It does show whatever is given with
    C(-e). The playbooks take their token from their own variables, or from the environment.
extends_documentation_fragment:
  - constructed
  - inventory_cache
  - hatci.automation.connection
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [hatci.automation.hatci]
  hostnames:
    description:
      - The fields of a vehicle that may be its host name, the preferred one first. A vehicle is named after the first of them that it
        has.
      - Characters that are not allowed in host patterns become C(_), and no name begins with C(_), C(.), C(+) or C(-).
      - A name that means something else to Ansible, such as C(all), C(localhost) or the name of a group, is not used. Then the next of
        these fields is used. A vehicle that has no other name is left out with a warning; with O(strict) that is an error.
    type: list
    elements: str
    default: [vin, vehicle_id, name]
  group:
    description: The group of all these hosts. By default, the playbook C(hatci.automation.ota_fleet) runs on V(fleet).
    type: str
    default: fleet
  model_year:
    description: Only vehicles of this model year, or of these.
    type: raw
  region:
    description: Only vehicles of this region, or of these.
    type: raw
  program:
    description: Only vehicles of this program, or of these.
    type: raw
"""

EXAMPLES = """
# lab.hatci.yml: the server and the token come from HATCI_BASE_URL and HATCI_TOKEN in the environment.
plugin: hatci.automation.hatci

---
# us.hatci.yml: some vehicles by their names, and the token of another server.
plugin: hatci.automation.hatci
hatci_base_url: https://sums.example.com
hatci_token: "{{ lookup('ansible.builtin.env', 'US_SUMS_TOKEN') }}"
hostnames: [name, vin]
model_year: [2025, 2026]
region: US
keyed_groups:
  - key: hatci_model_year
    prefix: model_year
groups:
  prototypes: hatci_vehicle.name is match("proto")
compose:
  jumpstarter_exporter_name: "'bench-' ~ hatci_vehicle_id"
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/hatci
"""

import json
import os
import re

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible_collections.hatci.automation.plugins.plugin_utils import in_place, vehicle_hosts
from ansible_collections.hatci.automation.plugins.plugin_utils.variables import SUMS

LOCALHOST = frozenset(('localhost', '127.0.0.1', '::1'))
NO_LIST = ('%s returns no list of vehicles: either it has none, or the token may not read it. Ask for permission to read /api/v1/vehicles, or '
           'put the vehicles into an inventory file.')
NOT_SET = '%s is not set. Give it in this file, a token as a template or encrypted with Ansible Vault, or set %s in the environment.'


class Draft:
    """
    What is to become of an inventory, so that it can be judged before anything is done.

    An inventory itself takes the name of a host for that of a group, if there is one, and changes the group.
    """

    def __init__(self, inventory):
        self._inventory = inventory
        self._scratch = InventoryData()  # what the expressions of groups see
        self._scratch.current_source = inventory.current_source
        self._steps = []
        self.groups = set()

    def add_group(self, group):
        group = self._scratch.add_group(group)
        if group.casefold() in LOCALHOST:
            raise AnsibleError('A group would be called %s, which is this machine. Give `keyed_groups` a prefix.' % group)
        self.groups.add(group)
        self._steps.append(('add_group', group))
        return group

    def add_host(self, host, group):
        known = self._inventory.hosts.get(host) if host not in self._scratch.hosts else None
        self._scratch.add_host(host, group)
        if known:
            for name, value in known.vars.items():
                self.get_host(host).set_variable(name, value)
            for other in known.get_groups():
                self._scratch.groups[self._scratch.add_group(other.name)].add_host(self.get_host(host))
        self._steps.append(('add_host', host, group))

    def add_child(self, group, child):
        if child in self._scratch.hosts:
            self._scratch.groups[group].add_host(self.get_host(child))
        else:
            self._scratch.add_child(group, child)
        self._steps.append(('add_child', group, child))

    def set_variable(self, host, name, value):
        self.get_host(host).set_variable(name, value)
        self._steps.append(('set_variable', host, name, value))

    def get_host(self, name):
        return self._scratch.hosts[name]

    def carry_out(self):
        for step, *values in self._steps:
            getattr(self._inventory, step)(*values)


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Reads the vehicles, keeps those that are wanted, and makes hosts of them."""

    NAME = 'hatci.automation.hatci'

    def verify_file(self, path):
        return super().verify_file(path) and re.fullmatch(r'(.*\.)?hatci\.ya?ml', os.path.basename(path)) is not None

    def parse(self, inventory, loader, path, cache=True):
        super().parse(inventory, loader, path, cache)
        given = self._read_config_data(path)
        if complaint := vehicle_hosts.complaint(given, self._keys()):
            raise AnsibleParserError(complaint)
        try:
            vehicles = self._vehicles(path, cache)
            wanted = {option: self._given(option) for option in vehicle_hosts.FILTERS}
            vehicles = vehicle_hosts.kept(vehicles, wanted, self._warn)
            self._add(vehicles)
        except (AnsibleError, ValueError) as error:
            raise AnsibleParserError(str(error)) from error

    def _keys(self):
        """What a file may set: the options, also by their other names."""
        options = self.option_definitions
        return {*options, *(alias for option in options.values() for alias in option.get('aliases') or ())}

    def _vehicles(self, path, cache):
        """The vehicles as the API describes them, from the cache if they are there and may be."""
        options = {option: value for option in SUMS.values() if (value := self._given(option)) is not None}
        keeps = self.get_option('cache')
        # Another server is another source.
        key = self.get_cache_key('%s %s' % (path, options.get('hatci_base_url')))
        if keeps and cache and key in self._cache:
            return json.loads(self._cache[key])
        vehicles = self._listed(options)
        if keeps:
            self._cache[key] = json.dumps(vehicles)  # as text, in which a cache plugin finds no meaning
        return vehicles

    def _given(self, option):
        """The value of an option. The file is the user's own, so a text in it may be a template, as in a playbook."""
        self.templar.available_variables = self._vars
        return self.templar.template(self.get_option(option))

    def _listed(self, options):
        """What the API lists now."""
        for option in ('hatci_base_url', 'hatci_token'):
            if not options.get(option):
                raise AnsibleParserError(NOT_SET % (option, option.upper()))
        result = in_place.run('hatci_info', options, show=lambda text: self.display.display('hatci_info | %s' % text, stderr=True))
        if result.get('failed'):
            raise AnsibleParserError(result['msg'])
        for warning in result.get('warnings', ()):
            self._warn(warning)
        if result.get('vehicles') is None:
            raise AnsibleParserError(NO_LIST % options['hatci_base_url'])
        return result['vehicles']

    def _add(self, vehicles):
        """Make hosts of the vehicles, with what the user composes of their variables."""
        group = self._sanitize_group_name(self._given('group'))
        inventory, taken, is_settled = self.inventory, {group, *self.inventory.groups}, False
        while not is_settled:
            complaints = []
            hosts = vehicle_hosts.by_name(vehicles, self._given('hostnames'), complaints.append, taken)
            draft = Draft(inventory)
            self._compose_hosts(draft, group, hosts)
            # What is composed may be called like a vehicle; then that one needs another name.
            is_settled = not draft.groups.intersection(hosts)
            taken |= draft.groups
        for complaint in complaints:
            (self._refuse if self.get_option('strict') else self._warn)(complaint)
        draft.carry_out()

    def _compose_hosts(self, draft, group, hosts):
        """Note in the draft all that is to be known of these hosts."""
        compose, groups, keyed_groups, strict = map(self.get_option, ('compose', 'groups', 'keyed_groups', 'strict'))
        inventory, self.inventory = self.inventory, draft
        try:
            group = draft.add_group(group)
            for host, vehicle in hosts.items():
                draft.add_host(host, group)
                # A cache doesn't keep the mark that forbids to evaluate templates.
                variables = in_place.untrusted(vehicle_hosts.variables(vehicle))
                for name, value in variables.items():
                    draft.set_variable(host, name, value)
                self._set_composite_vars(compose, variables, host, strict)
                self._add_host_to_composed_groups(groups, variables, host, strict)
                self._add_host_to_keyed_groups(keyed_groups, variables, host, strict)
        finally:
            self.inventory = inventory

    def _refuse(self, text):
        raise AnsibleParserError(text)

    def _warn(self, text):
        self.display.warning('hatci.automation.hatci: %s' % text)
