"""Tells what the real `jmp` makes of forms of a client configuration: JSON on stdin, {name: YAML text}; {name: what it read} on stdout."""

import json
import sys
import tempfile
from pathlib import Path

from jumpstarter.config.client import ClientConfigV1Alpha1


def read(text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'ci.yaml'
        path.write_text(text)
        try:
            config = ClientConfigV1Alpha1.from_file(path)
        except Exception:  # whatever it is, jmp refuses the file
            return None
        return {'name': config.metadata.name, 'endpoint': config.endpoint, 'token': config.token, 'insecure': config.tls.insecure}


if __name__ == '__main__':
    print(json.dumps({name: read(text) for name, text in json.load(sys.stdin).items()}))
