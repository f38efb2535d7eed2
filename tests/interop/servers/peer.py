"""What the servers in this folder have in common when they are written in Python; see peer.mjs."""

import json
import os
import sys
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server


def settings():
    """The settings: one line of JSON from stdin, whose end then ends the process."""
    values = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    return values


def _end_with_stdin():
    sys.stdin.read()
    os._exit(0)


class _Silent(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def serve(app):
    """Listens on a free port, says where, and answers one request after the other."""
    server = make_server("127.0.0.1", 0, app, handler_class=_Silent)
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}), flush=True)
    server.serve_forever()


def unknown(rotation):
    """Ends a server whose settings make no sense."""
    sys.exit(f"this server has no rotation '{rotation}'")
