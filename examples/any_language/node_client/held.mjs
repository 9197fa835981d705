// What a worker knows of the trial that it holds: what is still to be told of it, and what was asked.

import { duration } from "./contract.mjs";

const MOST = 1_000; // measurements, and checkpoints, in one report: what piled up is told in several

export class HeldTrial {
  stopAsked = false; // the controller wants it to end early
  lost = false; // it is no longer ours: nothing more is told of it
  refused = null; // why the controller will not have what was reported of it
  #measurements = [];
  #checkpoints = [];

  constructor(trial) {
    this.trial = trial;
    this.startStep = Number(trial.start_step); // steps are at most 2^40, so that a Number holds them
    this.endStep = Number(trial.end_step);
    this.step = trial.warm_start ? Number(trial.warm_start.step) : this.startStep;
  }

  /** Whether there is a reason to train no further. */
  get ending() {
    return this.stopAsked || this.lost || this.refused !== null;
  }

  /** Whether something waits to be told. */
  get news() {
    return this.#measurements.length + this.#checkpoints.length > 0;
  }

  /** Whether more waits to be told than one report takes. */
  get backlog() {
    return Math.max(this.#measurements.length, this.#checkpoints.length) > MOST;
  }

  /** `metrics` may hold NaN and infinities: they are stored as they are and never count as fit. */
  measured(metrics, elapsed) {
    this.#measurements.push({ step: this.step, metrics, elapsed: duration(elapsed) });
  }

  saved(checkpoint) {
    this.#checkpoints.push(checkpoint);
  }

  /** What was not told yet, as much as one call takes; `told` is called with it once it was. */
  report(outcome = "OUTCOME_UNSPECIFIED", failure_message = "") {
    const { name: trial, lease } = this.trial;
    const [measurements, checkpoints] = [this.#measurements.slice(0, MOST), this.#checkpoints.slice(0, MOST)];
    return { trial, epoch: lease.epoch, step: this.step, measurements, checkpoints, outcome, failure_message };
  }

  /** The controller has what this report said. */
  told({ measurements, checkpoints }) {
    this.#measurements.splice(0, measurements.length);
    this.#checkpoints.splice(0, checkpoints.length);
  }

  /** What waits to be told was refused, and would be again. */
  forget() {
    this.#measurements = [];
    this.#checkpoints = [];
  }
}
