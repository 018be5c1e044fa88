"""What `hatci_fleet_plan` takes from the inventory: its vehicles, each described by the variables of its host."""
from __future__ import annotations

import json
import os
import tempfile

import yaml
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible_collections.hatci.automation.plugins.plugin_utils.binary import BinaryAction
from ansible_collections.hatci.automation.plugins.plugin_utils.plain import plain

SAME = {  # option of a vehicle: variable of its host
    'vin': 'hatci_vin',
    'vehicle_id': 'hatci_vehicle_id',
    'tester_name': 'hatci_tester_name',
    'program_name': 'hatci_program_name',
    'model_year': 'hatci_model_year',
    'region': 'hatci_region',
    'region_spec': 'hatci_region_spec',
    'metadata': 'hatci_test_metadata',
    'artifact_urls': 'hatci_artifact_urls',
    'deployment_id': 'hatci_deployment_id',
    'test_event_id': 'hatci_test_event_id',
}
SOFTWARE = {
    side: {
        'build_level': 'hatci_%s_build_level' % side,
        'ecus': 'hatci_%s_ecus' % side,
        'remark': 'hatci_%s_remark' % side,
        'event_id': '%s_event_id' % side,
    } for side in ('source', 'target')
}
STRUCTURED = ('ecus', 'metadata', 'artifact_urls')  # a survey gives them as text


# Ansible loads this in `ansible-playbook` itself, before it forks its workers. The file has no name, and goes with the job.
with tempfile.TemporaryFile() as _with_no_name:
    _known = os.dup(_with_no_name.fileno())  # a number, which Python doesn't miss at its end


class HatciFleetPlanAction(BinaryAction):
    """Runs the program hatci_fleet_plan, and tells it what the inventory says of `hosts`."""

    def run(self, tmp=None, task_vars=None):
        hosts = self._task.args.get('hosts')
        if not isinstance(hosts, (list, tuple)) or 'vehicles' in self._task.args:
            return super().run(tmp, task_vars)
        self._task.args['vehicles'] = self._vehicles([str(host) for host in hosts], (task_vars or {}).get('hostvars') or {})
        result = super().run(tmp, task_vars)
        # Ansible would pass them on from process to process, and `hosts` says it all.
        result.get('invocation', {}).get('module_args', {}).pop('vehicles', None)
        return result

    def _vehicles(self, hosts, hostvars):
        """These hosts as their variables describe them. Within a play that is found out once: it takes a while for a thousand."""
        key = [str(self._task.get_play()._uuid), hosts]
        size = os.fstat(_known).st_size
        known = json.loads(os.pread(_known, size, 0)) if size else {}
        if known.get('key') == key:
            return known['vehicles']
        found = [vehicle(host, hostvars) for host in hosts]
        text = json.dumps({'key': key, 'vehicles': plain(found)}).encode()
        os.ftruncate(_known, 0)
        os.pwrite(_known, text, 0)
        return found


def vehicle(host, hostvars):
    if host not in hostvars:
        raise AnsibleActionFail('%s is not in the inventory. Give hosts by their names there.' % host)
    found = hostvars[host]
    try:
        described = {'host': str(host), **values(SAME, found)}
        described.update((side, values(table, found)) for side, table in SOFTWARE.items())
    except (AnsibleError, ValueError, yaml.YAMLError) as error:
        raise AnsibleActionFail('The variables of %s can not be used: %s' % (host, error)) from error
    if 'vin' not in described:
        raise AnsibleActionFail('%s has no hatci_vin. Give each vehicle of the fleet its VIN.' % host)
    return described


def values(table, found):
    """The options whose variables are set. A blank, as a survey leaves it, counts as not set."""
    given = {option: found.get(name) for option, name in table.items()}
    given = {option: value for option, value in given.items() if value not in (None, '')}
    return {option: structured(value) if option in STRUCTURED else value for option, value in given.items()}


def structured(value):
    return yaml.safe_load(value) if isinstance(value, str) else value
