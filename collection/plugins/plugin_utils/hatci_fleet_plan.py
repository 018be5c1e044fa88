"""What `hatci_fleet_plan` takes from the inventory: its vehicles, each described by the variables of its host."""
from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections import ChainMap

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible_collections.hatci.automation.plugins.plugin_utils import environment_package, outcomes, text_of_survey, unprepared_campaign
from ansible_collections.hatci.automation.plugins.plugin_utils.binary import BinaryAction
from ansible_collections.hatci.automation.plugins.plugin_utils.in_place import untrusted
from ansible_collections.hatci.automation.plugins.plugin_utils.plain import plain

MOST_UNKNOWN = 10  # so many vehicles are named that the server doesn't list
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
SINGLE = 'ota_single_vehicle, which takes a group of hosts with -e ota_hosts=GROUP'
KEYS = 'Set hatci_campaign_id instead: a campaign derives all its keys from it.'
REFUSED = {  # variables of ota_single_vehicle that a fleet can't honour, and what to do instead
    'ota_test_tasks': 'Put checks into ota_verify_tasks, or run your steps with %s.' % SINGLE,
    'hatci_start_datetime': 'Start the job when the campaign should start, or use %s.' % SINGLE,
    'hatci_end_datetime': 'Set hatci_poll_timeout_seconds to limit the wait, or use %s.' % SINGLE,
    'hatci_previous_test_event_id': 'Resume the campaign with its resume file, or repeat a test with %s.' % SINGLE,
    'hatci_source_idempotency_key': KEYS,
    'hatci_target_idempotency_key': KEYS,
    'hatci_test_idempotency_key': KEYS,
    'hatci_deployment_idempotency_key': KEYS,
}

DESCRIBING = {'ota_verify_tasks', *SAME.values(), *(name for table in SOFTWARE.values() for name in table.values()), *REFUSED}

UNVERIFIED = 'The update succeeded, but a task of the verification ended the play before there was a verdict (meta: end_play).'


# Ansible loads this in `ansible-playbook` itself, before it forks its workers. The file has no name, and goes with the job.
with tempfile.TemporaryFile() as _with_no_name:
    _known = os.dup(_with_no_name.fileno())  # a number, which Python doesn't miss at its end


