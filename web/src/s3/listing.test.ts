// @vitest-environment jsdom

import { describe, expect, it } from "vitest";
import { readPage } from "./listing";

const page = `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Prefix>AROA%3Aana%2F</Prefix>
  <NextContinuationToken>go/on=</NextContinuationToken>
  <Contents><Key>AROA%3Aana%2F</Key><Size>0</Size>
    <LastModified>2026-01-01T00:00:00Z</LastModified></Contents>
  <Contents><Key>AROA%3Aana%2Fa%2Bb+c.txt</Key><Size>12</Size>
    <LastModified>2026-02-03T04:05:06.000Z</LastModified></Contents>
  <CommonPrefixes><Prefix>AROA%3Aana%2FM%C3%A4rz%2F</Prefix></CommonPrefixes>
</ListBucketResult>`;

describe("a page of a listing", () => {
  it("has folders first, names decoded, and no marker of its own", () => {
    expect(readPage(page, "AROA:ana/").entries).toEqual([
      { kind: "folder", name: "März" },
      {
        kind: "document",
        name: "a+b c.txt",
        size: 12,
        changed: new Date("2026-02-03T04:05:06Z"),
      },
    ]);
  });
  it("says how to go on", () => {
    expect(readPage(page, "AROA:ana/").next).toBe("go/on=");
  });
});
