// A day's work with the AWS SDK for JavaScript; its answers go to standard
// output, as JSON. Arguments: a large file, and another person's folder.

import assert from "node:assert/strict";
import { createReadStream, readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  paginateListObjectsV2,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const [settings, large, others] = process.argv.slice(2);
const { presigner, s3 } = await import(pathToFileURL(settings).href);
const { BUCKET: Bucket, FOLDER } = process.env;
const folder = `${FOLDER}/javascript`;
const at = (name) => ({ Bucket, Key: `${folder}/${name}` });
const put = (name, Body, more = {}) => s3.send(new PutObjectCommand({ ...at(name), Body, ...more }));
const text = async (name, more = {}) =>
  (await s3.send(new GetObjectCommand({ ...at(name), ...more }))).Body.transformToString();

const refusal = async (work) => {
  try {
    await work();
    return "let in";
  } catch (error) {
    return `${error.$metadata?.httpStatusCode} ${error.name}: ${error.message}`;
  }
};

const work = {
  async documents() {
    await put("a b+c ü.txt", "hello", { Metadata: { mood: "good" }, ContentType: "text/x-own" });
    const head = await s3.send(new HeadObjectCommand(at("a b+c ü.txt")));
    return {
      body: await text("a b+c ü.txt"),
      range: await text("a b+c ü.txt", { Range: "bytes=1-3" }),
      mood: head.Metadata.mood,
      type: head.ContentType,
    };
  },

  async stream() {
    const upload = new Upload({
      client: s3,
      params: { ...at("large.bin"), Body: createReadStream(large) },
      partSize: 8 * 2 ** 20,
    });
    const done = await upload.done();
    const got = await s3.send(new GetObjectCommand(at("large.bin")));
    const pieces = [];
    for await (const piece of got.Body) pieces.push(piece);
    return { etag: done.ETag, same: Buffer.concat(pieces).equals(readFileSync(large)) };
  },

  async unknownLength() {
    const body = Readable.from(["one ", "two ", "three"]);
    await new Upload({ client: s3, params: { ...at("piped.txt"), Body: body } }).done();
    return text("piped.txt");
  },

  async presigned() {
    const described = new PutObjectCommand({ ...at("signed.txt"), Metadata: { mood: "good" } });
    const write = await getSignedUrl(presigner, described, { expiresIn: 60 });
    const sent = await fetch(write, { method: "PUT", body: "signed" });
    const read = await getSignedUrl(s3, new GetObjectCommand(at("signed.txt")), { expiresIn: 60 });
    const eager = await getSignedUrl(s3, new PutObjectCommand(at("eager.txt")), { expiresIn: 60 });
    return {
      put: sent.status,
      mood: (await s3.send(new HeadObjectCommand(at("signed.txt")))).Metadata.mood,
      get: await (await fetch(read)).text(),
      eager: (await fetch(eager, { method: "PUT", body: "signed" })).status,
    };
  },

  async listing() {
    for (const name of ["1", "2", "3", "4", "5", "sub/6"]) await put(`listed/${name}`, name);
    const keys = [];
    const folders = [];
    const question = { Bucket, Prefix: `${folder}/listed/`, Delimiter: "/" };
    for await (const page of paginateListObjectsV2({ client: s3, pageSize: 2 }, question)) {
      for (const each of page.Contents ?? []) keys.push(each.Key.slice(question.Prefix.length));
      for (const each of page.CommonPrefixes ?? []) folders.push(each.Prefix.slice(question.Prefix.length));
    }
    return { keys, folders };
  },

  async versions() {
    const first = await put("version.txt", "first");
    await put("version.txt", "second");
    await s3.send(new DeleteObjectCommand(at("version.txt")));
    const question = { Bucket, Prefix: at("version.txt").Key };
    const listed = await s3.send(new ListObjectVersionsCommand(question));
    const old = await text("version.txt", { VersionId: first.VersionId });
    const source = `${Bucket}/${encodeURI(question.Prefix)}?versionId=${first.VersionId}`;
    await s3.send(new CopyObjectCommand({ ...at("version.txt"), CopySource: source }));
    return {
      versions: listed.Versions.length,
      markers: listed.DeleteMarkers.length,
      old,
      restored: await text("version.txt"),
    };
  },

  async conditions() {
    const made = await put("guarded.txt", "one", { IfNoneMatch: "*" });
    const again = await refusal(() => put("guarded.txt", "two", { IfNoneMatch: "*" }));
    await put("guarded.txt", "three", { IfMatch: made.ETag });
    const late = await refusal(() => put("guarded.txt", "four", { IfMatch: made.ETag }));
    return { again, late, body: await text("guarded.txt") };
  },

  async deletion() {
    const names = ["many/1", "many/2", "many/3"];
    for (const name of names) await put(name, name);
    const Objects = names.map((name) => ({ Key: at(name).Key }));
    const answer = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    assert.equal(answer.Errors, undefined);
    const left = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: `${folder}/many/` }));
    return { deleted: answer.Deleted.length, left: left.KeyCount };
  },

  async refused() {
    const theirs = { Bucket, Key: `${others}/private.txt` };
    const source = `${Bucket}/${encodeURI(theirs.Key)}`;
    return {
      get: await refusal(() => s3.send(new GetObjectCommand(theirs))),
      put: await refusal(() => s3.send(new PutObjectCommand({ ...theirs, Body: "mine" }))),
      copy: await refusal(() => s3.send(new CopyObjectCommand({ ...at("stolen"), CopySource: source }))),
      delete: await refusal(() => s3.send(new DeleteObjectCommand(theirs))),
      list: await refusal(() => s3.send(new ListObjectsV2Command({ Bucket, Prefix: `${others}/` }))),
    };
  },
};

const answers = {};
for (const [name, task] of Object.entries(work)) answers[name] = await task();
console.log(JSON.stringify(answers));
