"""The one action plugin of this collection: it runs a module that is a compiled program.

On a local connection the program is started where it lies: no copy, no shell, and its arguments in an
anonymous file, so that a token never touches a disk. Every other connection, `become` and `async` go through
Ansible's own `_execute_module`, with the program that was built for the target's architecture.
"""
from __future__ import annotations

import contextlib
import os
import uuid
import weakref
from collections import ChainMap

from ansible import constants as C, context
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.hatci.automation.plugins.plugin_utils import (
    environment_package, guard, in_place, late_results, outcomes, platform_job, progress, progress_bar, stopped_hosts, task_name,
    text_of_survey, variables)
from ansible_collections.hatci.automation.plugins.plugin_utils.checkpoint import Checkpoint
from ansible_collections.hatci.automation.plugins.plugin_utils.in_place import COLLECTION, path_of
from ansible_collections.hatci.automation.plugins.plugin_utils.plain import plain

# By task: Ansible makes an object of it for each host and each item of a loop, and all attempts that `until` makes of that share it.
ITEM_IDS = weakref.WeakKeyDictionary()
# Options whose values are shown in records and reports.
SHOWN = ('build_level', 'campaign_id', 'idempotency_keys', 'model_year', 'program_name', 'region', 'region_spec', 'remark', 'report_dir',
         'suite_name', 'tester_name', 'vehicle_id')
# A verdict is recorded also if the links beside it can't be read.
RECORDING = ('hatci_outcome', 'hatci_test_event_update')
late_results.watch()
stopped_hosts.watch()


def _refuse_numbers_of_texts(arguments):
    """ansible-core before 2.19 can turn texts into Python values: a build level of "1.10" becomes 1.1, and the original is lost."""
    if in_place.MARKS_TEMPLATES or not C.DEFAULT_JINJA2_NATIVE:
        return
    number = next((name for name in SHOWN if name != 'model_year' and isinstance(arguments.get(name), (int, float))), None)
    if number:
        raise AnsibleActionFail('%s is %s here, but may have been a text such as "1.10": this release of ansible-core turns texts into numbers if '
                                'jinja2_native (ANSIBLE_JINJA2_NATIVE) is on. Turn it off.' % (number, arguments[number]))


