// A network with one hidden layer learns a sine from noisy samples, by stochastic gradient descent.
//
//     progenitor run study.py --command "node train.mjs"
//
// It needs Node 18 or newer, and nothing else.
//
// MEASURED

import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const HIDDEN = 16;
const SAMPLES = 20; // in a step
const NOISE = 1.0; // uniform, up to so much in both directions
const LARGEST_ERROR = 3.0; // that a weight follows: with a great lr they would grow without bounds
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
  const random = randomFrom(seed, step);
  for (let sample = 0; sample < SAMPLES; sample++) {
    descend(network, random);
  }
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
  const weights = (bound) => Array.from({ length: HIDDEN }, () => bound * (2 * random() - 1));
  return { slopes: weights(2), offsets: weights(2), outer: weights(0.5), bias: 0 };
}

function sought(x) {
  return Math.sin(3 * x);
}

function forward({ slopes, offsets, outer, bias }, x) {
  const hidden = slopes.map((slope, i) => Math.tanh(slope * x + offsets[i]));
  return { hidden, y: hidden.reduce((sum, value, i) => sum + outer[i] * value, bias) };
}

/** One step down the gradient of the squared error, on a sample of its own. */
function descend(network, random) {
  const x = 4 * random() - 2;
  const { hidden, y } = forward(network, x);
  const error = y - sought(x) - NOISE * (2 * random() - 1);
  const step = lr * Math.max(-LARGEST_ERROR, Math.min(LARGEST_ERROR, error));
  network.bias -= step;
  for (let i = 0; i < HIDDEN; i++) {
    const back = step * network.outer[i] * (1 - hidden[i] ** 2);
    network.outer[i] -= step * hidden[i];
    network.slopes[i] -= back * x;
    network.offsets[i] -= back;
  }
}

/** The mean squared error, without the noise. */
function loss(network) {
  const points = Array.from({ length: 401 }, (_, i) => i / 100 - 2);
  return points.reduce((sum, x) => sum + (forward(network, x).y - sought(x)) ** 2, 0) / points.length;
}
