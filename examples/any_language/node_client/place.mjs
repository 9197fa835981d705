// A worker's place: an id that is the same after a restart, and an incarnation that rises at every start.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { randomBytes } from "node:crypto";
import { join } from "node:path";

import { flush } from "./store.mjs";

/** The worker that lives in the folder `state`, as the contract's Worker. */
export function takePlace(state) {
  mkdirSync(state, { recursive: true });
  const file = join(state, "worker.json");
  const before = existsSync(file)
    ? JSON.parse(readFileSync(file, "utf8"))
    : { id: `${hostname()}-${randomBytes(4).toString("hex")}`, incarnation: "0" };
  const incarnation = String(BigInt(before.incarnation) + 1n); // as a string: JSON's numbers have no 64 bits
  const place = { id: before.id, incarnation };
  writeFileSync(`${file}.new`, JSON.stringify(place));
  flush(`${file}.new`);
  renameSync(`${file}.new`, file);
  flush(state);
  return { ...place, host: hostname(), versions: { node: process.versions.node } };
}
