// Checkpoints in a folder that all workers of a study see. One is visible only when it is complete and on the disk.

import { createHash, randomBytes } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";

export class Store {
  constructor(root) {
    this.root = resolve(root);
  }

  /** The folder of a registered checkpoint; throws if it is not as it was registered. */
  find({ uri, digest }) {
    const folder = isAbsolute(uri) ? uri : join(this.root, uri);
    if (digest !== "" && contentsOf(folder).digest !== digest) throw new Error(`the checkpoint ${folder} was changed`);
    return folder;
  }

  /**
   * Saves what `write(folder)` puts into a folder, and gives the contract's Checkpoint.
   *
   * The path holds the epoch and a random part: two holders of one trial never write the same place.
   */
  save({ study_uid, name, lease }, step, write) {
    const holder = `${study_uid}/${name.split("/").at(-1)}/${lease.epoch}`;
    const uri = `${holder}/${step}-${randomBytes(4).toString("hex")}`;
    const staging = join(this.root, holder, `.staging-${randomBytes(4).toString("hex")}`);
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
