/** What lies in one folder: ListObjectsV2, a page at a time. */

import type { FolderClient } from "./client";

export interface Folder {
  readonly kind: "folder";
  readonly name: string;
}

export interface Document {
  readonly kind: "document";
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly changed: Date;
}

export type Entry = Folder | Document;

export interface Page {
  readonly entries: readonly Entry[];
  readonly next: string | undefined;
}

/** `path` is below the person's folder: empty, or with its closing slash. */
export async function listPage(
  client: FolderClient,
  path: string,
  next: string | undefined,
): Promise<Page> {
  const prefix = client.folder + path;
  const body = await client.bucket("GET", {
    "list-type": "2",
    delimiter: "/",
    "encoding-type": "url",
    prefix,
    ...(next ? { "continuation-token": next } : {}),
  });
  return readPage(body, prefix);
}

/** Every key below a path, for what is done to a folder as a whole. */
export async function listKeys(client: FolderClient, path: string): Promise<string[]> {
  const keys: string[] = [];
  let next: string | undefined;
  do {
    const body = await client.bucket("GET", {
      "list-type": "2",
      "encoding-type": "url",
      prefix: client.folder + path,
      ...(next ? { "continuation-token": next } : {}),
    });
    const document = parse(body);
    for (const element of document.querySelectorAll("Contents > Key")) {
      keys.push(decode(element.textContent ?? ""));
    }
    next = nextToken(document);
  } while (next);
  return keys;
}

export function readPage(body: string, prefix: string): Page {
  const document = parse(body);
  const entries: Entry[] = [];
  for (const element of document.querySelectorAll("CommonPrefixes > Prefix")) {
    const name = decode(element.textContent ?? "").slice(prefix.length, -1);
    if (name) entries.push({ kind: "folder", name });
  }
  for (const element of document.querySelectorAll("Contents")) {
    const text = (tag: string) => element.querySelector(tag)?.textContent ?? "";
    const name = decode(text("Key")).slice(prefix.length);
    // The folder's own marker, a key that ends where the prefix does.
    if (!name) continue;
    entries.push({
      kind: "document",
      name,
      size: Number(text("Size")),
      changed: new Date(text("LastModified")),
    });
  }
  return { entries, next: nextToken(document) };
}

function parse(body: string): globalThis.Document {
  return new DOMParser().parseFromString(body, "application/xml");
}

function nextToken(document: globalThis.Document): string | undefined {
  return document.querySelector("NextContinuationToken")?.textContent || undefined;
}

/** `encoding-type=url` writes a space as a plus, as forms do. */
function decode(text: string): string {
  return decodeURIComponent(text.replaceAll("+", "%20"));
}
