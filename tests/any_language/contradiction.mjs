// Trains with code that reports two values of one metric at one step, which no controller takes.
//
//     node contradiction.mjs path/to/node_client HOST:PORT

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, address] = process.argv.slice(2);
const { Controllers } = await import(pathToFileURL(`${folder}/contract.mjs`));
const { Store } = await import(pathToFileURL(`${folder}/store.mjs`));
const { Worker } = await import(pathToFileURL(`${folder}/worker.mjs`));

const controllers = new Controllers([address]);
const study = "studies/contradiction";
const spec = {
  parameters: [{ name: "lr", double_domain: { min: 0, max: 1 } }],
  metrics: [{ name: "q", goal: "GOAL_MAXIMIZE" }],
  steps_per_trial: 1,
  budget: { max_steps: 1 },
  max_failures_per_trial: 2,
  population_based_training: { population_size: 1 },
};
await controllers.call("CreateStudy", { study_id: "contradiction", spec });
const worker = new Worker(controllers, study, { id: "ada", incarnation: "1" });
console.log(await worker.run(new Store("checkpoints"), train, new AbortController().signal));
controllers.close();

async function train(session) {
  while (await session.next()) {
    session.report({ q: 1 });
    session.report({ q: 2 });
  }
  session.save((checkpoint) => writeFileSync(join(checkpoint, "state"), "trained"));
}
