"""A real ARA server in a folder of its own, run by the Python that ARA is installed for. The first line of output is its URL."""

import argparse
import os

# ARA greets on standard output, which is to hold nothing but the URL.
answer = os.fdopen(os.dup(1), 'w')
os.dup2(2, 1)

parser = argparse.ArgumentParser()
parser.add_argument('folder', help='for the database')
parser.add_argument('--login', choices=['none', 'basic', 'bearer'], required=True, help='what writing needs')
parser.add_argument('--token', required=True, help='the password of the user `writer`, or the bearer token')
options = parser.parse_args()

os.environ.update(ARA_BASE_DIR=options.folder, DJANGO_SETTINGS_MODULE='ara.server.settings')
if options.login == 'basic':
    os.environ['ARA_WRITE_LOGIN_REQUIRED'] = 'true'
if options.login == 'bearer':
    os.environ['ARA_EXTERNAL_AUTH'] = 'true'

import django  # noqa: E402  reads the variables above
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler  # noqa: E402

django.setup()

from ara.server.wsgi import application  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402


def behind_a_proxy(environ, start_response):
    """What a proxy in front of ARA does that knows tokens: it tells ARA who asks."""
    if environ.get('HTTP_AUTHORIZATION') == 'Bearer ' + options.token:
        environ['REMOTE_USER'] = 'writer'
    return application(environ, start_response)


# With its usual hash Django computes for half a second at each request that logs in.
settings.PASSWORD_HASHERS = ['django.contrib.auth.hashers.MD5PasswordHasher']
call_command('migrate', verbosity=0)
if options.login == 'basic':
    get_user_model().objects.create_superuser('writer', 'writer@example.com', options.token)
server = ThreadedWSGIServer(('127.0.0.1', 0), WSGIRequestHandler)
server.set_app(behind_a_proxy if options.login == 'bearer' else application)
print(f'http://127.0.0.1:{server.server_port}', file=answer, flush=True)
server.serve_forever()
