/** When to renew: soon after it is due, and only while the person is there. */

/** How recently somebody must have done something to count as there. */
export const ACTIVE_WITHIN_MS = 10 * 60_000;
/** After a renewal that failed for a passing reason. */
export const RETRY_AFTER_MS = 15_000;

export type RenewalStep = "wait" | "renew" | "ended";

export function renewalStep(moment: {
  now: number;
  renewAfter: number;
  expiration: number;
  lastActive: number;
}): RenewalStep {
  if (moment.now >= moment.expiration) {
    return moment.now - moment.lastActive <= ACTIVE_WITHIN_MS ? "renew" : "ended";
  }
  if (moment.now < moment.renewAfter) return "wait";
  return moment.now - moment.lastActive <= ACTIVE_WITHIN_MS ? "renew" : "wait";
}

/** The time left, as a person reads it. */
export function timeLeft(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (milliseconds <= 0) return "ended";
  if (minutes < 1) return "under a minute";
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
