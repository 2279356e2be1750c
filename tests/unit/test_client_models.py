"""The client's models have the members that workers write, and take what came after them."""

import json
from dataclasses import fields
from typing import get_type_hints

import pytest
from pydantic import BaseModel

from antrean_client import models
from common.messages import patients
from common.messages.message import ReplyPart, encode_part
from tests.unit.test_reply_sizes import largest

PAIRS: dict[type[BaseModel], type[ReplyPart]] = {
    models.Station: patients.VisitStation,
    models.Absence: patients.ClinicAbsence,
    models.Ticket: patients.Ticket,
    models.Hospital: patients.HospitalSummary,
    models.Clinic: patients.ClinicSummary,
    models.Room: patients.OccupiedRoom,
    models.ClinicQueue: patients.ClinicQueue,
}


@pytest.mark.parametrize("model", PAIRS, ids=lambda model: model.__name__)
def test_members_are_those_that_workers_write(model: type[BaseModel]) -> None:
    written = {each.name for each in fields(PAIRS[model])}
    assert {*model.model_fields} == written
    optional = get_type_hints(PAIRS[model])
    for name, field in model.model_fields.items():
        assert (type(None) in getattr(field.annotation, "__args__", ())) == (
            type(None) in getattr(optional[name], "__args__", ())
        ), name


@pytest.mark.parametrize("model", PAIRS, ids=lambda model: model.__name__)
def test_what_a_worker_writes_is_read_and_written_the_same(model: type[BaseModel]) -> None:
    written = encode_part(largest(PAIRS[model]))
    assert json.loads(model.model_validate_json(written).model_dump_json()) == json.loads(written)


@pytest.mark.parametrize("model", PAIRS, ids=lambda model: model.__name__)
def test_what_came_later_is_taken(model: type[BaseModel]) -> None:
    body = json.loads(encode_part(largest(PAIRS[model]))) | {"mood": "calm"}
    if "status" in body:
        body["status"] = "in_orbit"
    read = model.model_validate(body)
    assert read.model_extra == {"mood": "calm"}
    assert getattr(read, "status", "in_orbit") == "in_orbit"


def test_a_clinic_of_a_server_that_tells_no_interval_is_read() -> None:
    body = json.loads(encode_part(largest(patients.ClinicSummary)))
    del body["shortest_wait_seconds"], body["longest_wait_seconds"]
    read = models.Clinic.model_validate(body)
    assert (read.shortest_wait_seconds, read.longest_wait_seconds) == (None, None)
    assert read.estimated_wait_seconds == body["estimated_wait_seconds"]
