"""./run dev FOLDER --test runs this while the app runs on two Portals, and says in the environment how to reach them as their owners."""

import json
import os
import unittest
from urllib.parse import urlencode
from urllib.request import Request, urlopen


def ask(owner, path, form=None):
    """Asks the app on the Portal of ANNA or BEN, as a program of this owner."""
    headers = {"Host": os.environ[f"{owner}_HOST"], "Authorization": "Bearer " + os.environ[f"{owner}_TOKEN"]}
    body = None if form is None else urlencode(form).encode()
    with urlopen(Request(os.environ[f"{owner}_URL"] + path, body, headers)) as answer:
        return answer.read().decode()


class MessageTests(unittest.TestCase):
    def test_a_message_passes_from_anna_to_ben(self):
        ask("ANNA", "/send", {"to": os.environ["BEN_ID"], "text": "Ahoy from Anna!"})

        [message] = json.loads(ask("BEN", "/received"))
        self.assertEqual((os.environ["ANNA_ID"], "Ahoy from Anna!"), (message["from"], message["text"]))
        print(f"Ben received from {message['name']}: {message['text']}")


if __name__ == "__main__":
    unittest.main()
