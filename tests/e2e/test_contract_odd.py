"""The check of the contract against servers that no stand-in is: the second server, but for one thing that it answers otherwise.

What is odd is unknown to the check: it has to be seen in the answers.
"""

import importlib.util
import json
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from threading import Thread

import pytest
from conftest import ROOT
from servers import VIN
from test_contract import WRITE, check, rows  # noqa: F401

TOKEN = 'odd-token-1618'
SPEC = importlib.util.spec_from_file_location('other_sums', ROOT / 'tests/other_sums.py')
other_sums = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(other_sums)


@contextmanager
def odd(twist):
    """The second server; `twist` gets method, path, status and JSON (or text) of each answer, and returns status, JSON, headers."""

    class Odd(other_sums.Handler):
        sums, token, calls = other_sums.Sums(), TOKEN, []

        def answer(self, status, content_type, text):
            try:
                content = json.loads(text)
            except ValueError:
                content = text
            status, content, headers = twist(self.command, self.path, status, content)
            text = content if isinstance(content, str) and content_type != 'application/json' else json.dumps(content)
            if 'Date' in headers:
                self.date_time_string = lambda *_: headers['Date']
            self.send_response(status)
            for name, value in ({'Content-Type': content_type, 'Content-Length': str(len(text.encode()))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = do_PATCH = other_sums.Handler.serve

    server = ThreadingHTTPServer(('127.0.0.1', 0), Odd)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield type('Odd', (), {'url': f'http://127.0.0.1:{server.server_port}', 'TOKEN': TOKEN, 'sums': Odd.sums})
    finally:
        server.shutdown()
        server.server_close()


def when(fits, change):
    """Changes the answers to the requests that fit; `change` gets status and content."""
    def twist(method, path, status, content):
        if fits(method, path, status):
            return (change(status, content) + ({},))[:3]
        return status, content, {}
    return twist


def made(method, path, status):
    return method == 'POST' and path.endswith('/events') and status == 200


def creates_event(method, path, status):
    return method == 'POST' and path == '/api/v1/events'


def vehicles(method, path, status):
    return path.startswith('/api/v1/vehicles')


def shown_event(method, path, status):
    return method == 'GET' and path.startswith('/api/v1/events/') and status == 200


def pages(method, path, status, content):
    if path == '/api/v1/vehicles':
        return status, {'items': content, 'total': 2}, {'Link': '</api/v1/vehicles?page=2>; rel="next"'}
    if path == '/api/v1/vehicles?page=2':
        return 200, {'items': [{'id': '18', 'vin': '5NPE24AF5FH000002'}], 'total': 2}, {}
    return status, content, {}


# What is odd: the twist, the assumption that it breaks, the verdict, and a part of what was seen.
ODD = {
    'an id is a number': (when(made, lambda s, it: (201, {'event_id': int(it['id'])})), 'event_id', 'copes', '`event_id`, a number'),
    'an id has another name': (when(made, lambda s, it: (201, {'eventNo': it['id']})), 'event_id', 'differs', 'eventNo'),
    'an id is wrapped': (when(made, lambda s, it: (201, {'data': it})), 'event_id', 'differs', 'an object with data'),
    'an id reaches another path': (when(made, lambda s, it: (201, {'event_id': 'A/1'})), 'event_id', 'differs',
                                   "`event_id` can't be used: it contains one of /"),
    'a create is accepted': (when(made, lambda s, it: (202, it)), 'event_create', 'copes', '202'),
    'a create is a list': (when(made, lambda s, it: (201, [it])), 'event_create', 'differs', 'a list of 1'),
    'problem details': (when(lambda m, p, s: s == 404, lambda s, it: (404, {'title': it}, {'Content-Type': 'application/problem+json'})),
                        'error_text', 'copes', 'an object with title'),
    'an error without words': (when(lambda m, p, s: s == 404, lambda s, it: (404, '')), 'error_text', 'copes', 'an empty body'),
    'no 404 for an event': (when(lambda m, p, s: s == 404, lambda s, it: (400, it)), 'unknown_event', 'differs', '400'),
    'an empty 200 for what is not there': (when(lambda m, p, s: s == 404, lambda s, it: (200, {})), 'unknown_event', 'differs', '200'),
    'no verdict can be written': (when(lambda m, p, s: m == 'PATCH', lambda s, it: (405, 'use PUT')), 'update_answer', 'differs', '405: use PUT'),
    'an unknown state': (when(shown_event, lambda s, it: (200, it | {'status': 'AWAITING_OEM'})), 'event_state', 'copes', 'AWAITING_OEM'),
    'no state': (when(shown_event, lambda s, it: (200, {'id': '1', 'phase': 'new'})), 'event_state', 'differs', 'phase'),
    'a time without a zone': (when(shown_event, lambda s, it: (200, it | {'timestamps': {'a': '2026-01-01T00:00:00'}})), 'time_zone', 'copes',
                              'without a zone'),
    'a time in seconds': (when(shown_event, lambda s, it: (200, it | {'timestamps': {'a': 1764410000}})), 'time_zone', 'copes', 'a number'),
    'a fix shows nothing': (when(lambda m, p, s: p.endswith('/fix') and s == 200, lambda s, it: (200, {})), 'fix_answer', 'copes', 'empty object'),
    'a fix that is not found twice': (when(lambda m, p, s: s == 409, lambda s, it: (404, 'gone')), 'fix_twice', 'differs', '404: gone'),
    'pages': (pages, 'paging', 'copes', '2 pages by the header Link'),
    'a list that is cut': (when(vehicles, lambda s, it: (200, {'items': it, 'total': 90})), 'paging', 'differs', 'there are more'),
    'vehicles under another name': (when(vehicles, lambda s, it: (200, {'fleet': it})), 'vehicles', 'differs', 'fleet'),
    'vehicles without a VIN': (when(vehicles, lambda s, it: (200, [{'id': 1, 'chassis': 'X'}])), 'vehicles', 'differs', 'chassis'),
    'no vehicles for this user': (when(vehicles, lambda s, it: (403, 'not yours')), 'vehicles', 'copes', '403: not yours'),
    'a redirect to a slash': (when(vehicles, lambda s, it: (308, '', {'Location': 'https://intern.example.com/api/v1/vehicles/?k=1'})), 'redirects',
                              'differs', '308 to /api/v1/vehicles/'),
    'a rate limit': (when(vehicles, lambda s, it: (s, it, {'X-RateLimit-Limit': '60'})), 'rate_limit', 'copes', 'x-ratelimit-limit: 60'),
    'another media type': (when(vehicles, lambda s, it: (s, it, {'Content-Type': 'text/plain'})), 'media_type', 'copes', 'text/plain'),
    'a clock of another day': (lambda m, p, s, it: (s, it, {'Date': 'Thu, 01 Jan 2026 00:00:00 GMT'}), 'clock', 'copes', 'behind'),
    'no health call': (when(lambda m, p, s: p.endswith('/health'), lambda s, it: (404, 'no such call')), 'health', 'copes', '404: no such call'),
    'a broken health call': (when(lambda m, p, s: p.endswith('/health'), lambda s, it: (500, 'oops')), 'health', 'differs', '500: oops'),
    'a state in an object': (when(shown_event, lambda s, it: (200, it | {'status': {'code': 3}})), 'event_state', 'differs',
                             '`status` is an object with code'),
    'a total in a header': (when(vehicles, lambda s, it: (s, it, {'X-Total-Count': '90'})), 'paging', 'differs', 'pages read: 1, and there are more'),
    'a part of a list': (when(vehicles, lambda s, it: (206, it)), 'vehicles', 'as_assumed', '206, a list of 1'),
    'a redirect to http': (when(vehicles, lambda s, it: (301, '', {'Location': 'http://intern.example.com/api/v1/vehicles'})), 'redirects', 'differs',
                           '301 to /api/v1/vehicles, a full address with http'),
    'an error in a good answer': (when(lambda m, p, s: m == 'PATCH', lambda s, it: (200, {'success': False, 'error': 'closed'})), 'status_tells',
                                  'differs', '200, an object with success, error'),
    'an error in a good answer to a create': (when(creates_event, lambda s, it: (200, {'error': 'no such tester'})), 'wrong_value',
                                              'differs', 'may be there now'),
    'an error in a good answer for what is not there': (when(lambda m, p, s: s == 404, lambda s, it: (200, {'error': it})), 'test_event_reading',
                                                        'differs', '200, an object with error'),
    'a health call that says DOWN': (when(lambda m, p, s: p.endswith('/health'), lambda s, it: (200, {'status': 'DOWN'})), 'health', 'copes',
                                     '200, `status`: DOWN'),
    'a health call that says no': (when(lambda m, p, s: p.endswith('/health'), lambda s, it: (200, {'ok': False})), 'health', 'copes', '`ok`: false'),
    'an event of another id': (when(shown_event, lambda s, it: (200, it | {'event_id': 'EV-9'})), 'answer_id', 'differs', 'it is about event'),
    'an id of something else': (when(shown_event, lambda s, it: (200, it | {'id': 'ROW-9'})), 'answer_id', 'copes', '`id` is a different id'),
    'an event without an id': (when(shown_event, lambda s, it: (200, {'status': it['status']})), 'answer_id', 'copes', 'neither'),
    'a media type of a vendor': (when(vehicles, lambda s, it: (s, it, {'Content-Type': 'application/vnd.oem.v2+json'})), 'media_type', 'copes',
                                 'application/vnd.oem.v2+json'),
    'a verdict in other words': (when(lambda m, p, s: m == 'PATCH', lambda s, it: (200, {'status': 'FAILED'})), 'update_answer', 'as_assumed', '200'),
    'a health call that is down whoever asks': (when(lambda m, p, s: p.endswith('/health'), lambda s, it: (503, 'down')), 'wrong_token', 'copes',
                                                'GET health does not show it; GET events: 403'),
    'a redirect of creates': (when(creates_event, lambda s, it: (307, '', {'Location': '/v2/events'})), 'wrong_value', 'not_tried', ''),
    'an object of 2 MB': (when(shown_event, lambda s, it: (200, it | {'x': 'x' * 2_000_000})), 'event_state', 'differs', 'larger than 1 MiB'),
}


@pytest.mark.parametrize('what', ODD)
def test_what_is_odd_is_named(check, what):  # noqa: F811
    twist, name, verdict, seen = ODD[what]
    with odd(twist) as server:
        answer = check(server, retries=0, **WRITE)
    row = rows(answer)[name]
    assert row['verdict'] == verdict and seen in row['seen'], row
    assert 'intern.example.com' not in json.dumps(row)
    assert bool(row['advice']) == (verdict != 'as_assumed')


def test_the_report_holds_no_token_no_vehicle_and_no_address_wherever_a_server_puts_them(check):  # noqa: F811
    token = TOKEN[:-4]  # the check may not cut it, either
    said = 'sums-db.corp.example:5432 10.1.2.3 10.1.2.4:99 [2001:db8::7]:443 fe80::1 jane@corp.example'
    long = f'{"x" * 72} {VIN}-{TOKEN}'

    def twist(method, path, status, content):
        if status >= 400:
            return status, f'of-{VIN}: {said} {long} 127.0.0.1', {}
        if path.startswith('/api/v1/vehicles'):
            rows = [{f'{VIN}_{TOKEN}': 1, 'db.corp.example': 2, **one} for one in content]
            return status, rows, {'Content-Type': f'text/plain; car={VIN}; {TOKEN}'}
        if made(method, path, status):
            return 201, {'event_id': long, f'{"y" * 90}{TOKEN}': said}, {'X-RateLimit-Limit': f'60 at {said}'}
        return status, content, {'X-RateLimit-Limit': f'60 at {said}'}

    with odd(twist) as server:
        answer = check(server, retries=0, **WRITE)
        port = server.url.rpartition(':')[2]
    row = rows(answer)
    assert row['event_id']['seen'] == "`event_id` can't be used: it contains a blank or a control character"
    assert row['media_type']['seen'] == 'text/plain; car=VIN; ***' and 'of-VIN: ADDRESS ADDRESS ADDRESS' in row['unknown_event']['seen']
    for shown in (json.dumps(answer['assumptions']), ''.join(answer['table'])):
        for hidden in (VIN, VIN[:8], token, token[:6], 'corp', '10.1.2', '2001:db8', 'fe80', 'jane', '127.0.0.1', '5432', port):
            assert hidden not in shown, (hidden, shown)


def test_a_test_event_that_can_t_be_closed_fails_the_task_and_is_named(check):  # noqa: F811
    with odd(when(lambda m, p, s: m == 'PATCH', lambda s, it: (405, 'use PUT'))) as server:
        answer = check(server, retries=0, **WRITE)
        open_one, = [one for one, row in server.sums.rows['test event'].items()]
    assert answer['failed'] and f'Test event {open_one} of vehicle {VIN}' in answer['msg'] and 'Close it in SUMS' in answer['msg']
    assert {'what': 'test event', 'id': open_one, 'state': 'open'} in answer['made']


def test_a_server_that_takes_anything_has_one_event_more_and_says_so(check, monkeypatch):  # noqa: F811
    def takes_anything(sums, body):
        return {'id': sums.add('event', body | {'status': 'new', 'is_fixed': False})}
    calls = [(*call[:2], takes_anything) if call[2] is other_sums.Sums.create_event else call for call in other_sums.CALLS]
    monkeypatch.setattr(other_sums, 'CALLS', calls)
    with odd(lambda m, p, s, it: (s, it, {})) as server:
        answer = check(server, **WRITE)
        events = set(server.sums.rows['event'])
    row = rows(answer)['wrong_value']
    assert row['verdict'] == 'differs' and 'update_type CONTRACT_CHECK is there now' in row['seen']
    assert rows(answer)['unknown_field']['seen'].startswith('accepted')
    assert len(events) == 3 and {one['id'] for one in answer['made'] if one['what'] == 'event'} == events


def test_a_server_that_claims_to_honour_keys_and_does_not_is_found_out(check):  # noqa: F811
    with odd(lambda m, p, s, it: (s, it, {'Idempotency-Replayed': 'true'} if m == 'POST' else {})) as server:
        row = rows(check(server, **WRITE))['idempotency_keys']
    assert row['verdict'] == 'differs' and 'although the answer repeats the key' in row['seen'] and row['option'].endswith('ignored'), row
