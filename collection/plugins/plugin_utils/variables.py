"""The variables from which a module takes what its task doesn't give: how to reach the server, said once for a whole play."""
from __future__ import annotations

import contextlib
import json

SUMS = {
    'hatci_base_url': 'hatci_base_url',
    'hatci_token': 'hatci_token',
    'hatci_verify_tls': 'verify_tls',
    'hatci_ca_path': 'hatci_ca_path',
    'hatci_ca_only': 'hatci_ca_only',
    'hatci_client_cert': 'client_cert',
    'hatci_client_key': 'client_key',
    'hatci_timeout': 'timeout',
    'hatci_retries': 'retries',
    'hatci_deadline': 'deadline',
    'hatci_idempotency_keys': 'idempotency_keys',
    'hatci_not_found_grace': 'not_found_grace',
}
# How long to wait for an update, and for what.
WAIT = {
    'hatci_poll_timeout_seconds': 'wait_timeout',
    'hatci_poll_interval_seconds': 'poll_interval',
    'hatci_success_states': 'success_states',
    'hatci_failure_states': 'failure_states',
}
LISTS = ('success_states', 'failure_states')
JUMPSTARTER = {
    'jumpstarter_client_config': 'client_config',
    'jumpstarter_client': 'client',
}
ARA = {
    'ara_api_base_url': 'ara_api_base_url',
    'ara_api_token': 'ara_api_token',
    'ara_api_username': 'ara_api_username',
    'ara_api_password': 'ara_api_password',
    'ara_verify_ssl': 'ara_verify_ssl',
    'ara_ca_path': 'ara_ca_path',
    'ara_timeout': 'timeout',
    'ara_retries': 'retries',
    'ara_fail_on_error': 'fail_on_error',
    'ara_spool': 'spool',
    'ara_run_id': 'run_id',
    'ara_run_name': 'run_name',
    'ara_run_labels': 'labels',
    'ara_default_metadata': 'metadata',
}


def _server(family):
    """How to reach any machine of a bench, beside its address and who logs in."""
    return {family + '_' + option: option for option in ('validate_certs', 'ca_path', 'timeout', 'deadline')}


S3 = {**{name: name for name in ('s3_endpoint', 's3_access_key', 's3_secret_key')}, 's3_region': 'region', **_server('s3')}
TRUENAS = {**{name: name for name in ('truenas_url', 'truenas_api_key', 'truenas_username')}, **_server('truenas')}
IDRAC = {**{name: name for name in ('idrac_url', 'idrac_username', 'idrac_password')}, **_server('idrac')}
OPENSHIFT = {'openshift_mirror': 'mirror', 'openshift_cache': 'cache', **_server('openshift')}
FAMILIES = {'hatci': SUMS, 'jumpstarter': JUMPSTARTER, 's3': S3, 'truenas': TRUENAS, 'idrac': IDRAC, 'openshift': OPENSHIFT}


def of_module(module):
    """The variables and options of this module, by variable."""
    if module == 'hatci_outcome':
        return {name: name for name in ('hatci_token', 'ara_api_token')}
    if module in ('hatci_fleet_plan', 'hatci_report', 'jumpstarter_exporter_config'):
        return {}  # They ask no server.
    if module in ('hatci_update_status', 'hatci_fleet_status'):
        return SUMS | WAIT
    return FAMILIES.get(module.split('_')[0], {})


def values(table, variables, template):
    """The options whose variables are set. A blank, as a survey leaves it, counts as not set."""
    found = {option: template(variables[name]) for name, option in table.items() if name in variables}
    return {option: _listed(value) if option in LISTS else value for option, value in found.items() if not is_blank(value)}


def is_blank(value):
    """Whether it counts as not given: nothing, or what a survey makes of nothing, or of a blank by mistake."""
    return value is None or isinstance(value, str) and not value.strip()


def _listed(value):
    """A list that comes as text, as a survey has it: JSON, or one item a line. Text with commas is left to the module."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith('['):
        with contextlib.suppress(ValueError):
            return json.loads(value)
    return [line.strip() for line in value.splitlines() if line.strip()] if '\n' in value.strip() else value
