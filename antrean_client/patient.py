"""What a patient's program asks: take a number, follow it, give it up.

    with PatientClient("amqp://patient:PASSWORD@host/") as antrean:
        ticket = antrean.register("RSHS", "GIG", "00123456", "Siti Aminah", "1990-01-31")
        print(ticket.display_number, ticket.estimated_call_at)

With `https://antrean.example/` it asks the antrean-web there, as the public does, and needs no password.

A refusal is a ProblemReply, whose `code` says why. A request that changes something has an id; whoever keeps
the id, and sends the request again with it after NoReply or a crash, gets what the first one got.
"""

from collections.abc import Sequence
from datetime import date
from types import TracebackType
from typing import Any, Self

from antrean_client import look_ups
from antrean_client.models import Clinic, ClinicQueue, Hospital, Ticket
from antrean_client.protocol import PATIENT_EXCHANGE
from antrean_client.requests import RequestClient
from antrean_client.rpc_client import RpcClient
from antrean_client.web_client import WebClient


class PatientClient:
    """One connection, opened by the first request and again where it is lost; not for use by several threads.

    Each call waits for at most about `timeout_seconds`, and sends its request again meanwhile. All raise
    ProblemReply where the request is refused, BrokerUnavailable and BrokerRefused where there is no broker,
    ServerUnavailable and ServerRefused where there is no antrean-web, RequestNotTaken where the system is too
    busy, TooManyRequests where it takes no more from here for a while, and NoReply where nothing is known of
    what was sent.
    """

    def __init__(self, url: str, *, timeout_seconds: float = 10.0) -> None:
        """`url` is the broker's address, or that of an antrean-web; raises SettingsError where the latter
        cannot be used."""
        self._client: RequestClient
        if url.startswith(("http:", "https:")):
            self._client = WebClient(url)
        else:
            self._client = RpcClient(url, PATIENT_EXCHANGE)
        self._timeout_seconds = timeout_seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection, if there is one; never raises."""
        self._client.close()

    def ask(self, name: str, body: dict[str, Any], request_id: str | None = None) -> dict[str, Any]:
        """The reply to any request of patients, as it was sent."""
        return self._client.ask(name, body, timeout_seconds=self._timeout_seconds, request_id=request_id)

    def list_hospitals(self) -> list[Hospital]:
        """All hospitals, by code."""
        return [Hospital.model_validate(each) for each in look_ups.hospitals(self)]

    def list_clinics(self, hospital: str, *, open_only: bool = False) -> list[Clinic]:
        """The clinics of a hospital, by code."""
        found = look_ups.clinics(self, hospital, open_only=open_only)
        return [Clinic.model_validate(each) for each in found]

    def clinic_queue(self, hospital: str, clinic: str) -> ClinicQueue:
        """Who is served and who is next in a clinic."""
        return ClinicQueue.model_validate(self.ask("clinic_queue", {"hospital": hospital, "clinic": clinic}))

    def status(self, ticket_codes: Sequence[str]) -> dict[str, Ticket]:
        """The tickets with these codes, by their codes as `7K3F-9QXM-2T5R`; those of none are left out."""
        found, _ = look_ups.tickets(lambda body: self.ask("ticket_status", body), ticket_codes)
        return {each["ticket_code"]: Ticket.model_validate(each) for each in found}

    def register(
        self,
        hospital: str,
        clinic: str,
        medical_record_number: str,
        name: str,
        date_of_birth: date | str,
        *,
        newborn: int | None = None,
        request_id: str | None = None,
    ) -> Ticket:
        """Takes a number for today. A date of birth that is known in part is written as `1990-01` or `1990`;
        `newborn` is the order of birth of one who has the mother's number and name. An id is a UUID."""
        body: dict[str, Any] = {
            "hospital": hospital,
            "clinic": clinic,
            "medical_record_number": medical_record_number,
            "name": name,
            "date_of_birth": str(date_of_birth),
        }
        if newborn is not None:
            body["newborn"] = newborn
        return Ticket.model_validate(self.ask("register", body, request_id))

    def cancel(self, ticket_code: str, *, request_id: str | None = None) -> Ticket:
        """Gives a ticket up."""
        return Ticket.model_validate(self.ask("cancel", {"ticket_code": ticket_code}, request_id))
