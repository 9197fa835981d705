// The heartbeat: keeps the lease of a trial while it is trained, and tells what is new of it.

import { setTimeout as sleep } from "node:timers/promises";

import { GaveUp, Refused, seconds } from "./contract.mjs";

const NEWS_WAIT = 1.0; // seconds that a measurement waits at most, so that early stopping can act on it

/**
 * Runs until `over` (an AbortSignal). `since` is when the call that gave the trial was SENT, by our own clock: an
 * answer that was long in coming gives a lease of which little is left. `lease.expire_time` is not read, as clocks
 * disagree.
 */
export async function keepLease(controllers, names, held, since, over) {
  let lease = seconds(held.trial.lease.remaining);
  while (!over.aborted && !held.lost && held.refused === null) {
    const look = Math.min(NEWS_WAIT, lease / 6);
    await sleep(1000 * look, undefined, { signal: over }).catch(() => {});
    const due = now() - since + look > lease / 3; // at the next look it would be too late
    if (over.aborted || !(due || held.news)) continue;
    since = now();
    lease = await tell(controllers, names, held, over);
  }
}

/** One heartbeat. It marks in `held` what was asked, and gives the lease's length in seconds. */
export async function tell(controllers, { study, worker }, held, giveUp = undefined) {
  const report = held.report();
  try {
    const answer = await controllers.call("GetEarlyStoppingTrials", { study, worker, trials: [report] }, giveUp);
    held.told(report);
    held.lost = answer.lost_trials.includes(report.trial) || answer.study_state === "STUDY_STATE_CANCELLED";
    held.stopAsked ||= answer.trials.includes(report.trial);
    return seconds(answer.lease_remaining);
  } catch (error) {
    if (error instanceof Refused) held.refused = error;
    else if (!(error instanceof GaveUp)) throw error;
    return 0;
  }
}

export const now = () => performance.now() / 1000;
