import { expect, it } from "vitest";
import { fileSize } from "./format";

it.each([
  [0, "0 bytes"],
  [999, "999 bytes"],
  [1000, "1.0 KB"],
  [52_428_800, "52 MB"],
  [5e12, "5.0 TB"],
])("%i bytes read as %s", (bytes, words) => {
  expect(fileSize(bytes)).toBe(words);
});
