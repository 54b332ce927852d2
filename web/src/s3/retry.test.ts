import { describe, expect, it } from "vitest";
import { S3Failure } from "./failure";
import { withRetries } from "./retry";

describe("retries", () => {
  it("pauses longer each time and then succeeds", async () => {
    const pauses: number[] = [];
    let left = 3;
    const outcome = await withRetries(
      async () => {
        left -= 1;
        if (left > 0) throw new S3Failure(503, "SlowDown", "");
        return "done";
      },
      undefined,
      async (milliseconds) => void pauses.push(milliseconds),
    );
    expect(outcome).toBe("done");
    expect(pauses).toEqual([500, 1000]);
  });
  it("does not repeat what was refused", async () => {
    let tried = 0;
    const refused = withRetries(async () => {
      tried += 1;
      throw new S3Failure(403, "AccessDenied", "");
    });
    await expect(refused).rejects.toThrow(S3Failure);
    expect(tried).toBe(1);
  });
  it("gives up in the end", async () => {
    let tried = 0;
    const failed = withRetries(
      async () => {
        tried += 1;
        throw new S3Failure(0, "", "");
      },
      undefined,
      async () => {},
    );
    await expect(failed).rejects.toThrow(S3Failure);
    expect(tried).toBe(5);
  });
});
