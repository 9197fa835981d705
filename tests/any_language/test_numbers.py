"""Numbers that a language with doubles alone would spoil come back as they were sent."""

import json
import struct
from pathlib import Path

from progenitor_cli.client import Client

from .programs import Programs

EXTREMES = Path(__file__).with_name("extremes.mjs")
BEYOND_DOUBLES = 2**53 + 1
GREATEST = 2**63 - 1


def bits(value: float) -> str:
    return struct.pack(">d", value).hex()


def test_numbers_sent_by_node_come_back_exactly_to_node_and_to_python(
    programs: Programs, node_client: Path
) -> None:
    address = programs.serve()
    told = json.loads(programs.run("node", EXTREMES, node_client, address))
    sent = told["sent"]
    assert sent["minus_zero"] == "8000000000000000"
    assert told["study_state"] == "STUDY_STATE_COMPLETED"
    assert told["retried"]
    assert told["read"] == sent
    assert (told["seed"], told["size_bytes"]) == (str(GREATEST), str(GREATEST))
    assert (told["count"], told["incarnation"]) == (str(BEYOND_DOUBLES), str(BEYOND_DOUBLES))
    assert told["steps"] == [str(2**40)]
    with Client(address) as client:
        (measurement,) = client.list_measurements("extremes/1")
        (saved,) = client.list_checkpoints("extremes")
        (worker,) = client.list_workers("extremes")
        trial = client.get_trial("extremes/1")
        assert client.get_study("extremes").spec.seed == GREATEST
    assert {name: bits(value) for name, value in measurement.metrics.items()} == sent
    assert {name: bits(value) for name, value in trial.measurement.metrics.items()} == sent
    assert measurement.step == trial.end_step == 2**40
    assert saved.checkpoint.size_bytes == GREATEST
    assert worker.worker.incarnation == BEYOND_DOUBLES
    assert trial.parameters["count"].integer_value == BEYOND_DOUBLES
    # Steps end at 2^40, so that no language needs more than a double for them; the refusal has the exact number.
    assert told["beyond"] == f"trials[0].step is {BEYOND_DOUBLES}, must be from 0 to {2**40}"
