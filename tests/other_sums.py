"""A second SUMS server that keeps the contract but answers otherwise than the simulator does, so that nothing is fitted
to the simulator: `id` and `status` in lower case, 200 for creates, 204 for PATCH, 409 for a second fix, errors in plain
text, no idempotency keys, one connection per request, and deployments that move on each time they are read.

Its first line of output is its URL. `GET /calls` lists [method, path, body] of all calls, needing no token."""

import json
import re
from argparse import ArgumentParser, FileType
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

VIN = re.compile('[A-HJ-NPR-Za-hj-npr-z0-9]{17}')
EVENT = {'tester_name', 'program_name', 'model_year', 'vin', 'update_type', 'region', 'build_level', 'ecus'}
EVENT_OPTIONS = {'region_spec', 'remark'}
DEPLOYMENT_OPTIONS = {'deployment_count', 'start_datetime', 'end_datetime'}
TEST_EVENT = {'vin', 'event_id', 'ansible_job_id', 'git_sha', 'suite_name'}
TEST_EVENT_OPTIONS = {'vehicle_id', 'metadata'}


class Refused(Exception):
    """An answer that isn't 2xx."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class Sums:
    """What the server knows, and its calls: each takes the ids of its path and the body, and returns the answer."""

    LISTED = ({'id': '17', 'vin': '1HGBH41JXMN109186', 'colour': 'red'},)

    def __init__(self, failure=None, vehicles=LISTED, page=None):
        self.failure = failure
        self.listed = vehicles
        self.page = page
        self.rows = {'event': {}, 'deployment': {}, 'test event': {}}

    def health(self):
        return 'fine'

    def vehicles(self, page):
        if self.listed is None:
            raise Refused(404, 'Nothing here.')
        if not self.page:
            return self.listed
        page = int(page or 1)
        until = page * self.page
        answer = {'vehicles': self.listed[until - self.page:until]}
        return answer | ({'next': f'?page={page + 1}'} if until < len(self.listed) else {})

    def create_event(self, body):
        check(body, EVENT, EVENT_OPTIONS)
        if not VIN.fullmatch(body['vin']) or body['update_type'] not in ('RROM', 'UROM') or not body['ecus']:
            raise Refused(400, 'bad vin, update_type or ecus')
        for ecu in body['ecus']:
            check(ecu, {'ecu_name', 'part_number', 'sw_version'}, set())
        return {'id': self.add('event', body | {'status': 'new', 'is_fixed': False})}

    def event(self, event_id):
        event = self.row('event', event_id)
        if 'deployment' in event:
            return self.deployment(event['deployment']) | {'id': event_id}
        return {'id': event_id, 'status': event['status'], 'timestamps': {'asked': now()}}

    def fix_event(self, event_id, body):
        check(body, set(), set())
        event = self.row('event', event_id)
        if event['is_fixed']:
            raise Refused(409, 'This event cannot be modified any more.')
        event.update(is_fixed=True, status='fixed')
        return {'id': event_id, 'status': 'fixed'}

    def create_deployment(self, body):
        check(body, {'event_id'}, DEPLOYMENT_OPTIONS)
        event = self.row('event', body['event_id'])
        if not event['is_fixed']:
            raise Refused(409, 'The event is still open.')
        event['deployment'] = self.add('deployment', {'reads': 0})
        return {'id': event['deployment']}

    def deployment(self, deployment_id):
        deployment = self.row('deployment', deployment_id)
        deployment['reads'] += 1
        states = ['pending', 'in_progress', 'in_progress', 'failed' if self.failure else 'completed']
        answer = {'id': deployment_id, 'status': states[min(deployment['reads'], len(states)) - 1]}
        if answer['status'] == 'failed':
            answer['error_message'] = self.failure
        return answer | {'timestamps': {'asked': now()}}

    def create_test_event(self, body):
        check(body, TEST_EVENT, TEST_EVENT_OPTIONS)
        if body['event_id'] != 'pending':
            self.row('event', body['event_id'])
        return {'id': self.add('test event', dict(body))}

    def update_test_event(self, test_event_id, body):
        check(body, {'status', 'summary'}, {'artifact_urls'})
        if body['status'] not in ('PASS', 'FAIL'):
            raise Refused(400, 'status is neither PASS nor FAIL')
        self.row('test event', test_event_id).update(body)

    def add(self, kind, row):
        new = str(4711 + sum(map(len, self.rows.values())))
        self.rows[kind][new] = row
        return new

    def row(self, kind, row_id):
        if row_id not in self.rows[kind]:
            raise Refused(404, f'No such {kind}.')
        return self.rows[kind][row_id]


CALLS = [
    ('GET', '/api/v1/health', Sums.health),
    ('GET', r'/api/v1/vehicles(?:\?page=(\d+))?', Sums.vehicles),
    ('POST', '/api/v1/events', Sums.create_event),
    ('GET', '/api/v1/events/([^/]+)', Sums.event),
    ('POST', '/api/v1/events/([^/]+)/fix', Sums.fix_event),
    ('POST', '/api/v1/deployments', Sums.create_deployment),
    ('GET', '/api/v1/deployments/([^/]+)', Sums.deployment),
    ('POST', '/api/v1/test_events', Sums.create_test_event),
    ('PATCH', '/api/v1/test_events/([^/]+)', Sums.update_test_event),
]


def check(body, required, optional):
    if not isinstance(body, dict) or not required <= body.keys() <= required | optional:
        raise Refused(400, f'Expected {sorted(required)} and at most {sorted(optional)}.')
    if None in body.values():
        raise Refused(400, 'null is not a value')


def now():
    return datetime.now(timezone.utc).isoformat()


class Handler(BaseHTTPRequestHandler):
    """Finds the call, checks the token, and puts the answer on the wire."""

    sums = token = None
    lock = Lock()
    calls = []

    def serve(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        if self.path == '/calls':
            return self.answer(200, 'application/json', json.dumps(self.calls))
        try:
            with self.lock:
                answer = self.call(body)
        except Refused as refused:
            return self.answer(refused.status, 'text/plain', str(refused))
        if answer is None:
            return self.answer(204, 'application/json', '')
        return self.answer(200, 'application/json', json.dumps(answer))

    def call(self, body):
        if self.headers.get('Authorization') != f'Bearer {self.token}':
            raise Refused(403 if self.headers.get('Authorization') else 401, 'Who are you?')
        try:
            body = [] if self.command == 'GET' else [json.loads(body)]
        except ValueError:
            raise Refused(400, 'This is no JSON.') from None
        self.calls.append([self.command, self.path, *body])
        for method, pattern, call in CALLS:
            match = re.fullmatch(pattern, self.path)
            if match and method == self.command:
                return call(self.sums, *match.groups(), *body)
        raise Refused(404, 'Nothing here.')

    def answer(self, status, content_type, text):
        self.send_response(status)
        self.send_header('Content-Type', content_type)
        self.send_header('Content-Length', str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        """Silence: nothing is said after the first line."""

    do_GET = do_POST = do_PATCH = serve


def main():
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--token', default='other-token')
    parser.add_argument('--failure', help='let every deployment fail, for this reason')
    parser.add_argument('--vehicles', type=FileType(encoding='utf-8'), metavar='FILE',
                        help='list these: a JSON list of objects; `null` for a server that lists none')
    parser.add_argument('--page', type=int, help='list so many vehicles on a page, instead of all')
    options = parser.parse_args()
    vehicles = json.load(options.vehicles) if options.vehicles else Sums.LISTED
    Handler.sums = Sums(options.failure, vehicles, options.page)
    Handler.token = options.token
    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    print(f'http://127.0.0.1:{server.server_port}', flush=True)
    server.serve_forever()


if __name__ == '__main__':
    main()
