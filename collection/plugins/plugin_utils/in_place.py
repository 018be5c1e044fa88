"""Runs a module of the collection on this machine, where its program lies: for a task, or for whatever else needs what a module knows."""
from __future__ import annotations

import json
import os
import re

from ansible import release
from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display
from ansible_collections.hatci.automation.plugins.plugin_utils.plain import plain
from ansible_collections.hatci.automation.plugins.plugin_utils.program import Program, outcome

try:
    # From 2.19 on a plain string is never a template, so a result needs no mark.
    from ansible.template import trust_as_template  # pylint: disable=unused-import

    MARKS_TEMPLATES = True

    def untrusted(result):
        return result
except ImportError:
    from ansible.utils.unsafe_proxy import wrap_var as untrusted

    MARKS_TEMPLATES = False

display = Display()

COLLECTION = 'hatci.automation'
MODULES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'modules')


def run(module, arguments, environment=None, show=lambda text: None, ended=lambda result: None):
    """The result of this module. `show` is called with each line of progress; for `ended` see `Program.run`."""
    path = path_of(module, os.uname().machine)
    arguments = {
        **plain(arguments),
        '_ansible_module_name': '%s.%s' % (COLLECTION, module),
        '_ansible_verbosity': int(display.verbosity),
        '_ansible_version': str(release.__version__),
    }
    try:
        ending = Program(path, json.dumps(arguments), environment or {}).run(show, lambda result: ended(untrusted(result)))
    except OSError as error:
        remedy = 'See what limits ansible-playbook on this machine (`ulimit -a`, `df`)'
        if isinstance(error, PermissionError):
            remedy = 'If copying it has changed its mode, install the collection with `ansible-galaxy collection install`'
        raise AnsibleActionFail('%s could not be started: %s. %s.' % (path, error, remedy)) from error
    return untrusted(outcome(module, *ending))


def path_of(module, machine):
    """The path of the module's program for this kind of machine, as `uname -m` names it."""
    path = os.path.join(MODULES, '__%s__' % machine, module)
    if re.fullmatch(r'\w+', machine) and os.path.isfile(path):
        return path
    machines = sorted(one.name[2:-2] for one in os.scandir(MODULES) if os.path.isfile(os.path.join(one.path, module)))
    remedy = 'Install an archive that was built for it'
    if os.uname().machine in machines:
        remedy += ', or run the task with `delegate_to: localhost`'
    raise AnsibleActionFail('%s has no program for a %s machine in the installed collection %s, which was built for %s. %s.' % (
        module, machine, COLLECTION, ' and '.join(machines) or 'no machine at all', remedy))
