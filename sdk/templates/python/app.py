"""Messages from one Portal to another. app_meta.json says who may do what; the Portal sees to it."""

import html
import json
import os
from socketserver import ThreadingMixIn
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIServer, make_server

from peerregistry import Portal, PortalError, identity
from peerregistry.wsgi import PortalMiddleware

portal = Portal()  # finds the core by PORTAL_CORE_URL and PORTAL_APP_TOKEN
received = []


def receive(environ, body):
    """A peer's app calls. The Portal has verified who it is."""
    sender = identity(environ)
    received.append({"from": sender.id, "name": sender.name, "text": body.decode()})
    return "204 No Content", ""


def send(environ, body):
    """The owner writes to a peer: the Portal signs, and finds the same app at the peer's."""
    form = parse_qs(body.decode())
    try:
        answer = portal.call_peer(form["to"][0], "/messages", "POST", form["text"][0].encode())
    except PortalError as error:
        return "502 Bad Gateway", f"It was not delivered: {error.code}"
    return ("200 OK", 'It was delivered. <a href="/">Back</a>') if answer.status < 300 else ("502 Bad Gateway", f"The peer answered {answer.status}")


def page(environ, body):
    peers = "".join(f'<option value="{peer.id}">{html.escape(peer.name)}</option>' for peer in portal.peers())
    messages = "".join(f"<p><b>{html.escape(each['name'])}</b>: {html.escape(each['text'])}</p>" for each in received)
    return "200 OK", (
        f'<!doctype html><title>Messages</title><form method="post" action="/send"><select name="to">{peers}</select>'
        f'<input name="text" required><button>Send</button></form>{messages}'
    )


def received_so_far(environ, body):
    return "200 OK", json.dumps(received)


ROUTES = {("GET", "/"): page, ("POST", "/send"): send, ("POST", "/messages"): receive, ("GET", "/received"): received_so_far}


def app(environ, start_response):
    route = ROUTES.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]), lambda environ, body: ("404 Not Found", "Not found"))
    status, text = route(environ, environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    start_response(status, [("Content-Type", "text/html; charset=utf-8")])
    return [text.encode()]


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


if __name__ == "__main__":
    port = int(os.environ.get("PORT", "3000"))
    host = os.environ.get("HOST", "127.0.0.1")  # in a container, set HOST=0.0.0.0
    make_server(host, port, PortalMiddleware(app, portal), Server).serve_forever()
