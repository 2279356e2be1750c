"""Several registrars at one clinic at the same time, each with connections of its own."""

import random

from sqlalchemy import Engine

from common.messages.patients import Ticket
from common.messages.problems import ProblemCode
from tests.builders import cancellation, clinic_table, hospital_table, registration
from tests.store.registrars import REGISTRARS, OpenAnother, at_once, in_batches
from tests.store.workers import Workers, a_problem, a_ticket, journal_rows, ticket_rows, workers_of

CLINICS = ("GIG", "INT", "MAT")


def _clinics(engine: Engine) -> Workers:
    workers = workers_of(engine, hospital_table("RSHS", *(clinic_table(code) for code in CLINICS)))
    # On the next day, so that nobody has stood in these queues and nobody has prepared them.
    workers.clock.forward(days=1)
    return workers


def test_numbers_are_one_to_n_in_every_clinic(engine: Engine, open_another: OpenAnother) -> None:
    workers = _clinics(engine)
    work = []
    for registrar in range(REGISTRARS):
        patients = range(100 * registrar, 100 * registrar + 25)
        requests = [registration(who, clinic=clinic) for who in patients for clinic in CLINICS]
        random.Random(registrar).shuffle(requests)
        work.append(in_batches(requests, registrar))
    outcomes = [outcome for done in at_once(workers, open_another, work) for outcome in done]
    tickets = [a_ticket(outcome) for outcome in outcomes]
    expected = list(range(1, 25 * REGISTRARS + 1))
    for clinic in CLINICS:
        assert sorted(ticket.number for ticket in tickets if ticket.clinic == clinic) == expected
        rows = [row for row in ticket_rows(engine) if row["clinic"] == clinic]
        assert [row["number"] for row in rows] == expected
        of_clinic = [row["sequence"] for row in journal_rows(engine) if row["clinic"] == clinic]
        assert of_clinic[-len(expected) :] == expected
    assert len({ticket.ticket_code for ticket in tickets}) == len(tickets)


def test_a_request_in_several_registrars_hands_is_done_once(
    engine: Engine, open_another: OpenAnother
) -> None:
    """As after a lost connection: the broker hands a request to another registrar while one is at it."""
    workers = _clinics(engine)
    requests = [registration(who, clinic=CLINICS[who % 3]) for who in range(30)]
    work = []
    for registrar in range(REGISTRARS):
        shuffled = requests.copy()
        random.Random(registrar).shuffle(shuffled)
        work.append(in_batches(shuffled, registrar))
    done = at_once(workers, open_another, work)
    answers: dict[str | None, set[tuple[str, int, str]]] = {}
    for batches, outcomes in zip(work, done, strict=True):
        asked = [request for batch in batches for request in batch]
        for request, outcome in zip(asked, outcomes, strict=True):
            ticket = a_ticket(outcome)
            [event] = outcome.events
            answers.setdefault(request.message_id, set()).add((ticket.ticket_code, ticket.number, event.id))
    assert len(answers) == len(requests)
    assert all(len(different) == 1 for different in answers.values())
    assert len(ticket_rows(engine)) == len(requests)


def test_a_refused_request_in_several_hands_is_answered_by_all(
    engine: Engine, open_another: OpenAnother
) -> None:
    workers = _clinics(engine)
    requests = [registration(who, "RSXX") for who in range(20)]
    done = at_once(workers, open_another, [[[request] for request in requests]] * REGISTRARS)
    for outcomes in done:
        assert len([a_problem(outcome, ProblemCode.HOSPITAL_NOT_FOUND) for outcome in outcomes]) == 20


def test_a_patient_at_several_counters_gets_one_ticket(engine: Engine, open_another: OpenAnother) -> None:
    workers = _clinics(engine)
    work = [[[registration(who)] for who in range(20)] for _ in range(REGISTRARS)]
    done = at_once(workers, open_another, work)
    assert len(ticket_rows(engine)) == 20
    for answers in zip(*done, strict=True):
        granted = [outcome.reply for outcome in answers if isinstance(outcome.reply, Ticket)]
        refused = [a_problem(outcome) for outcome in answers if not isinstance(outcome.reply, Ticket)]
        assert len(granted) == 1
        assert {problem.code for problem in refused} == {ProblemCode.ALREADY_REGISTERED}
        numbers = {problem.ticket.number for problem in refused if problem.ticket is not None}
        assert numbers == {granted[0].number}


def test_the_last_place_goes_to_one_patient(engine: Engine, open_another: OpenAnother) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", daily_quota=10)))
    work = [[[registration(100 * counter + who)] for who in range(10)] for counter in range(REGISTRARS)]
    outcomes = [outcome for done in at_once(workers, open_another, work) for outcome in done]
    assert sorted(o.reply.number for o in outcomes if isinstance(o.reply, Ticket)) == list(range(1, 11))
    refused = [a_problem(o).code for o in outcomes if not isinstance(o.reply, Ticket)]
    assert refused == [ProblemCode.QUOTA_REACHED] * 30


def test_a_ticket_given_up_at_several_counters_is_given_up_once(
    engine: Engine, open_another: OpenAnother
) -> None:
    workers = workers_of(engine)
    codes = [ticket.ticket_code for ticket in workers.register_many(20)]
    work = [[[cancellation(code)] for code in codes] for _ in range(REGISTRARS)]
    done = at_once(workers, open_another, work)
    for answers in zip(*done, strict=True):
        assert sum(isinstance(outcome.reply, Ticket) for outcome in answers) == 1
    assert [row["event_name"] for row in journal_rows(engine)].count("ticket.cancelled") == 20
