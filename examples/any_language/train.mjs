// Logistic regression by stochastic gradient descent: twenty weights are found from labels that were drawn with them.
//
//     progenitor run study.py --command "node train.mjs"
//
// Node 18 or newer, and nothing else.
//
// Measured with the seeds 1 to 5, eight members of 2,000 steps each. The best trial's loss, median (least to greatest):
//
//     population-based training      0.0015 (0.0008 to 0.0024)
//     random search, as many steps   0.0039 (0.0027 to 0.0114)
//
// It was the smaller one with each of the seeds. Random search is algorithm=RandomSearch(8) in study.py, instead of
// population_size; a good learning rate is another at the end than at the beginning, and it has but one.

import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const INPUTS = 20;
const SAMPLES = 5; // in a step
const LOOK_EVERY = 10; // steps between two looks for a signal
const REPORT_EVERY = 50;

const warmStart = process.env.PROGENITOR_WARM_START; // empty at the beginning of a lineage
const checkpoint = process.env.PROGENITOR_CHECKPOINT;
const endStep = Number(process.env.PROGENITOR_END_STEP);
const seed = Number(process.env.PROGENITOR_SEED);
const { lr } = JSON.parse(readFileSync(process.env.PROGENITOR_PARAMETERS, "utf8"));

let stopping = false;
process.on("SIGTERM", () => (stopping = true));

const sought = Array.from({ length: INPUTS }, (_, i) => Math.sin(i + 1));
const weights = warmStart ? JSON.parse(readFileSync(join(warmStart, "weights.json"), "utf8")) : sought.map(() => 0);
let step = Number(process.env.PROGENITOR_START_STEP);
while (step < endStep && !stopping) {
  step += 1;
  trainStep(weights, randomFrom(seed, step));
  if (step % REPORT_EVERY === 0 && step < endStep) {
    report();
  }
  if (step % LOOK_EVERY === 0) {
    await new Promise(setImmediate); // signals arrive between two turns of the event loop
  }
}

writeFileSync(join(checkpoint, "weights.json"), JSON.stringify(weights));
report();
writeFileSync(process.env.PROGENITOR_STEP, String(step)); // last of all: it says that the checkpoint is complete

function report() {
  const line = JSON.stringify({ step, metrics: { loss: loss(weights) } });
  appendFileSync(process.env.PROGENITOR_METRICS, `${line}\n`);
}

/** Numbers from 0 to 1 that follow from the seed and the step alone: an interrupted trial trains as if it was not. */
function randomFrom(seed, step) {
  let state = (Math.imul(seed, 0x9e3779b1) + Math.imul(step, 0x85ebca6b)) | 0;
  return () => {
    // mulberry32, Tommy Ettinger 2017
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function probability(weights, x) {
  return 1 / (1 + Math.exp(-weights.reduce((sum, weight, i) => sum + weight * x[i], 0)));
}

function inputs(random) {
  return Array.from({ length: INPUTS }, () => 4 * random() - 2);
}

/** Down the gradient of the cross-entropy, sample by sample. */
function trainStep(weights, random) {
  for (let sample = 0; sample < SAMPLES; sample++) {
    const x = inputs(random);
    const label = random() < probability(sought, x) ? 1 : 0;
    const error = probability(weights, x) - label;
    weights.forEach((_, i) => (weights[i] -= lr * error * x[i]));
  }
}

/** By how much the cross-entropy of other samples is above the least that is possible, in nats. */
function loss(weights) {
  const random = randomFrom(0, 0);
  let sum = 0;
  for (let sample = 0; sample < 1000; sample++) {
    const x = inputs(random);
    const [p, q] = [probability(sought, x), Math.min(1 - 1e-9, Math.max(1e-9, probability(weights, x)))];
    sum += p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
  }
  return sum / 1000;
}
