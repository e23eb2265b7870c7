"""Header values with names are UTF-8; ``http.client``, WSGI and others hand them out as Latin-1, one character for each byte."""


def from_header(value: str) -> str:
    """Latin-1 text to the UTF-8 that was sent. A value that is no UTF-8 stays as it is."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def to_header(value: str) -> str:
    """The other way round."""
    return value.encode("utf-8").decode("latin-1")
