// One worker trains a trial that lasts longer than its lease, while another asks for work all the time.
//
//     node long_trial.mjs path/to/node_client HOST:PORT

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const [folder, address] = process.argv.slice(2);
const { Controllers } = await import(pathToFileURL(`${folder}/contract.mjs`));
const { Store } = await import(pathToFileURL(`${folder}/store.mjs`));
const { Worker } = await import(pathToFileURL(`${folder}/worker.mjs`));

const controllers = new Controllers([address]);
const study = "studies/long";
const spec = {
  parameters: [{ name: "lr", double_domain: { min: 0, max: 1 } }],
  metrics: [{ name: "q", goal: "GOAL_MAXIMIZE" }],
  steps_per_trial: 50,
  budget: { max_steps: 50 },
  lease_duration: { seconds: 2 },
  population_based_training: { population_size: 1 },
};
await controllers.call("CreateStudy", { study_id: "long", spec });
const workers = ["ada", "bob"].map((id) => new Worker(controllers, study, { id, incarnation: "1" }));
const leaving = new AbortController().signal;
const states = await Promise.all(workers.map((worker) => worker.run(new Store("checkpoints"), train, leaving)));
console.log(JSON.stringify(states));
controllers.close();

async function train(session) {
  while (await session.next()) {
    await sleep(100);
  }
  session.report({ q: session.step });
  session.save((checkpoint) => writeFileSync(join(checkpoint, "state"), "trained"));
}
