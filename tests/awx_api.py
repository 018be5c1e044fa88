"""The part of the API of AWX that sets up templates, kept in memory: made after awx.awx 24.6.1 and the rules of AWX for what it refuses.

    awx_api.py --project FOLDER --token TOKEN

FOLDER is what a project's checkout holds. The first line of output is the URL. `GET /writes` lists [method, path] of all that was not a
mere read, needing no token."""

import argparse
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from urllib.parse import parse_qsl, urlsplit

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

HIDDEN = '$encrypted$'
ASKS = ('variables', 'limit', 'tags', 'skip_tags', 'job_type', 'verbosity', 'inventory', 'credential', 'execution_environment', 'forks',
        'instance_groups', 'job_slice_count', 'labels', 'timeout', 'diff_mode', 'scm_branch')
TEMPLATE = {'description': '', 'extra_vars': '', 'limit': '', 'scm_branch': '', 'inventory': None, 'survey_enabled': False,
            'allow_simultaneous': False, **{f'ask_{what}_on_launch': False for what in ASKS}}
# Each collection: the type of its objects, which fields they must have, and the others with their defaults.
KINDS = {
    'organizations': ('organization', (), {'description': ''}),
    'credential_types': ('credential_type', ('kind',), {'description': '', 'managed': False, 'inputs': {}, 'injectors': {}}),
    'credentials': ('credential', ('credential_type',), {'description': '', 'organization': None, 'inputs': {}}),
    'execution_environments': ('execution_environment', ('image',), {'description': '', 'organization': None, 'pull': '', 'credential': None}),
    'projects': ('project', (), {'description': '', 'organization': None, 'scm_type': '', 'scm_url': '', 'scm_branch': '', 'credential': None,
                                 'allow_override': False, 'scm_revision': 'c0ffee'}),
    'inventories': ('inventory', ('organization',), {'description': '', 'kind': '', 'host_filter': None, 'variables': ''}),
    'job_templates': ('job_template', ('project', 'playbook'), {
        **TEMPLATE, 'job_type': 'run', 'forks': 0, 'verbosity': 0, 'job_slice_count': 1, 'organization': None, 'execution_environment': None,
        'become_enabled': False}),
    'workflow_job_templates': ('workflow_job_template', (), {**TEMPLATE, 'organization': None}),
    'workflow_job_template_nodes': ('workflow_job_template_node', ('workflow_job_template',), {
        'identifier': '', 'unified_job_template': None, 'extra_data': {}, 'inventory': None, 'limit': None, 'job_type': None,
        'job_slice_count': None, 'all_parents_must_converge': False}),
    'workflow_approval_templates': ('workflow_approval_template', (), {'description': '', 'timeout': 0}),
}
POINTS_TO = {'organization': 'organizations', 'credential_type': 'credential_types', 'execution_environment': 'execution_environments',
             'project': 'projects', 'inventory': 'inventories', 'workflow_job_template': 'workflow_job_templates', 'credential': 'credentials'}
TEMPLATES = ('job_templates', 'workflow_job_templates', 'workflow_approval_templates')
LINKS = {'job_templates': ('credentials',), 'workflow_job_template_nodes': ('success_nodes', 'failure_nodes', 'always_nodes')}
QUESTIONS = {'text': str, 'textarea': str, 'password': str, 'integer': int, 'float': (int, float), 'multiplechoice': str, 'multiselect': str}


class Refused(Exception):
    """An answer that isn't 2xx."""

    def __init__(self, status, body):
        super().__init__(body)
        self.status, self.body = status, body


def need(holds, field, why, status=400):
    if not holds:
        raise Refused(status, {field: [why]})


