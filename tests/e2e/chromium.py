"""A headless Chromium, driven through its DevTools protocol."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
from pathlib import Path

import websocket

START = 120  # seconds until it says where it listens
ANSWER = 600  # seconds for one answer: axe looks at everything there is
NAMES = ('chromium', 'chromium-browser', 'google-chrome')


def program():
    """Its path, or None if it is not installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Chromium:
    """It runs until the end of its `with` block, and reaches no network."""

    def __init__(self):
        # Its helpers may write to the profile a moment longer than it runs.
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        # Its sandbox needs rights that root in a container lacks. The pages are our own.
        self.process = subprocess.Popen(
            [program(), '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars',
             '--no-first-run', '--disable-background-networking', '--remote-debugging-port=0', '--remote-allow-origins=*',
             f'--user-data-dir={self.folder.name}/profile', 'about:blank'],
            env={'PATH': os.environ['PATH'], 'HOME': self.folder.name, 'TZ': 'UTC', 'LC_ALL': 'C.UTF-8'},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.socket = websocket.create_connection(self._address(), timeout=ANSWER, max_size=None)
        self.sent = 0
        self.events = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.terminate()
        self.process.wait(ANSWER)
        self.process.stderr.close()
        self.folder.cleanup()

    def _address(self):
        said = b''
        while b'DevTools listening on ' not in said or not said.endswith(b'\n'):
            ready, _, _ = select.select([self.process.stderr], [], [], START)
            more = os.read(self.process.stderr.fileno(), 10_000) if ready else b''
            assert more, f'Chromium did not start: {said.decode(errors="replace")}'
            said += more
        return said.split(b'DevTools listening on ')[1].split()[0].decode()

    def call(self, method, session=None, **params):
        """The result of a command. What is said meanwhile is kept in `events`."""
        self.sent += 1
        message = {'id': self.sent, 'method': method, 'params': params}
        self.socket.send(json.dumps(message | ({'sessionId': session} if session else {})))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get('id') == self.sent:
                assert 'error' not in answer, (method, answer['error'])
                return answer['result']
            self.events.append(answer)

    def wait_for(self, session, method):
        """The next event of this name."""
        while True:
            found = next((one for one in self.events if one.get('sessionId') == session and one['method'] == method), None)
            if found:
                self.events.remove(found)
                return found['params']
            self.events.append(json.loads(self.socket.recv()))

    def open(self, path, **how):
        return Page(self, Path(path).as_uri(), **how)


class Page:
    """An open page. `complaints` holds what it wrote into the console, and what the browser refused it."""

    def __init__(self, browser, url, width=1280, height=900, dark=False, media='screen', script=True):
        self.browser = browser
        target = browser.call('Target.createTarget', url='about:blank')['targetId']
        self.session = browser.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        self.target = target
        for domain in ('Page', 'Runtime', 'Log', 'Network'):
            self.call(f'{domain}.enable')
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        features = [{'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}]
        self.call('Emulation.setEmulatedMedia', media=media, features=features)
        if not script:
            self.call('Emulation.setScriptExecutionDisabled', value=True)
        self.call('Page.navigate', url=url)
        browser.wait_for(self.session, 'Page.loadEventFired')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.browser.call('Target.closeTarget', targetId=self.target)

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def run(self, script):
        """The value of this JavaScript, of a promise too."""
        answer = self.call('Runtime.evaluate', expression=script, returnByValue=True, awaitPromise=True)
        assert 'exceptionDetails' not in answer, answer['exceptionDetails']
        return answer['result'].get('value')

    @property
    def complaints(self):
        self.run('0')  # what has been said until now has arrived with this answer
        ours = [one for one in self.browser.events if one.get('sessionId') == self.session]
        return [one['params'] for one in ours
                if one['method'] in ('Log.entryAdded', 'Runtime.exceptionThrown', 'Runtime.consoleAPICalled')]

    @property
    def requests(self):
        """The addresses that it has asked for."""
        self.run('0')
        return [one['params']['request']['url'] for one in self.browser.events
                if one.get('sessionId') == self.session and one['method'] == 'Network.requestWillBeSent']

    def press(self, key, code=None, modifiers=0):
        """Press and release a key, such as Tab or Enter."""
        codes = {'Tab': 9, 'Enter': 13, ' ': 32}
        text = {'Enter': '\r', ' ': ' '}.get(key)
        down = {'key': key, 'code': code or key, 'windowsVirtualKeyCode': codes[key], 'modifiers': modifiers}
        self.call('Input.dispatchKeyEvent', type='keyDown', **down, **({'text': text} if text else {}))
        self.call('Input.dispatchKeyEvent', type='keyUp', **down)

    def picture(self, path, height=None, whole=False):
        """Write what is seen, or with `whole` the whole page, to this PNG file."""
        how = {}
        if whole or height:
            size = self.call('Page.getLayoutMetrics')['cssContentSize']
            how = {'captureBeyondViewport': True, 'clip': {
                'x': 0, 'y': 0, 'width': size['width'], 'height': min(height or size['height'], size['height']), 'scale': 1}}
        data = self.call('Page.captureScreenshot', format='png', **how)['data']
        Path(path).write_bytes(base64.b64decode(data))
        return path

    def pdf(self):
        """The page as it is printed, on A4."""
        return base64.b64decode(self.call('Page.printToPDF', paperWidth=8.27, paperHeight=11.69)['data'])
