// Checkpoints in a folder that all workers of a study see. One is visible only when it is complete and on the disk.

import { createHash, randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";

const STAGING = ".staging-";

/** This store has nothing of the trial that saved a checkpoint: the other workers keep theirs in another one. */
export class StoreElsewhere extends Error {}

export class Store {
  constructor(root) {
    this.root = resolve(root);
  }

  /** The folder of a registered checkpoint; throws if it is not as it was registered. */
  find({ uri, digest }) {
    const folder = isAbsolute(uri) ? uri : join(this.root, uri);
    if (!isAbsolute(uri) && !existsSync(dirname(dirname(folder)))) {
      throw new StoreElsewhere(`${uri} is not in ${this.root}: give this worker the same --store as the others`);
    }
    if (digest !== "" && contentsOf(folder).digest !== digest) throw new Error(`the checkpoint ${folder} was changed`);
    return folder;
  }

  /**
   * Saves what `write(folder)` puts into a folder, and gives the contract's Checkpoint.
   *
   * The path holds the epoch and a random part: two holders of one trial never write the same place.
   */
  save(trial, step, write) {
    const holder = `${folderOf(trial)}/${trial.lease.epoch}`;
    const uri = `${holder}/${step}-${randomBytes(4).toString("hex")}`;
    const staging = join(this.root, holder, `${STAGING}${randomBytes(4).toString("hex")}`);
    mkdirSync(staging, { recursive: true });
    try {
      write(staging);
      const { digest, size_bytes } = contentsOf(staging);
      flushAll(staging);
      for (let folder = join(this.root, holder); folder.length >= this.root.length; folder = join(folder, "..")) {
        flush(folder);
      }
      renameSync(staging, join(this.root, uri));
      flush(join(this.root, holder));
      return { uri, step, size_bytes, digest };
    } catch (error) {
      rmSync(staging, { recursive: true, force: true });
      throw error;
    }
  }

  /** Removes what earlier holders of this trial have left half-written. */
  clear(trial) {
    const folder = join(this.root, folderOf(trial));
    for (const epoch of existsSync(folder) ? readdirSync(folder) : []) {
      if (BigInt(epoch) >= BigInt(trial.lease.epoch)) continue;
      for (const name of readdirSync(join(folder, epoch)).filter((entry) => entry.startsWith(STAGING))) {
        rmSync(join(folder, epoch, name), { recursive: true, force: true });
      }
    }
  }
}

function folderOf({ study_uid, name }) {
  return `${study_uid}/${name.split("/").at(-1)}`;
}

/** sha256 over each file in BYTE order of the paths: path, NUL, size in decimal digits, NUL, contents. */
export function contentsOf(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))); // JavaScript's own order is that of UTF-16
  const hash = createHash("sha256");
  let size_bytes = 0;
  for (const path of files) {
    const contents = readFileSync(join(folder, path));
    hash.update(`${path}\0${contents.length}\0`).update(contents);
    size_bytes += contents.length;
  }
  return { digest: `sha256:${hash.digest("hex")}`, size_bytes };
}

function flushAll(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) flushAll(path);
    else flush(path);
  }
  flush(folder);
}

/** Waits until a file's contents, or a folder's entries, are on the disk. */
export function flush(path) {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