class Awx:
    """What the server knows. Ids are counted over all collections, as those of templates are in AWX."""

    def __init__(self, checkout):
        self.checkout = Path(checkout)
        self.rows = {name: {} for name in KINDS}
        self.links, self.surveys, self.writes = {}, {}, []
        self.add('organizations', {'name': 'Default'})

    def add(self, kind, body):
        type_, required, defaults = KINDS[kind]
        known = {**defaults, **{name: body[name] for name in body if name in defaults or name in required or name == 'name'}}
        for name in required + (() if kind == 'workflow_job_template_nodes' else ('name',)):
            need(known.get(name) not in (None, ''), name, 'This field is required.')
        row = {'id': sum(map(len, self.rows.values())) + 1, 'type': type_, **known}
        row['url'] = f'/api/v2/{kind}/{row["id"]}/'
        self.check(kind, row)
        self.rows[kind][row['id']] = row
        return row

    def change(self, kind, row, body):
        changed = {**row, **{name: value for name, value in body.items() if name in row and name not in ('id', 'type', 'url')}}
        if kind == 'credentials':
            changed['inputs'] = {name: row['inputs'].get(name, '') if value == HIDDEN else value for name, value in changed['inputs'].items()}
        self.check(kind, changed)
        row.update(changed)
        return row

    def check(self, kind, row):
        for name, other in POINTS_TO.items():
            need(row.get(name) is None or row[name] in self.rows[other], name, f'Invalid pk "{row.get(name)}" - object does not exist.')
        name = 'identifier' if kind == 'workflow_job_template_nodes' else 'name'
        scope = 'workflow_job_template' if name == 'identifier' else 'organization'
        same = [one for one in self.rows[kind].values() if one[name] == row[name] and one.get(scope) == row.get(scope) and one['id'] != row['id']]
        need(not same, '__all__', f'{row["type"]} with this {name} already exists.')
        getattr(self, f'check_{row["type"]}', lambda row: None)(row)

    def check_credential_type(self, row):
        """The templates of the injectors may use the fields, and files that are injected, and nothing else."""
        fields = row['inputs'].get('fields', [])
        for field in fields:
            need({'id', 'label'} <= field.keys() and field.get('type') in ('string', 'boolean'), 'inputs', f'Schema validation failed: {field}')
            need(field.keys() <= {'id', 'label', 'type', 'secret', 'multiline', 'format', 'help_text', 'ask_at_runtime'}, 'inputs', str(field))
        ids = [field['id'] for field in fields]
        need(set(row['inputs'].get('required', [])) <= set(ids), 'inputs', 'required names no field')
        need(row['injectors'].keys() <= {'file', 'env', 'extra_vars'}, 'injectors', 'Additional properties are not allowed')
        files = row['injectors'].get('file', {})
        need(len(files) < 2 or all(name.startswith('template.') for name in files), 'injectors', 'Must use multi-file syntax')
        names = {'filename': {name.partition('.')[2]: 'file' for name in files} if 'template' not in files else 'file'}
        sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
        for section, templates in row['injectors'].items():
            for name, template in templates.items():
                need(section != 'env' or re.fullmatch('[A-Z_][A-Z0-9_]*', name), 'injectors', f'{name} is no environment variable')
                try:
                    sandbox.from_string(template).render(tower=names, **{field: 'example' for field in ids})
                except Exception as error:
                    raise Refused(400, {'injectors': [f'{section}.{name}: {error}']}) from error

    def check_credential(self, row):
        inputs = self.rows['credential_types'][row['credential_type']]['inputs']
        known = {field['id'] for field in inputs.get('fields', [])}
        need(row['inputs'].keys() <= known, 'inputs', f'Additional properties are not allowed ({row["inputs"].keys() - known})')
        missing = [name for name in inputs.get('required', []) if not row['inputs'].get(name)]
        need(not missing, 'inputs', f'required for {row["name"]}: {missing}')

    def check_job_template(self, row):
        project = self.rows['projects'][row['project']]
        there = {str(path.relative_to(self.checkout)) for path in self.checkout.glob('**/*.yml') if '.venv' not in path.parts}
        need(project['allow_override'] or row['playbook'] in there, 'playbook', 'Playbook not found for project.')
        need(row['inventory'] or row['ask_inventory_on_launch'], 'inventory', "Job Template must provide 'inventory' or allow prompting for it.")

    def check_workflow_job_template_node(self, row):
        template = next((self.rows[kind][row['unified_job_template']] for kind in TEMPLATES if row['unified_job_template'] in self.rows[kind]), None)
        need(row['unified_job_template'] is None or template, 'unified_job_template', 'Invalid pk - object does not exist.')
        for name in ('limit', 'job_type', 'job_slice_count', 'inventory'):
            asks = template and template.get(f'ask_{name}_on_launch')
            need(row[name] is None or asks, name, 'Field is not configured to prompt on launch.')

    def shown(self, kind, row):
        """As the API shows it: no secret, and where its other parts are."""
        row = dict(row, summary_fields={}, related={name: f'{row["url"]}{name}/' for name in LINKS.get(kind, ())})
        if kind == 'credentials':
            fields = self.rows['credential_types'][row['credential_type']]['inputs'].get('fields', [])
            secret = {field['id'] for field in fields if field.get('secret')}
            row['inputs'] = {name: HIDDEN if name in secret and value else value for name, value in row['inputs'].items()}
        if kind in ('job_templates', 'workflow_job_templates'):
            row['related']['survey_spec'] = f'{row["url"]}survey_spec/'
        if kind == 'workflow_job_templates':
            row['related']['workflow_nodes'] = f'/api/v2/workflow_job_template_nodes/?workflow_job_template={row["id"]}'
        if kind == 'workflow_job_template_nodes' and row['unified_job_template']:
            of = next(kind for kind in TEMPLATES if row['unified_job_template'] in self.rows[kind])
            row['related']['unified_job_template'] = f'/api/v2/{of}/{row["unified_job_template"]}/'
        return row

    def listed(self, kind, filters):
        kinds = TEMPLATES[:2] if kind == 'unified_job_templates' else (kind,)
        exact = {name: value for name, value in filters.items() if name not in ('page', 'page_size', 'order_by') and not name.startswith('or__')}
        either = {name[4:]: value for name, value in filters.items() if name.startswith('or__')}
        found = [(of, row) for of in kinds for row in self.rows[of].values()
                 if all(name in row and str(row[name]) == value for name, value in exact.items())
                 and (not either or any(str(row.get(name)) == value for name, value in either.items()))]
        results = [self.shown(of, row) for of, row in found]
        return {'count': len(results), 'next': None, 'previous': None, 'results': results}

    def link(self, kind, row, what, body):
        linked = self.links.setdefault((row['id'], what), [])
        if body.get('disassociate'):
            linked.remove(body['id'])
            return
        other = self.rows['credentials' if what == 'credentials' else kind].get(body['id'])
        need(other, 'id', 'object does not exist')
        if what == 'credentials':
            types = [self.rows['credentials'][one]['credential_type'] for one in linked]
            need(other['credential_type'] not in types, 'error', 'Cannot assign multiple credentials of the same type.')
        else:
            need(row['id'] not in self.after(body['id']), 'error', 'Cycle detected.')
            ways = [way for way in LINKS[kind] if body['id'] in self.links.get((row['id'], way), ())]
            need(not ways, 'error', 'Relationship not allowed.')
        linked.append(body['id'])

    def after(self, node):
        """This node of a workflow and all that follow it."""
        return {node}.union(*(self.after(one) for way in LINKS['workflow_job_template_nodes'] for one in self.links.get((node, way), ())))

    def survey(self, row, body):
        need({'name', 'description', 'spec'} <= body.keys() and body['spec'], 'error', 'name, description or spec is missing from survey spec.')
        variables = [one.get('variable') for one in body['spec']]
        need(len(set(variables)) == len(variables), 'error', f'a variable is asked for twice: {variables}')
        for one in body['spec']:
            need({'type', 'question_name', 'variable', 'required'} <= one.keys(), 'error', f'something is missing from survey question {one}')
            need(one['type'] in QUESTIONS and one['question_name'], 'error', f'{one} has a type that no question has')
            need(all(isinstance(one.get(side, 0), int) for side in ('min', 'max')), 'error', f'min and max are numbers: {one}')
            need(one.get('default', '') == '' or isinstance(one['default'], QUESTIONS[one['type']]), 'error', f'the default of {one} is of another type')
            need(not one['type'].startswith('multi') or one.get('choices'), 'error', f'{one} needs choices')
        self.surveys[row['id']] = body