class HatciFleetPlanAction(BinaryAction):
    """Runs the program hatci_fleet_plan, tells it what the inventory says of `hosts`, and adds to its result what only the play knows."""

    def run(self, tmp=None, task_vars=None):
        hosts = self._task.args.get('hosts')
        if not isinstance(hosts, (list, tuple)) or 'vehicles' in self._task.args:
            return super().run(tmp, task_vars)
        unprepared = self._of_play('ota_fleet_unprepared', task_vars)
        if unprepared and self._task.args.get('tell_outcomes'):
            return self._without_campaign([str(host) for host in hosts], unprepared, tmp, task_vars)
        known = self._vehicles([str(host) for host in hosts], task_vars or {})
        self._task.args['vehicles'] = known['vehicles']
        self._environments = known['environments']
        result = super().run(tmp, task_vars)
        if not result.get('failed'):
            self._check_environment(result, task_vars)
            remember(known | {'campaign': result.get('campaign_id')})
        # Ansible would pass them on from process to process, and `hosts` says it all.
        result.get('invocation', {}).get('module_args', {}).pop('vehicles', None)
        warnings = unknown_to_sums(known['vehicles'], self._of_play('ota_fleet_known_vehicles', task_vars))
        if warnings:
            result['warnings'] = [*result.get('warnings', ()), *warnings]
        return result

    def _without_campaign(self, hosts, why, tmp, task_vars):
        """The outcomes of a campaign that this job could neither begin nor go on with: those in its file, and for all others the reason."""
        self._environments = {}
        named = ('campaign_id', 'resume_file', 'resume')
        args = {name: self._task.args[name] for name in named if str(self._task.args.get(name) or '').strip()}
        known, check_mode = {}, self._task.check_mode
        if args:
            # The file may be what can't be used.
            self._task.args, self._task.check_mode = {**args, 'vehicles': [], 'tell_outcomes': True}, True
            known = super().run(tmp, task_vars)
            self._task.check_mode = check_mode
        return unprepared_campaign.result(hosts, why, {} if known.get('failed') else known, task_vars['hostvars'])

    def _vehicles(self, hosts, task_vars):
        """These hosts as their variables describe them. Within a campaign that is found out once: it takes a while for a thousand."""
        hostvars = task_vars.get('hostvars') or {}
        known = recalled()
        play, campaign = str(self._task.get_play()._uuid), self._task.args.get('campaign_id')
        if known.get('hosts') == hosts and (known['play'] == play or campaign is not None and known['campaign'] == campaign):
            # What the verification of a vehicle may have set.
            for host in set(self._of_play('ota_fleet_refresh', task_vars) or ()).intersection(hosts):
                found = text_of_survey.links(hostvars[host].get(SAME['artifact_urls']))
                wrong = text_of_survey.complaint({SAME['artifact_urls']: found})
                if wrong:
                    self._display.warning('%s: %s It was left out.' % (host, wrong))
                    found = None
                known['vehicles'][hosts.index(host)].update({'artifact_urls': plain(found)} if found else {})
            return known
        for host in hosts:
            if host not in hostvars:
                raise AnsibleActionFail('%s is not in the inventory. Give hosts by their names there.' % host)
        package = self._package(hosts, task_vars)
        of_play = self._variables_of_play(task_vars, hostvars)
        found = [vehicle(host, hostvars, package[host], self._for_host(of_play, host, hostvars)) for host in hosts]
        now = environment_package.of_test(task_vars, self._templar.template)
        for one in found:
            self._check_vehicle(one, str(hostvars[one['host']].get('hatci_environment') or '').strip(), now)
        environments = {host: hostvars[host].get('hatci_report_environment') for host in hosts}
        environments = {host: str(words) for host, words in environments.items() if words not in (None, '')}
        return {'play': play, 'campaign': campaign, 'hosts': hosts, 'vehicles': plain(found), 'environments': environments}

    def _variables_of_play(self, task_vars, hostvars):
        """What describes vehicles and is set for the play, as `vars` of import_playbook do: Ansible shows that to tasks, and not in hostvars."""
        of_host = hostvars.raw_get(task_vars['inventory_hostname'])
        return {name: task_vars[name] for name in DESCRIBING if name in task_vars and (name not in of_host or task_vars[name] != of_host[name])}

    def _for_host(self, of_play, host, hostvars):
        if not any(self._templar.is_template(value) for value in of_play.values()):
            return of_play
        variables = {**hostvars.raw_get(host), 'hostvars': hostvars, 'inventory_hostname': host, **of_play}
        return self._templar.copy_with_new_env(available_variables=variables).template(of_play)

    def _package(self, hosts, task_vars):
        """What the environment package says of each host: its own variables before those that all vehicles share."""
        if not self._of_play(environment_package.FACT, task_vars):
            return dict.fromkeys(hosts, {})
        shared = self._of_play('hatci_environment_shared', task_vars)
        known = self._of_play('hatci_environment_vehicles', task_vars)
        return {host: {**shared, **known.get(host, {}).get('variables', {})} for host in hosts}

    def _check_vehicle(self, one, environment, package):
        """What is read once for a fleet holds for each of its vehicles."""
        if environment not in ('', package.get('environment')):
            raise AnsibleActionFail('%s belongs to the environment %s, but the fleet is tested with %s. Test each environment in a campaign of its own, '
                                    'with -e hatci_environment.' % (one['host'], environment, environment_package.words(package)))
        try:
            if package and isinstance(one.get('metadata'), dict):
                environment_package.check(one['metadata'], package)
        except ValueError as error:
            raise AnsibleActionFail('%s: %s' % (one['host'], error)) from None

    def _check_environment(self, result, task_vars):
        """All tests of a campaign run with the same package: its records were begun with it."""
        now = environment_package.of_test(task_vars or {}, self._templar.template)
        why = environment_package.changed((result.get('begun_by') or {}).get('metadata') or {}, now)
        if why:
            raise AnsibleActionFail(why)

    def _run_module(self, arguments, task_vars, checkpoint, ended):
        result = super()._run_module(arguments, task_vars, checkpoint, ended)
        for one in result.get('updates') or ():
            for name in ('artifact_urls', 'verifies'):  # hatci_fleet_update does not take them
                one.pop(name, None)
        if result.get('outcomes'):
            self._complete(result, task_vars)
        return result

    def _complete(self, result, task_vars):
        """Adds to the outcomes what the campaign's file doesn't say: why nothing came of a vehicle, and whose verdict is not recorded."""
        why = self._of_play('ota_fleet_why', task_vars) or ''
        unrecorded = self._of_play('ota_fleet_unrecorded', task_vars) or {}
        package = environment_package.of_test(task_vars or {}, self._templar.template)
        unverified = self._unverified(result, task_vars)
        predicted = self._of_play('ota_fleet_predicted', task_vars) if self._task.check_mode else None
        for host, one in result['outcomes'].items():
            left = host in result.get('left', ())
            if host in unverified:
                one.update(status='unknown', summary=UNVERIFIED)
                result['counts']['passed'] -= 1
            if one['status'] == 'running':
                one['status'] = 'unknown'  # the play asks for outcomes when nothing runs any more
            if left and one['status'] == 'not_tested':
                one['waiting'] = True  # nothing was begun
            if predicted is not None and one.get('waiting'):
                one['summary'] = prediction(host, predicted)
            elif left and why:
                one['summary'] = '%s %s' % (one['summary'] if one['status'] != 'not_tested' else 'Not started.', why)
            if host in unrecorded:
                one['not_recorded'] = unrecorded[host]
            if self._environments.get(host) or package:
                one['environment'] = self._environments.get(host) or package
        told = untrusted(result['outcomes'])
        # The report and the next steps of a workflow take no mark that only the playbook needs.
        plainly = {host: {key: value for key, value in one.items() if key != 'waiting'} for host, one in told.items()}
        result['outcomes'] = told
        with contextlib.suppress(KeyError, TypeError):
            result['ansible_stats']['data']['hatci_results'] = plainly
        if self._task.check_mode:
            for host, one in plainly.items():
                outcomes.tell(host, one)

    def _unverified(self, result, task_vars):
        """Hosts whose update has succeeded, and whose verification did not come to its end: their tests are not closed either."""
        if not self._of_play('ota_fleet_by_host', task_vars):
            return set()
        passed = {one['host'] for one in result.get('test_events') or () if one.get('status') == 'PASS'}
        return {host for host in passed if not task_vars['hostvars'][host].get('ota_fleet_verified')}

    def _of_play(self, name, task_vars):
        """The value of a variable of the playbook ota_fleet; None elsewhere."""
        return self._templar.template(task_vars[name]) if name in (task_vars or {}) else None


