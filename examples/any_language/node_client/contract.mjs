// The contract: the calls of both services, retried until a controller answers.

import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";
import protobuf from "protobufjs";

const PROTOS = fileURLToPath(new URL("../../../proto", import.meta.url));
const HERE = fileURLToPath(new URL(".", import.meta.url));

// `longs: String`: a JavaScript number holds integers up to 2^53, and seeds, epochs and incarnations have 63 bits.
// They are kept as strings, sent back as they came, and turned into a BigInt where they are counted with.
const OPTIONS = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true, includeDirs: [PROTOS] };
const FILES = ["progenitor/v1/controller_service.proto", "progenitor/v1/study_service.proto"];
const v1 = grpc.loadPackageDefinition(protoLoader.loadSync(FILES, OPTIONS)).progenitor.v1;

const ATTEMPT = 20_000; // milliseconds
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

// What may pass by itself. Sending the very same call again is safe: it is applied once.
const PASSING = new Set(
  ["UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED", "INTERNAL", "UNKNOWN", "CANCELLED"].map(
    (name) => grpc.status[name],
  ),
);

/** A call was refused and will be, however often it is sent. `reason` is that of ErrorInfo, such as STALE_REQUEST. */
export class Refused extends Error {
  constructor(error, { reason, violations }) {
    super(violations.length ? violations.join("; ") : error.details);
    this.code = error.code;
    this.reason = reason;
  }
}

/** No controller has answered, and the call was not to be tried any longer. */
export class GaveUp extends Error {}

/** Calls the controllers at `addresses` ("HOST:PORT"): one as long as it answers, then the next. */
export class Controllers {
  #addresses;
  #at = 0;
  #clients = null;

  constructor(addresses) {
    this.#addresses = addresses;
  }

  /** `method` is the name of a call of the contract. Rejects with Refused; with GaveUp once `signal` is aborted. */
  async call(method, request, signal = undefined) {
    for (let failures = 0; ; failures++) {
      try {
        return await this.#attempt(method, request);
      } catch (error) {
        const refusal = refusedBy(error);
        if (refusal !== null) throw refusal;
        this.close(); // a stuck connection is never used again
        this.#at += 1;
      }
      const pause = Math.random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(failures, 10));
      await sleep(pause, undefined, { signal }).catch(() => {});
      if (signal?.aborted) throw new GaveUp(`no controller answered at ${this.#addresses.join(", ")}`);
    }
  }

  #attempt(method, request) {
    this.#clients ??= clientsAt(this.#addresses[this.#at % this.#addresses.length]);
    const client = this.#clients.find((candidate) => method in candidate);
    return new Promise((resolve, reject) => {
      const done = (error, response) => (error ? reject(error) : resolve(response));
      client[method](request, { deadline: Date.now() + ATTEMPT }, done);
    });
  }

  close() {
    this.#clients?.forEach((client) => client.close());
    this.#clients = null;
  }
}

function clientsAt(address) {
  const insecure = grpc.credentials.createInsecure();
  return [new v1.ControllerService(address, insecure), new v1.StudyService(address, insecure)];
}

/** The error as one that no retry mends; null if it may pass. */
function refusedBy(error) {
  if (error.code === undefined) throw error; // not a status: a mistake of ours
  const details = detailsOf(error);
  const stale = details.reason === "STALE_REQUEST"; // of the ABORTED calls the one that does not pass
  return PASSING.has(error.code) && !stale ? null : new Refused(error, details);
}

// The error model of https://google.aip.dev/193: a google.rpc.Status travels in a trailer.
const rpc = protobuf.loadSync(`${HERE}/status.proto`);
const Status = rpc.lookupType("google.rpc.Status");
const DETAILS = ["google.rpc.ErrorInfo", "google.rpc.BadRequest"].map((name) => rpc.lookupType(name));

function detailsOf(error) {
  const [trailer] = error.metadata?.get("grpc-status-details-bin") ?? [];
  const found = { reason: "", violations: [] };
  for (const { typeUrl, value } of trailer ? Status.decode(trailer).details : []) {
    const type = DETAILS.find(({ fullName }) => typeUrl.endsWith(`/${fullName.slice(1)}`));
    const detail = type?.decode(value);
    found.reason = detail?.reason || found.reason;
    found.violations.push(...(detail?.fieldViolations ?? []).map((one) => `${one.field} ${one.description}`));
  }
  return found;
}

/** Seconds of a google.protobuf.Duration, 0 if there is none. */
export const seconds = (duration) => (duration === null ? 0 : Number(duration.seconds) + duration.nanos / 1e9);

/** A google.protobuf.Duration of so many seconds. */
export const duration = (length) => ({ seconds: Math.floor(length), nanos: Math.floor((length % 1) * 1e9) });
