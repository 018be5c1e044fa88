"""Tells ARA how a task of this collection went, when the play sets `ara_enabled`.

It is done here, after the module, and not by tasks or handlers in roles and playbooks: a skipped task is still shown
and still takes its time, whereas this costs a play that does without ARA one look into its variables.

The task itself only writes down what there is to tell. The guard of the job sends it while the play goes on.
"""
from __future__ import annotations

import contextlib
import datetime

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.hatci.automation.plugins.plugin_utils import (
    environment_package, outcome_notes, text_of_survey, variables)
from ansible_collections.hatci.automation.plugins.plugin_utils.final_result import final

MODULE = 'ara_event'
# The run is registered with its first event, and what this module finds belongs to its name and labels. So only a failure of it is recorded.
NAMES_THE_RUN = 'environment_info'
CHANGE = ' -> '  # how the lines of progress write a change of state
NAMED = 3  # so many vehicles stand in the name of a run
MOST = 50  # so many hosts are looked at for it
VERDICTS = {'PASS': 'completed', 'FAIL': 'failed'}  # of the module that reports a test's outcome


class Checkpoint:
    """What ARA records of one task: each change of state that it waits for, and how it ended."""

    def __init__(self, action, task_vars):
        self._action = action
        self._vars = task_vars
        self._started = self._changed = now()
        self._warnings = []
        self._failure = None
        self._enabled = not action._task.check_mode and boolean(self._variable('ara_enabled') or False, strict=False)

    def progress(self, text):
        """A line of progress: an event of its own if it reports another state."""
        if self._enabled and CHANGE in text and not self._action._task.no_log:
            self._tell(self._changed, status='ok', details={'msg': text})
            self._changed = now()

    def end(self, result):
        """The task's result, with what there is to be said about ARA."""
        if not self._enabled or (self._action._module == NAMES_THE_RUN and not result.get('failed')):
            return
        action = self._action
        known = final(result, action._task, action._loader, action._templar, self._vars)
        details = {key: value for key, value in known.items() if key != 'invocation' and not key.startswith('_ansible')}
        failed, options = known['failed'], action._task.args
        # What a task's own `failed_when` forgives is no verdict all the same.
        is_told = not failed and not result.get('failed') and not outcome_notes.is_unfinished(result)
        verdict = VERDICTS.get(str(options.get('status'))) if is_told else None
        fleet = result.get('outcomes') or {}
        if fleet and is_told:
            verdict = 'completed' if {one.get('status') for one in fleet.values()} == {'PASS'} else 'failed'
        # Perhaps nothing comes after these.
        last = bool(failed or verdict or options.get('state') == 'released')
        self._tell(self._started, at_once=last, status=self._status(known), changed=bool(known['changed']), verdict=verdict,
                   details=None if action._task.no_log else details)
        if result.get('outcome') or fleet:
            self._label({self._vars.get('inventory_hostname'): result['outcome']} if result.get('outcome') else fleet)
        if self._warnings:
            result['warnings'] = [*result.get('warnings', ()), *self._warnings]
        if self._failure and not result.get('failed'):
            result.update(failed=True, msg=self._failure)

    def _status(self, result):
        if result.get('failed'):
            return 'ignored' if self._action._task.ignore_errors else 'failed'
        if result.get('skipped'):
            return 'skipped'
        return 'changed' if result.get('changed') else 'ok'

    def _tell(self, started, at_once=False, **event):
        task = self._action._task
        event.update(name=task.get_name(), action=task.action, host=self._vars.get('inventory_hostname', 'localhost'),
                     started=started.isoformat(), duration=(now() - started).total_seconds())
        event = {option: value for option, value in event.items() if value is not None}
        strict = boolean(self._variable('ara_fail_on_error') or False, strict=False)
        options = self._run()
        try:
            answer = self._action.run_in_place(
                MODULE, {**options, 'events': [event], '_ansible_leave_sending': not (strict or at_once)})
        except AnsibleError as error:
            answer = {'failed': True, 'msg': str(error)}
        self._warnings += answer.get('warnings', ())
        if answer.get('failed') and strict:
            self._failure = answer['msg']
        elif answer.get('failed'):
            self._warnings.append(answer['msg'])

    def _run(self):
        """The options that say which run it is. Its name and labels hold the suite and the vehicles, so that they are found by them."""
        options = variables.values(variables.ARA, self._vars, self._action._templar.template)
        vins, suite = self._vins(), self._variable('ota_suite_name') or self._variable('hatci_suite_name')
        shown = ', '.join(vins[:NAMED]) + (' and %d more' % (len(vins) - NAMED) if len(vins) > NAMED else '')
        name = [self._action._task.get_play().get_name(), str(suite or ''), shown]
        labels = options.get('labels', [])
        if isinstance(labels, str):
            wrong = text_of_survey.complaint({'ara_run_labels': labels})
            self._warnings += [wrong] if wrong and wrong not in self._warnings else []
            found = text_of_survey.parsed(labels)
            labels = [] if wrong else found if isinstance(found, list) else labels.split(',')
        about = ['suite:%s' % suite] if suite else []
        about += environment_package.labels(environment_package.of_test(self._vars, self._action._templar.template))
        return {'run_name': ' - '.join(filter(None, name)), **options,
                'labels': [*labels, *about, *('vin:%s' % vin for vin in vins)]}

    def _vins(self):
        """The vehicles of the play, as far as its variables name them."""
        found = [self._variable('hatci_vin')]
        hostvars = self._vars.get('hostvars') or {}
        for host in (self._vars.get('ansible_play_hosts_all') or [])[:MOST]:
            with contextlib.suppress(Exception):  # one that can't be rendered now names no vehicle
                found.append(hostvars[host].get('hatci_vin'))
        return list(dict.fromkeys(vin for vin in (str(vin or '').strip().upper() for vin in found) if vin))

    def _label(self, outcomes):
        """A label of the run for how the test of each of these vehicles came out."""
        labels = ['%s:%s' % (outcome['status'], outcome.get('vin') or host) for host, outcome in outcomes.items()]
        try:
            answer = self._action.run_in_place('ara_run', {**self._run(), 'labels': labels})
        except AnsibleError as error:
            answer = {'failed': True, 'msg': str(error)}
        self._warnings += answer.get('warnings', ())
        if answer.get('failed'):
            self._warnings.append(answer['msg'])

    def _variable(self, name):
        return self._action._templar.template(self._vars[name]) if name in self._vars else None


def now():
    return datetime.datetime.now(datetime.timezone.utc)