def recalled():
    size = os.fstat(_known).st_size
    return json.loads(os.pread(_known, size, 0)) if size else {}


def remember(known):
    text = json.dumps(plain(known)).encode()
    os.ftruncate(_known, 0)
    os.pwrite(_known, text, 0)


def prediction(host, predicted):
    """What would come of this vehicle, from what hatci_fleet_update predicts for the next wave."""
    one = (predicted.get('vehicles') or {}).get(host)
    if one is None:
        return predicted.get('msg', 'Would not be started.') if predicted.get('failed') else 'Would be updated in a later wave.'
    return one['reason'] if one.get('reason') else 'Would be updated.'


def unknown_to_sums(vehicles, listed):
    """A warning of each vehicle that is not among those that the server lists, if it lists any."""
    if not listed:
        return []
    known = {str(one.get('vin', '')).upper() for one in listed}
    missing = ['%s (%s)' % (one['vin'], one['host']) for one in vehicles if str(one['vin']).strip().upper() not in known]
    more = ' and %d more' % (len(missing) - MOST_UNKNOWN) if len(missing) > MOST_UNKNOWN else ''
    named = ', '.join(missing[:MOST_UNKNOWN]) + more
    return ['The SUMS API lists its vehicles, but these are not among them: %s. Check the VINs.' % named] if missing else []


def vehicle(host, hostvars, package, of_play):
    """The vehicle as the variables of the play and of its host describe it, and where these don't, the environment package."""
    found = Filled(ChainMap(of_play, hostvars[host]), package)
    try:
        for name, instead in REFUSED.items():
            if str(found.get(name) or '').strip():
                raise AnsibleActionFail('ota_fleet does not support %s, which is set for %s. %s' % (name, host, instead))
        described = {'host': str(host), 'verifies': bool(str(found.get('ota_verify_tasks') or '').strip()), **values(SAME, found)}
        described.update((side, values(table, found)) for side, table in SOFTWARE.items())
        # What a role or ota_single_vehicle has made earlier in this job is not meant for the fleet.
        made = found.get('hatci_request_update_made') or {}
        for side in SOFTWARE:
            if described[side].get('event_id') in made:
                del described[side]['event_id']
    except AnsibleActionFail:
        raise
    except (AnsibleError, ValueError) as error:
        raise AnsibleActionFail('The variables of %s cannot be used: %s' % (host, error)) from error
    if 'vin' not in described:
        raise AnsibleActionFail('%s has no hatci_vin. Give each vehicle of the fleet its VIN.' % host)
    if isinstance(described['vin'], str):
        described['vin'] = described['vin'].upper()
    return described


class Filled:
    """Variables of a host; what is not set, or blank, comes from a package."""

    def __init__(self, variables, package):
        self._variables, self._package = variables, package

    def get(self, name):
        found = self._variables.get(name)
        return self._package.get(name) if found in (None, '') else found


def values(table, found):
    """The options whose variables are set. A blank, as a survey leaves it, counts as not set, and those around a text are no part of it."""
    given = {option: found.get(name) for option, name in table.items()}
    given = {option: value.strip() if isinstance(value, str) else value for option, value in given.items()}
    given = {option: value for option, value in given.items() if value not in (None, '')}
    wrong = text_of_survey.complaint({table[option]: value for option, value in given.items() if option in STRUCTURED})
    if wrong:
        raise AnsibleActionFail(wrong)
    given = {option: text_of_survey.parsed(value) if option in STRUCTURED else value for option, value in given.items()}
    return {option: text_of_survey.links(value) if option in text_of_survey.LINKS else value for option, value in given.items()}
