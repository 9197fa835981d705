// A network with one hidden layer learns to tell two rings apart from noisy labels, by stochastic gradient descent.
//
//     progenitor run study.py --command "node train.mjs"
//
// It needs Node 18 or newer, and nothing else.
//
// MEASURED

import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const INPUTS = 2;
const HIDDEN = 16;
const BATCH = 8;
const FLIPPED = 0.1; // this fraction of the labels is wrong: what is left at the end is the noise of the gradients
const LOOK_EVERY = 10; // steps between two looks for a signal

const {
  PROGENITOR_PARAMETERS: parametersFile,
  PROGENITOR_WARM_START: warmStart,
  PROGENITOR_CHECKPOINT: checkpoint,
  PROGENITOR_METRICS: metricsFile,
  PROGENITOR_STEP: stepFile,
} = process.env;
const startStep = Number(process.env.PROGENITOR_START_STEP);
const endStep = Number(process.env.PROGENITOR_END_STEP);
const seed = BigInt(process.env.PROGENITOR_SEED); // of 63 bits: a Number would round it
const { lr } = JSON.parse(readFileSync(parametersFile, "utf8"));

let stopping = false;
process.on("SIGTERM", () => (stopping = true));

const network = warmStart ? JSON.parse(readFileSync(join(warmStart, "network.json"), "utf8")) : newNetwork();
let step = startStep;
while (step < endStep && !stopping) {
  step += 1;
  trainStep(network, randomFrom(seed, step));
  if (step % LOOK_EVERY === 0) {
    await new Promise(setImmediate); // signals arrive between two turns of the event loop
  }
}
writeFileSync(join(checkpoint, "network.json"), JSON.stringify(network));
appendFileSync(metricsFile, JSON.stringify({ step, metrics: { loss: loss(network) } }) + "\n");
if (step < endStep) {
  writeFileSync(stepFile, String(step)); // last of all: it says that the checkpoint is complete
}

/** Numbers from 0 to 1 that depend on the seed and the step alone: an interrupted trial trains as if it was not. */
function randomFrom(seed, step) {
  let state = Number(BigInt.asUintN(32, (seed ^ (seed >> 32n)) * 0x9e3779b1n + BigInt(step) * 0x85ebca6bn));
  return () => {
    // mulberry32, Tommy Ettinger, 2017
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function newNetwork() {
  const random = randomFrom(seed, 0);
  const weights = (count) => Array.from({ length: count }, () => random() - 0.5);
  return { inner: weights(HIDDEN * (INPUTS + 1)), outer: weights(HIDDEN + 1) };
}

/** A point, and whether it lies between the rings. */
function example(random) {
  const x = [4 * random() - 2, 4 * random() - 2];
  const radius = Math.hypot(...x);
  return { x, label: radius > 0.8 && radius < 1.6 ? 1 : 0 };
}

function forward({ inner, outer }, x) {
  const hidden = [];
  let score = outer[HIDDEN];
  for (let h = 0; h < HIDDEN; h++) {
    const at = h * (INPUTS + 1);
    hidden.push(Math.tanh(inner[at] * x[0] + inner[at + 1] * x[1] + inner[at + 2]));
    score += outer[h] * hidden[h];
  }
  return { hidden, probability: 1 / (1 + Math.exp(-score)) };
}

/** One step down the gradient of the cross-entropy, averaged over a mini-batch. */
function trainStep(network, random) {
  const inner = network.inner.map(() => 0);
  const outer = network.outer.map(() => 0);
  for (let i = 0; i < BATCH; i++) {
    const { x, label } = example(random);
    const told = random() < FLIPPED ? 1 - label : label;
    const { hidden, probability } = forward(network, x);
    const error = (probability - told) / BATCH;
    outer[HIDDEN] += error;
    for (let h = 0; h < HIDDEN; h++) {
      const back = error * network.outer[h] * (1 - hidden[h] ** 2);
      const at = h * (INPUTS + 1);
      outer[h] += error * hidden[h];
      inner[at] += back * x[0];
      inner[at + 1] += back * x[1];
      inner[at + 2] += back;
    }
  }
  network.inner.forEach((_, i) => (network.inner[i] -= lr * inner[i]));
  network.outer.forEach((_, i) => (network.outer[i] -= lr * outer[i]));
}

/** The mean cross-entropy of 2000 other points, whose labels are right. */
function loss(network) {
  const random = randomFrom(0n, 0);
  let sum = 0;
  for (let i = 0; i < 2000; i++) {
    const { x, label } = example(random);
    const { probability } = forward(network, x);
    sum -= Math.log(Math.max(1e-12, label ? probability : 1 - probability));
  }
  return sum / 2000;
}