class Handler(BaseHTTPRequestHandler):
    """One request: `/api/v2/KIND/`, `/api/v2/KIND/ID/` or `/api/v2/KIND/ID/PART/`."""

    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        self.reply()

    do_POST = do_PATCH = do_OPTIONS = do_GET

    def reply(self):
        body = json.loads(self.rfile.read(int(self.headers.get('Content-Length') or 0)) or b'{}')
        with self.server.lock:
            try:
                status, answer = self.answer(body)
            except Refused as refused:
                status, answer = refused.status, refused.body
        text = b'' if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {'Content-Type': 'application/json', 'Content-Length': len(text),
                            'X-API-Product-Name': 'AWX', 'X-API-Product-Version': '24.6.1'}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(text)

    def answer(self, body):
        awx, url = self.server.awx, urlsplit(self.path)
        if url.path == '/writes':
            return 200, awx.writes
        need(self.headers.get('Authorization') == f'Bearer {self.server.token}', 'detail', 'Authentication credentials were not provided.', 401)
        if self.command != 'GET':
            awx.writes.append([self.command, url.path])
        words = url.path.strip('/').split('/')
        if words == ['api']:
            return 200, {'current_version': '/api/v2/', 'available_versions': {'v2': '/api/v2/'}}
        if words == ['api', 'v2']:
            return 200, {kind: f'/api/v2/{kind}/' for kind in (*KINDS, 'unified_job_templates')}
        kind, *rest = words[2:]
        need(words[:2] == ['api', 'v2'] and kind in (*KINDS, 'unified_job_templates'), 'detail', 'Not found.', 404)
        if not rest:
            return (201, awx.shown(kind, awx.add(kind, body))) if self.command == 'POST' else (200, awx.listed(kind, dict(parse_qsl(url.query))))
        row = awx.rows[kind].get(int(rest[0]))
        need(row, 'detail', 'Not found.', 404)
        if len(rest) == 1:
            return 200, awx.shown(kind, awx.change(kind, row, body) if self.command == 'PATCH' else row)
        return self.part(kind, row, rest[1], body)

    def part(self, kind, row, part, body):
        awx = self.server.awx
        if part == 'survey_spec' and kind in TEMPLATES[:2]:
            if self.command == 'POST':
                awx.survey(row, body)
                return 200, None
            return 200, awx.surveys.get(row['id'], {})
        if part == 'create_approval_template' and kind == 'workflow_job_template_nodes' and self.command == 'POST':
            made = awx.add('workflow_approval_templates', body)
            row['unified_job_template'] = made['id']
            return 201, awx.shown('workflow_approval_templates', made)
        need(part in LINKS.get(kind, ()), 'detail', 'Not found.', 404)
        if self.command == 'POST':
            awx.link(kind, row, part, body)
            return 204, None
        of = 'credentials' if part == 'credentials' else kind
        results = [awx.shown(of, awx.rows[of][one]) for one in awx.links.get((row['id'], part), ())]
        return 200, {'count': len(results), 'next': None, 'previous': None, 'results': results}

    def log_message(self, *_):
        pass


def main():
    options = argparse.ArgumentParser()
    options.add_argument('--project', required=True)
    options.add_argument('--token', required=True)
    given = options.parse_args()
    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    server.awx, server.token, server.lock = Awx(given.project), given.token, Lock()
    print(f'http://127.0.0.1:{server.server_port}', flush=True)
    server.serve_forever()


if __name__ == '__main__':
    main()
