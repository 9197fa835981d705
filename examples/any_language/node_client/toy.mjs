// The toy problem of population-based training (Jaderberg et al. 2017, figure 2): maximise Q = 1.2 − θ0² − θ1², though
// the gradient that is followed is that of 1.2 − h0·θ0² − h1·θ1². With a small h0 or h1 its θ does not get far.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const RATE = 0.02;

export const spec = {
  parameters: ["h0", "h1"].map((name) => ({ name, double_domain: { min: 0, max: 1 } })),
  metrics: [{ name: "q", goal: "GOAL_MAXIMIZE" }],
  steps_per_trial: 10,
  budget: { max_steps: 100 },
  lease_duration: { seconds: 10 },
  population_based_training: { population_size: 4 },
};

/** Trains one trial; `session` is that of worker.mjs, `pace` the milliseconds that a step takes at least. */
export async function train(session, pace) {
  const { h0, h1 } = session.parameters;
  const { warmStart } = session;
  const theta = warmStart ? JSON.parse(readFileSync(join(warmStart, "theta.json"), "utf8")) : [0.9, 0.9];
  while (await session.next()) {
    if (pace > 0) await sleep(pace);
    [h0, h1].forEach((h, i) => (theta[i] -= RATE * 2 * h * theta[i]));
  }
  session.save((folder) => writeFileSync(join(folder, "theta.json"), JSON.stringify(theta)));
  session.report({ q: 1.2 - theta[0] ** 2 - theta[1] ** 2 });
}
