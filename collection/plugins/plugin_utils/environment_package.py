"""Which version of which environment package a test runs with: for the records of tests, for reports and for ARA.

The role hatci_environment says so, in the fact FACT.
"""
from __future__ import annotations

from ansible.module_utils.common.validation import check_type_dict

FACT = 'hatci_environment_package'
KEYS = ('environment', 'package', 'version', 'digest')


def of_test(variables, template):
    """The package by KEYS; nothing if the test runs without one."""
    found = template(variables[FACT]) if variables.get(FACT) else {}
    return {key: str(found[key]) for key in KEYS} if found else {}


def options(module, given, variables, template):
    """The options of this module that name the package, in addition to what was `given`. A ValueError if that claims another one."""
    if module not in ('hatci_test_event', 'hatci_fleet_plan', 'hatci_report'):
        return {}
    package = of_test(variables, template)
    if not package:
        return {}
    if module == 'hatci_report':
        return {'results': named(given.get('results'), package)} if isinstance(given.get('results'), dict) else {}
    try:
        metadata = check_type_dict(given.get('metadata') or {})
    except TypeError:
        return {}  # the module says what is wrong with it
    check(metadata, package)
    return {'metadata': {**package, **metadata}}


def named(results, package):
    """The outcomes of these hosts, each with its environment: what it says itself, else this package."""
    def of(outcome):
        is_silent = isinstance(outcome, dict) and outcome.get('environment') in (None, '')
        return {**outcome, 'environment': package} if is_silent else outcome

    return {host: of(outcome) for host, outcome in results.items()}


def check(metadata, package):
    """A record says which package a test ran with. What the user adds to it must not say otherwise."""
    for key in KEYS:
        if key in metadata and str(metadata[key]) != package.get(key):
            raise ValueError('hatci_test_metadata has %s: %s, but in the record of a test with an environment this names %s of the package. '
                             'Give it another name.' % (key, metadata[key], 'the ' + key if key != 'package' else 'the id'))


def changed(before, now):
    """A sentence if a campaign was begun with another package than this one; '' if not."""
    before = {key: before[key] for key in KEYS if key in before}
    if before == now:
        return ''
    return ('This campaign was started with %s, but would be resumed with %s. Resume it with the outputs that it was started with, or start a campaign of '
            'another name (hatci_campaign_id, hatci_resume_file).' % (words(before), words(now)))


def words(package):
    return '%(package)s %(version)s, environment %(environment)s, digest %(digest)s' % package if package else 'no environment'


def labels(package):
    """What a run in ARA is found by."""
    return ['%s:%s' % (key, value) for key, value in package.items()]
