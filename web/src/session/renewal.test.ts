import { describe, expect, it } from "vitest";
import { ACTIVE_WITHIN_MS, renewalStep, timeLeft } from "./renewal";

const due = { renewAfter: 1_000_000, expiration: 1_500_000 };

describe("renewal", () => {
  it("waits until it is due", () => {
    expect(renewalStep({ ...due, now: 999_999, lastActive: 999_999 })).toBe("wait");
  });
  it("renews once due, while the person is there", () => {
    expect(renewalStep({ ...due, now: 1_000_000, lastActive: 900_000 })).toBe("renew");
  });
  it("does not renew for an empty chair", () => {
    const now = 1_400_000;
    const lastActive = now - ACTIVE_WITHIN_MS - 1;
    expect(renewalStep({ ...due, now, lastActive })).toBe("wait");
  });
  it("has ended when nobody was there at the end", () => {
    const now = 3_000_000;
    const lastActive = now - ACTIVE_WITHIN_MS - 1;
    expect(renewalStep({ ...due, now, lastActive })).toBe("ended");
  });
  it("tries once more for a person who comes back from a sleeping machine", () => {
    expect(renewalStep({ ...due, now: 3_000_000, lastActive: 2_999_999 })).toBe(
      "renew",
    );
  });
});

describe("time left", () => {
  it.each([
    [0, "ended"],
    [59_999, "under a minute"],
    [60_000, "1 min"],
    [3_599_999, "59 min"],
    [3_660_000, "1 h 1 min"],
  ])("%i ms is %s", (milliseconds, words) => {
    expect(timeLeft(milliseconds)).toBe(words);
  });
});
