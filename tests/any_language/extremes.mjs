// Sends numbers at the edge of their types, as a worker in JavaScript does, reads them back and prints what it read.
//
//     node extremes.mjs path/to/node_client HOST:PORT

import { pathToFileURL } from "node:url";

const [folder, address] = process.argv.slice(2);
const { Controllers } = await import(pathToFileURL(`${folder}/contract.mjs`));

const study = "studies/extremes";
const GREATEST = "9223372036854775807";
const BEYOND_DOUBLES = "9007199254740993"; // 2^53 + 1: a JavaScript number makes it 2^53
const END = String(2n ** 40n); // the greatest step

const metrics = {
  nan: NaN,
  infinite: Infinity,
  negative: -Infinity,
  minus_zero: -0,
  zero: 0,
  smallest: 5e-324,
  greatest: Number.MAX_VALUE,
  third: 1 / 3,
  beyond: 2 ** 53 + 2,
};
const worker = { id: "extreme", incarnation: BEYOND_DOUBLES };
const checkpoint = { uri: "somewhere", step: END, size_bytes: GREATEST, digest: `sha256:${"0".repeat(64)}` };

const controllers = new Controllers([address]);
await controllers.call("CreateStudy", {
  study_id: "extremes",
  spec: {
    seed: GREATEST,
    parameters: [{ name: "count", integer_domain: { min: BEYOND_DOUBLES, max: BEYOND_DOUBLES } }],
    metrics: [{ name: "third", goal: "GOAL_MAXIMIZE" }],
    steps_per_trial: END,
    budget: { max_steps: END },
    population_based_training: { population_size: 1 },
  },
});
const first = { study, worker, k: 1, sequence: BEYOND_DOUBLES, trials: [] };
const {
  trials: [trial],
} = await controllers.call("GetNewSuggestion", first);
const again = await controllers.call("GetNewSuggestion", first);
const beyond = await refusal({ ...first, sequence: GREATEST, trials: [report({ step: BEYOND_DOUBLES })] });
const done = report({ step: END, measurements: [{ step: END, metrics }], checkpoints: [checkpoint] });
const last = { ...first, sequence: GREATEST, trials: [{ ...done, outcome: "OUTCOME_COMPLETED" }] };
const { study_state } = await controllers.call("GetNewSuggestion", last);
const { measurements } = await controllers.call("ListMeasurements", { trial: trial.name });
const { checkpoints } = await controllers.call("ListCheckpoints", { study });
const { workers } = await controllers.call("ListWorkers", { study });
const read = await controllers.call("GetStudy", { name: study });
controllers.close();

console.log(
  JSON.stringify({
    study_state,
    retried: again.trials[0].lease.epoch === trial.lease.epoch && again.trials[0].seed === trial.seed,
    beyond,
    seed: read.study.effective_spec.seed,
    count: trial.parameters.count.integer_value,
    steps: measurements.map(({ step }) => step),
    size_bytes: checkpoints[0].checkpoint.size_bytes,
    incarnation: workers[0].worker.incarnation,
    sent: bits(metrics),
    read: bits(measurements[0].metrics),
  }),
);

function report(told) {
  return { trial: trial.name, epoch: trial.lease.epoch, ...told };
}

async function refusal(request) {
  return controllers.call("GetNewSuggestion", request).then(
    () => "",
    (error) => error.message,
  );
}

/** The sixteen hexadecimal digits of each double. */
function bits(doubles) {
  const hexadecimal = (value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return bytes.toString("hex");
  };
  return Object.fromEntries(Object.entries(doubles).map(([name, value]) => [name, hexadecimal(value)]));
}
