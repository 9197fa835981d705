// One worker: asks for a trial, trains it, reports what became of it, and asks again.

import { setTimeout as sleep } from "node:timers/promises";

import { Refused, seconds } from "./contract.mjs";
import { HeldTrial } from "./held.mjs";
import { keepLease, now, tell } from "./lease.mjs";
import { StoreElsewhere } from "./store.mjs";

const ENDED = new Set(["STUDY_STATE_COMPLETED", "STUDY_STATE_CANCELLED", "STUDY_STATE_FAILED"]);
const WORKER_ENDS = new Set(["STALE_REQUEST", "STUDY_NOT_FOUND"]); // of Refused

export class Worker {
  #controllers;
  #study;
  #place;
  #sequence = 0n;
  #sent = 0;

  /** `study` is "studies/…", `place` a Worker of the contract whose incarnation was raised at this start. */
  constructor(controllers, study, place) {
    this.#controllers = controllers;
    this.#study = study;
    this.#place = place;
  }

  /** Until the study has ended, whose state it gives, or `leaving` is aborted. `train(session)` is the user's. */
  async run(store, train, leaving) {
    // A worker that has just started holds nothing. If a process before it held a trial, this call gives that trial
    // back at once, as it is not named, and its newest checkpoint goes on here.
    let answer = await this.#suggest([], 1, leaving);
    for (;;) {
      const [trial] = answer.trials;
      if (trial !== undefined) {
        answer = await this.#hold(trial, store, train, leaving); // though leaving: then it is given back
        continue;
      }
      if (!ENDED.has(answer.study_state)) {
        await sleep(1000 * seconds(answer.retry_after), undefined, { signal: leaving }).catch(() => {});
      }
      if (leaving.aborted || ENDED.has(answer.study_state)) return answer.study_state;
      answer = await this.#suggest([], 1, leaving);
    }
  }

  /** Trains one trial and tells its outcome; the answer has the next one. */
  async #hold(trial, store, train, leaving) {
    const held = new HeldTrial(trial);
    const trained = new AbortController();
    const names = { study: this.#study, worker: this.#place };
    const beat = keepLease(this.#controllers, names, held, this.#sent, trained.signal);
    const [outcome, message, unfit] = await ended(held, store, train, leaving);
    trained.abort();
    await beat; // a heartbeat under way is not to arrive after the outcome
    while (held.backlog && !held.lost && held.refused === null) await tell(this.#controllers, names, held);
    const k = leaving.aborted || unfit ? 0 : 1;
    if (held.lost) return this.#suggest([], k, leaving);
    if (held.refused !== null) return this.#fail(held, held.refused, k);
    const answer = await this.#suggest([held.report(outcome, message)], k).catch((error) => this.#fail(held, error, k));
    if (unfit) throw unfit;
    return answer;
  }

  /** What was reported is refused, so whatever is said later would be refused as well: the trial has failed. */
  #fail(held, error, k) {
    if (!(error instanceof Refused) || WORKER_ENDS.has(error.reason)) throw error;
    held.forget();
    return this.#suggest([held.report("OUTCOME_FAILED", `the report was refused: ${error.message}`)], k);
  }

  /** `trials` name every trial that is held: one that is not named is taken away. */
  #suggest(trials, k, giveUp = undefined) {
    this.#sequence += 1n; // a new call; its retries inside of `call` keep the number
    this.#sent = now();
    const sequence = String(this.#sequence);
    const request = { study: this.#study, trials, k, worker: this.#place, sequence };
    return this.#controllers.call("GetNewSuggestion", request, giveUp);
  }
}

/** What the user's code sees of a trial. */
class Session {
  #held;
  #store;
  #leaving;
  #began = now();

  constructor(held, store, leaving) {
    this.#held = held;
    this.#store = store;
    this.#leaving = leaving;
    const { parameters, seed, warm_start } = held.trial;
    this.parameters = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, plain(value)]));
    this.seed = BigInt(seed);
    this.warmStart = warm_start ? store.find(warm_start) : null; // a folder
  }

  get step() {
    return this.#held.step;
  }

  get endStep() {
    return this.#held.endStep;
  }

  get stopping() {
    return this.#held.ending || this.#leaving.aborted;
  }

  /**
   * To be called before each step; whether there is one. It lets the heartbeat run, which shares this thread. Training
   * that computes for longer than a third of a lease belongs into a worker_thread or a process of its own.
   */
  async next() {
    await new Promise(setImmediate);
    if (this.stopping || this.step >= this.endStep) return false;
    this.#held.step += 1;
    return true;
  }

  /** For the step reached. */
  report(metrics) {
    this.#held.measured(metrics, now() - this.#began);
  }

  /** Of the step reached: what `write(folder)` puts into the folder. Registered only when it is durable. */
  save(write) {
    this.#held.saved(this.#store.save(this.#held.trial, this.step, write));
  }

  /** How a training that has returned has ended. */
  get outcome() {
    if (this.step >= this.endStep) return "OUTCOME_COMPLETED";
    return this.#held.stopAsked ? "OUTCOME_STOPPED" : "OUTCOME_RELEASED";
  }
}

/** The outcome, the failure's message, and why no trial can be trained here, if so. */
async function ended(held, store, train, leaving) {
  try {
    store.clear(held.trial);
    const session = new Session(held, store, leaving);
    await train(session);
    return [session.outcome, ""];
  } catch (error) {
    if (error instanceof StoreElsewhere) return ["OUTCOME_RELEASED", "", error]; // it costs the trial no try
    return ["OUTCOME_FAILED", String(error.stack).replaceAll("\0", "?").slice(0, 4000)];
  }
}

/** A ParameterValue as a number or a string; an integer that a Number cannot hold stays a BigInt. */
function plain(value) {
  if (value.value !== "integer_value") return value[value.value];
  const exact = BigInt(value.integer_value);
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}
