"""What comes of a campaign that a job could neither begin nor go on with, as `hatci_fleet_plan` returns it."""
from __future__ import annotations

from ansible_collections.hatci.automation.plugins.plugin_utils import outcome_notes, outcomes
from ansible_collections.hatci.automation.plugins.plugin_utils.in_place import untrusted

COUNTS = ('total', 'waiting', 'begun', 'passed', 'failed', 'not_tested')


def result(hosts, why, known, hostvars):
    """For each host, what the campaign's file says, which is `known`, or else that it was not tested, and why. That is in the job's table, too."""
    told = dict(known.get('outcomes') or {})
    waiting = [host for host in hosts if host not in told]
    for host in waiting:
        told[host] = {'status': outcome_notes.NOT_TESTED, 'summary': why, **_vin(host, hostvars)}
        outcomes.tell(host, told[host])
    counts = {**dict.fromkeys(COUNTS, 0), **(known.get('counts') or {})}
    counts.update(total=counts['total'] + len(waiting), waiting=counts['waiting'] + len(waiting))
    results = untrusted(told)
    return {
        'changed': False, 'step': 'stopped', 'reason': why, 'counts': counts, 'left': waiting, 'test_events': [],
        'outcomes': {host: {**one, 'waiting': True} if host in waiting else one for host, one in results.items()},
        'ansible_stats': {'data': {'hatci_results': results}, 'per_host': False, 'aggregate': True},
    }


def _vin(host, hostvars):
    """What is known of the VIN, for a vehicle whose variables may be what can't be used."""
    try:
        vin = str(hostvars[host].get('hatci_vin') or '').strip().upper()
    except Exception:
        return {}
    return {'vin': vin} if vin else {}
