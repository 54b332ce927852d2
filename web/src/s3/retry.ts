/** Trying again, with growing pauses, what may succeed a little later. */

import { S3Failure } from "./failure";

const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 500;

export async function withRetries<T>(
  attempt: () => Promise<T>,
  signal?: AbortSignal,
  pause: (milliseconds: number) => Promise<void> = sleep,
): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      const passing = error instanceof S3Failure && error.passing;
      if (!passing || tried === ATTEMPTS || signal?.aborted) throw error;
    }
    await pause(FIRST_PAUSE_MS * 2 ** (tried - 1));
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => window.setTimeout(resolve, milliseconds));
}
