// A worker of progenitor in JavaScript, which speaks gRPC by itself: nothing of progenitor runs on its side.
//
//     npm ci
//     node main.mjs --controller 127.0.0.1:50051 --study toy

import { parseArgs } from "node:util";

import { Controllers, GaveUp, Refused } from "./contract.mjs";
import { takePlace } from "./place.mjs";
import { Store, StoreElsewhere } from "./store.mjs";
import { spec, train } from "./toy.mjs";
import { Worker } from "./worker.mjs";

const { values: options } = parseArgs({
  options: {
    controller: { type: "string", default: "127.0.0.1:50051" }, // several are separated by commas
    study: { type: "string", default: "toy" },
    store: { type: "string", default: "checkpoints" }, // one folder for all workers of the study
    pace: { type: "string", default: "0" }, // milliseconds that a step takes at least: to have something to watch
    state: { type: "string", default: "state" }, // a folder of this worker's own, kept over its restarts
  },
});

const leaving = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => leaving.abort()); // a second one ends at once

const controllers = new Controllers(options.controller.split(","));
const study = `studies/${options.study}`;
try {
  await created(study);
  const worker = new Worker(controllers, study, takePlace(options.state));
  const paced = (session) => train(session, Number(options.pace));
  const state = await worker.run(new Store(options.store), paced, leaving.signal);
  const { trials } = await controllers.call("ListBestTrials", { study, page_size: 1 }, leaving.signal);
  console.log(JSON.stringify({ study, state, best: trials[0] ?? null }, exactNumbers));
} catch (error) {
  if (![Refused, GaveUp, StoreElsewhere].some((known) => error instanceof known)) throw error;
  console.error(`worker: ${error.message}`);
  process.exitCode = 1;
} finally {
  controllers.close();
}

/** Whoever comes first creates the study. */
async function created(name) {
  try {
    await controllers.call("CreateStudy", { study_id: name.split("/")[1], spec });
  } catch (error) {
    if (!(error instanceof Refused) || error.reason !== "STUDY_EXISTS") throw error;
  }
}

/** JSON has no words for NaN and infinities; protobuf's JSON form has these strings. */
function exactNumbers(_, value) {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
