"""A real SMTP server that keeps envelopes, and refuses whom a test tells it to."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.ports import free_port

__all__ = ["Relay"]


class Relay:
    """Listens until stopped; also the handler of its own server."""

    def __init__(self) -> None:
        self.port = free_port()
        self.taken: list[tuple[list[str], bytes]] = []
        """Recipients of the envelope and the message, in order."""
        self.refusals: dict[str, str] = {}
        """Answers to RCPT by recipient; « * » is everybody."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, decode_data=False)
        self._controller.start()

    def stop(self) -> None:
        if self._controller.server is not None:
            self._controller.stop()

    def messages(self) -> list[EmailMessage]:
        return [message_from_bytes(content, policy=policy.default) for _, content in self.taken]  # type: ignore[misc]

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        refusal = self.refusals.get(address) or self.refusals.get("*")
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.taken.append((list(envelope.rcpt_tos), content))
        return "250 OK"