class BinaryAction(ActionBase):
    """Runs the program of the same name as the file of the subclass."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._supports_async = True  # here, because ansible-core 2.15 resets it in its own __init__
        self._module = type(self).__module__.rsplit('.', 1)[-1]

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        if context.CLIARGS.get('start_at_task') and 'ota_single_updates' in task_vars and 'ota_single_before' not in task_vars:
            raise AnsibleActionFail('This playbook can\'t be started with --start-at-task, because each step needs the results of the steps before. '
                                    'Choose steps with --tags, or pass the ids of what already exists.')
        arguments = plain({**self._from_variables(task_vars), **self._omitted_defaults(task_vars), **self._task.args})
        arguments.update(plain(platform_job.options(self._module, arguments, task_vars, self._templar.template)))
        # An empty text may mean something to a module. Blanks alone, and around what a record shows, are a slip in a survey.
        arguments = {name: value for name, value in arguments.items() if value == '' or not isinstance(value, str) or value.strip()}
        arguments.update({name: arguments[name].strip() for name in SHOWN if isinstance(arguments.get(name), str)})
        _refuse_numbers_of_texts(arguments)
        arguments, wrong = text_of_survey.options(arguments)
        if wrong and self._module not in RECORDING:
            raise AnsibleActionFail(wrong)
        if wrong:
            arguments = {name: value for name, value in arguments.items() if name not in text_of_survey.OPTIONS or not text_of_survey.is_unfit(name, value)}
        try:
            arguments.update(environment_package.options(self._module, arguments, task_vars, self._templar.template))
        except ValueError as error:
            raise AnsibleActionFail(str(error)) from None
        # ansible-core before 2.21 knows no such setting, and always shows the options.
        with contextlib.suppress(AnsibleError):
            arguments['_ansible_inject_invocation'] = C.config.get_config_value('INJECT_INVOCATION', variables=task_vars)
        arguments['_ansible_inventory_hostname'] = task_vars.get('inventory_hostname', '')
        arguments['_ansible_item_id'] = ITEM_IDS.setdefault(self._task, str(uuid.uuid4()))
        checkpoint = Checkpoint(self, task_vars)
        self._guard_wait = self._wait_from_variable(task_vars)
        self._note('', task_vars)
        with self._in_time(result):
            try:
                result.update(self._run_module(arguments, task_vars, checkpoint, result.update))
            except AnsibleConnectionFailure as e:
                vin = arguments.get('vin') or self._templar.template(task_vars.get('hatci_vin', ''))
                if vin:
                    outcomes.note_unreachable(task_vars.get('inventory_hostname', ''), vin, e)
                raise
        if not self._task.check_mode:
            outcomes.note(task_vars.get('inventory_hostname', ''), self._module, arguments, result)
        if not self._module.startswith('ara_'):
            with self._in_time(result):
                checkpoint.end(result)
        news = guard.revive(lambda: path_of(self._module, os.uname().machine), self._environment)
        self._note(self._said, task_vars)  # it may be another one now
        news += ['%s It was left out.' % wrong] if wrong else []
        if news:
            result['warnings'] = [*result.get('warnings', ()), *news]
        return result

    def _note(self, text, task_vars):
        """Tell the guard how far the job is."""
        self._said = text
        if not guard.is_known():
            return
        step = task_name.of_this_host(self._task.name, self._loader, self._templar, task_vars) or self._task.action
        if text and not self._task.no_log:
            step = '%s, %s' % (step, text)
        guard.note(task_vars.get('inventory_hostname', ''), step, self._guard_wait)

    def _wait_from_variable(self, task_vars):
        """Refuse a bad value before the module has done anything."""
        wait = self._templar.template(task_vars.get('hatci_guard_wait', ''))
        if variables.is_blank(wait):
            return None
        try:
            return guard.seconds(wait)
        except ValueError:
            raise AnsibleActionFail('hatci_guard_wait is %r; give a number of seconds from 0 to %d.' % (wait, guard.LONGEST)) from None

    def _run_module(self, arguments, task_vars, checkpoint, ended):
        """The module's result; `ended` is called with the last words of a program that had to be ended."""
        detour = self._detour()
        if not detour:
            host = task_vars.get('inventory_hostname', '')

            def show(text):
                if not self._task.no_log:
                    lines.show('%s | %s' % (host, text))
                checkpoint.progress(text)
                self._note(text, task_vars)

            try:
                with progress_bar.Lines() as lines:
                    return self.run_in_place(self._module, arguments, show, ended)
            except KeyboardInterrupt:
                progress.deliver()
                raise
        local = self._connection.transport == 'local'
        machine = os.uname().machine if local else self._target_machine(task_vars)
        path_of(self._module, machine)
        # What is lost on that way, the module knows: it warns.
        arguments['_ansible_detour'] = detour
        result = self._execute_module(
            module_name='%s.__%s__.%s' % (COLLECTION, machine, self._module), module_args=arguments,
            task_vars=task_vars, wrap_async=self._task.async_val)
        if not self._task.check_mode:
            late_results.spare_the_guard(self._module, arguments, result)
        return result

    def _detour(self):
        """What keeps the program from being started where it lies, in words; '' if nothing does."""
        if self._task.async_val:
            return '`async`'
        if self._connection.transport != 'local':
            return 'the connection %s' % self._connection.transport
        # A task's own variable says no also where an extra variable, which Ansible goes by, says yes.
        return '`become`' if self._connection.become is not None and self._task.get_vars().get('ansible_become') is not False else ''

    @contextlib.contextmanager
    def _in_time(self, result):
        """Makes a failed result of what is known when the task's `timeout:` strikes: Ansible's own would forget it."""
        try:
            yield
        except (Exception, KeyboardInterrupt):
            raise
        except BaseException:  # what Ansible raises for `timeout:` has a name of its own in each release
            if not result:
                raise
            words = result.get('msg') if result.get('failed') else 'The module itself had already finished.'
            result.update(failed=True, timedout={'period': self._task.timeout},
                          msg="The task's timeout of %s s has passed. %s" % (self._task.timeout, words))

    def _from_variables(self, task_vars):
        """The options that neither the task nor `module_defaults` give, and the play's variables do."""
        table = variables.of_module(self._module)
        given = self._task.args.keys()
        if table is variables.JUMPSTARTER and given & set(table.values()):
            return {}  # Of its two ways to name a client the task has chosen one.
        missing = {name: option for name, option in table.items() if option not in given}
        if self._module.startswith('hatci_fleet_'):
            # What was set before the fleet began, and not what a vehicle's verification has set since.
            task_vars = ChainMap(self._templar.template(task_vars.get('ota_fleet_settings') or {}), task_vars)
        omit = task_vars.get('omit')
        found = variables.values(missing, task_vars, self._templar.template)
        return {option: value for option, value in found.items() if value != omit}

    def _omitted_defaults(self, task_vars):
        """What `module_defaults` say for this module, from the play's inwards.

        Ansible has merged them into the arguments already, but it drops a default when the task, or a block in
        between, gives the option as `{{ variable | default(omit) }}`. The roles are written so, and an option
        that is omitted shall be as good as one that isn't written.
        """
        found = {}
        omit = task_vars.get('omit')
        action = '%s.%s' % (COLLECTION, self._module)
        groups = ()
        with contextlib.suppress(AttributeError):  # a task outside of any play has none
            groups = self._task.get_play()._action_groups.get(action, ())
        for key in (*('group/%s' % group for group in groups), action):
            for defaults in self._task.module_defaults or ():
                options = defaults.get(key) or {}
                if isinstance(options, str):
                    options = self._templar.template(options)
                # Only what is missing: to render a template takes longer than all else here.
                missing = {option: value for option, value in options.items() if option not in self._task.args}
                if missing:
                    missing = self._templar.template(missing)
                found.update((option, value) for option, value in missing.items() if value != omit)
        return found

    def _target_machine(self, task_vars):
        if self._task.delegate_to:
            task_vars = task_vars.get('ansible_delegated_vars', {}).get(self._task.delegate_to, {})
        facts = task_vars.get('ansible_facts') or {}
        if 'system' in facts and 'architecture' in facts:
            system, machine = facts['system'], facts['architecture']
        else:
            answer = self._low_level_execute_command('uname -sm', sudoable=False)
            system, dummy, machine = (answer.get('stdout') or '').strip().partition(' ')
        if system != 'Linux':
            raise AnsibleActionFail('%s runs only on Linux, but the target is %r. Run the task with '
                                    '`delegate_to: localhost`.' % (self._module, system))
        return machine

    def run_in_place(self, module, arguments, show=lambda text: None, ended=lambda result: None):
        """The result of this module of the collection, run on this machine."""
        arguments = {
            **arguments,
            '_ansible_check_mode': bool(self._task.check_mode),
            '_ansible_diff': bool(self._task.diff),
            '_ansible_no_log': bool(self._task.no_log),
        }
        with contextlib.suppress(AttributeError):  # a task outside of any play has none
            # What ARA knows this play by; its column holds 36 characters.
            arguments['_ansible_play_uuid'] = str(self._task.get_play()._uuid)[:36]
        return in_place.run(module, arguments, self._environment(), show, ended)

    def _environment(self):
        """The task's own `environment:`."""
        environment = {}
        self._compute_environment_string(environment)
        return {str(name): str(value) for name, value in environment.items()}
