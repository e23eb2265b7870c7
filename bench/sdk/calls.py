"""One round after the other, as standard input says: "bare" or "sdk", each answered with calls per second. Arguments: the core, the token, the peer."""

import http.client
import sys
import time
from urllib.parse import urlsplit

from peerregistry import Portal

CALLS = 1000

core, token, peer = sys.argv[1:]
connection = http.client.HTTPConnection(urlsplit(core).netloc, timeout=150)  # as every program should have one
portal = Portal(token, core)


def bare() -> None:
    connection.request("GET", f"/internal/call_peer/{peer}/postcards?x=1", headers={"Proxy-Authorization": f"Bearer {token}"})
    connection.getresponse().read()


def sdk() -> None:
    portal.call_peer(peer, "/postcards?x=1")


for line in sys.stdin:
    call = {"bare": bare, "sdk": sdk}[line.strip()]
    began = time.perf_counter()
    for _ in range(CALLS):
        call()
    print(CALLS / (time.perf_counter() - began), flush=True)
