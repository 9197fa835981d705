"""The stream of a study's changes, read in a thread and taken up again where it broke off."""

import threading

import grpc

from ..calls.study_calls import Stream, StudyCalls
from .population import Population

PATIENCE = 1.0
"""Seconds before a stream that broke off is asked for again."""


class Watcher:
    """Between `start` and `stop`, `population` follows the study."""

    def __init__(self, client: StudyCalls, study: str, population: Population) -> None:
        self._client = client
        self._study = study
        self._population = population
        self._ended = threading.Event()
        self._stream: Stream | None = None
        self._thread = threading.Thread(target=self._watch, name="watcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._stream is not None:
            self._stream.cancel()
        self._thread.join(PATIENCE)

    def _watch(self) -> None:
        token = ""
        while not self._ended.is_set():
            try:
                self._stream = self._client.stream(self._study, token)
                for response in self._stream:
                    self._population.changed(response.trials)
                    token = response.resume_token
            except (grpc.RpcError, ValueError):  # ValueError: the channel was closed
                self._ended.wait(PATIENCE)
