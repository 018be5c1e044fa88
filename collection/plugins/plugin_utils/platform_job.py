"""What the Automation Platform says of the job it runs, for the records of tests and for reports.

It sets extra variables that begin with `awx_`, and the same with `tower_`, and AWX_HOST in the environment.
"""
from __future__ import annotations

import os

import yaml

TOLD = ('job_id', 'workflow_job_id', 'job_template_name', 'user_name')


def options(module, given, variables, template):
    """The options of this module that follow from the job, and with which of them it was `given`."""
    if module not in ('hatci_test_event', 'hatci_fleet_plan', 'hatci_report'):
        return {}
    job = of_job(variables, template, os.environ)
    if not job:
        return {}
    if module == 'hatci_report':
        # Each says who made what: it is one run, as an `ansible-playbook` is.
        run = 'job %s' % job['awx_job_id'] + (', started by %s' % job['awx_user_name'] if 'awx_user_name' in job else '')
        found = {'run': run, 'job_url': job.get('job_url')}
        return {option: value for option, value in found.items() if value and given.get(option) in (None, '')}
    metadata = given.get('metadata') or {}
    if isinstance(metadata, str):  # as a survey has it
        try:
            metadata = yaml.safe_load(metadata)
        except yaml.YAMLError:
            return {}  # the module says what is wrong with it
    return {'metadata': {**job, **metadata}} if isinstance(metadata, dict) else {}


def of_job(variables, template, environment):
    """The ids of the job, who started it, and where it can be seen; nothing outside of the platform."""
    def value(name):
        found = template(variables[name]) if variables.get(name) not in (None, '') else None
        return found.strip() if isinstance(found, str) else found

    job = {'awx_%s' % name: value('awx_%s' % name) or value('tower_%s' % name) for name in TOLD}
    job = {name: str(found) for name, found in job.items() if found}
    if 'awx_job_id' not in job:
        return {}
    host = environment.get('AWX_HOST', '').rstrip('/')
    url = value('hatci_report_job_url') or (host and '%s/#/jobs/playbook/%s' % (host, job['awx_job_id']))
    return {**job, **({'job_url': url} if url else {})}
