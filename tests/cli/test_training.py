"""A run goes on with the workers that can, and tells what became of the others."""

from .place import Place

LOADED_ONCE = """
loaded = Path("loaded")
if loaded.exists():
    raise RuntimeError("the camera is taken")
loaded.touch()
"""
"""Only the first process can load a file that ends like this: the first worker's."""


def test_a_worker_that_cannot_start_fails_no_run_that_another_completes(place: Place) -> None:
    file = place.train_file(steps=20, body="time.sleep(0.02)")
    file.write_text(file.read_text() + LOADED_ONCE)
    found = place.run("run", "train.py", "--workers", "2", "--json")
    assert found.code == 0, found.err
    assert found.result["best"] is not None
    before, _, after = found.err.partition("Worker 1 ended: ")
    assert "the camera is taken" in after.splitlines()[0]
    assert "Worker 1 ended" not in before + after
    assert " completed, " in after, "told when it happens, not at the end"
