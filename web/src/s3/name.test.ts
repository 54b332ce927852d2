import { describe, expect, it } from "vitest";
import { encodeKey, freeName, nameProblem } from "./name";

describe("names", () => {
  it.each(["Plan.docx", "Übersicht/März 2026.pdf", "a+b & c.txt", "日本.txt", "...a"])(
    "%s is fine",
    (name) => expect(nameProblem(name, "AROA:ana/")).toBeUndefined(),
  );
  it.each(["", "a//b", "/a", "a/", ".", "a/../b", "a\nb", "x".repeat(256)])(
    "%j is refused",
    (name) => expect(nameProblem(name, "AROA:ana/")).toBeTypeOf("string"),
  );
  it("counts bytes, not characters", () => {
    expect(nameProblem("é".repeat(128), "f/")).toBe("The name is too long.");
  });
  it("stands in an address with everything reserved encoded", () => {
    expect(encodeKey("AROA:ana/a+b (1)/100%.txt")).toBe(
      "AROA%3Aana/a%2Bb%20%281%29/100%25.txt",
    );
  });
  it("finds the first free name", () => {
    expect(freeName("a.txt", new Set(["a.txt", "a (2).txt"]))).toBe("a (3).txt");
    expect(freeName(".profile", new Set())).toBe(".profile (2)");
  });
});
