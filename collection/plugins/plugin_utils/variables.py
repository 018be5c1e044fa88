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


def of_module(module):
    """The variables and options of this module, by variable."""
    if module in ('hatci_fleet_plan', 'hatci_outcome', 'hatci_report'):
        return {}  # They ask no server.
    if module in ('hatci_update_status', 'hatci_fleet_status'):
        return SUMS | WAIT
    if module.startswith('hatci_'):
        return SUMS
    # An exporter's configuration is written without any client.
    return JUMPSTARTER if module.startswith('jumpstarter_') and module != 'jumpstarter_exporter_config' else {}


def values(table, variables, template):
    """The options whose variables are set. A blank, as a survey leaves it, counts as not set."""
    found = {option: template(variables[name]) for name, option in table.items() if name in variables}
    return {option: _listed(value) if option in LISTS else value for option, value in found.items() if value not in (None, '')}


def _listed(value):
    """A list that comes as text, as a survey has it: JSON, or one item a line. Text with commas is left to the module."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith('['):
        with contextlib.suppress(ValueError):
            return json.loads(value)
    return [line.strip() for line in value.splitlines() if line.strip()] if '\n' in value.strip() else value
