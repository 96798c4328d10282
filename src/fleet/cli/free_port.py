"""Checks that a port is free before anything else is done, so that a long run does not end in a failed start."""

import errno
import socket

from fleet.errors import ConfigError


def require_free_port(host: str, port: int, option: str) -> None:
    """Check that a server can listen on a port.

    Args:
        host: name or address to listen on.
        port: port to listen on.
        option: command-line option of the port, for the message.
    Raises: ConfigError if the port is in use, not permitted, or if the address is not one of this machine.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise ConfigError(f"--host is {host!r}, which is no known name or address of this machine") from None
    for family, kind, protocol, _, address in found:
        with socket.socket(family, kind, protocol) as listener:
            # Servers do the same: a port whose last connections have just ended is free.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(address)
            except OSError as error:
                raise ConfigError(_reason(error, host, port, option)) from None


def _reason(error: OSError, host: str, port: int, option: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use; stop the program that uses it, or give another with {option}"
    if error.errno == errno.EACCES:
        return f"port {port} needs rights that this user lacks; give a port of 1024 or more with {option}"
    return f"cannot listen on port {port} of {host}: {error.strerror}"
