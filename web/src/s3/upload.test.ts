import { describe, expect, it } from "vitest";
import { planParts } from "./upload";

const MiB = 2 ** 20;

describe("the parts of an upload", () => {
  it("cover the file once, in order", () => {
    const parts = planParts(50 * MiB);
    expect(parts).toHaveLength(7);
    expect(parts[0]).toEqual({ number: 1, start: 0, end: 8 * MiB });
    expect(parts[6]).toEqual({ number: 7, start: 48 * MiB, end: 50 * MiB });
  });
  it("are never more than S3 allows", () => {
    const size = 5 * 2 ** 40;
    const parts = planParts(size);
    expect(parts.length).toBeLessThanOrEqual(10_000);
    expect(parts.at(-1)?.end).toBe(size);
  });
});
