import { describe, expect, it } from "vitest";
import type { Entry } from "../s3/listing";
import { arrange } from "./order";

const document = (name: string, size: number): Entry => ({
  kind: "document",
  name,
  size,
  changed: new Date(size),
});
const entries: Entry[] = [
  document("b10.txt", 1),
  document("b9.txt", 2),
  { kind: "folder", name: "z" },
];
const shown = (column: "name" | "size", descending: boolean, filter = "") =>
  arrange(entries, { column, descending }, filter).map(({ name }) => name);

describe("the order of a list", () => {
  it("puts folders first and counts as people do", () => {
    expect(shown("name", false)).toEqual(["z", "b9.txt", "b10.txt"]);
  });
  it("keeps folders first the other way round", () => {
    expect(shown("size", true)).toEqual(["z", "b9.txt", "b10.txt"]);
  });
  it("filters without regard to case", () => {
    expect(shown("name", false, " B9")).toEqual(["b9.txt"]);
  });
});
