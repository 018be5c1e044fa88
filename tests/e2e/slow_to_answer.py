"""A SUMS server that creates at once and answers late: a job may end in between."""

import http.server
import json
import threading
import time


class SlowToAnswer:
    """A SUMS server that creates at once, and answers late. It honours keys or doesn't."""

    def __init__(self, honours):
        self.events, self.created, outer = {}, threading.Event(), self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, content):
                body = json.dumps(content).encode()
                self.send_response(200)
                key = self.headers.get('Idempotency-Key')
                if honours and key:
                    self.send_header('Idempotency-Key', key)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                name = self.path.rpartition('/')[2]
                self.answer(next((it for it in outer.events.values() if it['test_event_id'] == name), {'status': 'ok'}))

            def body(self):
                return json.loads(self.rfile.read(int(self.headers['Content-Length'])))

            def do_POST(self):
                event, key, is_first = self.body(), self.headers['Idempotency-Key'], not outer.events
                if not (honours and key in outer.events):
                    outer.events[key] = event | {'test_event_id': f'T-{len(outer.events)}'}
                outer.created.set()
                if is_first:
                    time.sleep(20)
                self.answer(outer.events[key])

            def do_PATCH(self):
                name = self.path.rpartition('/')[2]
                event, = [it for it in outer.events.values() if it['test_event_id'] == name]
                event.update(self.body())
                self.answer(event)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        self.url, self.TOKEN = 'http://127.0.0.1:%d' % self.server.server_address[1], 'slow'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
