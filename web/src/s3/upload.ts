/** One file to S3: whole when small, in parallel parts when large. */

import type { FolderClient, Progress } from "./client";
import { withRetries } from "./retry";

export const WHOLE_UP_TO_BYTES = 16 * 2 ** 20;
const SMALLEST_PART_BYTES = 8 * 2 ** 20;
/** S3's own limit ("Amazon S3 multipart upload limits"). */
const MOST_PARTS = 10_000;
const PARTS_AT_ONCE = 4;

export interface Part {
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

/** Where a file is cut: parts as small as allowed, and never too many. */
export function planParts(size: number): Part[] {
  const mebibyte = 2 ** 20;
  const fitting = Math.ceil(size / MOST_PARTS / mebibyte) * mebibyte;
  const length = Math.max(SMALLEST_PART_BYTES, fitting);
  return Array.from({ length: Math.ceil(size / length) }, (_, index) => ({
    number: index + 1,
    start: index * length,
    end: Math.min((index + 1) * length, size),
  }));
}

export async function uploadFile(
  client: FolderClient,
  path: string,
  file: File,
  { onProgress = () => {}, signal }: Progress,
): Promise<void> {
  if (file.size > WHOLE_UP_TO_BYTES) {
    await uploadInParts(client, path, file, onProgress, signal);
    return;
  }
  const options = signal ? { onProgress, signal } : { onProgress };
  await withRetries(() => client.object("PUT", path, {}, file, options), signal);
}

async function uploadInParts(
  client: FolderClient,
  path: string,
  file: File,
  onProgress: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const typed = new Blob([], { type: file.type });
  const begun = await withRetries(
    () => client.object("POST", path, { uploads: "" }, typed),
    signal,
  );
  const uploadId = readUploadId(begun.body);
  const stop = new AbortController();
  const stopped = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  try {
    const waiting = planParts(file.size);
    const etags: string[] = [];
    const sent: number[] = [];
    const worker = async () => {
      for (let part = waiting.shift(); part; part = waiting.shift()) {
        const { number, start, end } = part;
        const answer = await withRetries(
          () =>
            client.object(
              "PUT",
              path,
              { partNumber: String(number), uploadId },
              file.slice(start, end),
              {
                signal: stopped,
                onProgress: (bytes) => {
                  sent[number] = bytes;
                  onProgress(sent.reduce((sum, each) => sum + each, 0));
                },
              },
            ),
          stopped,
        );
        etags[number] = answer.etag;
      }
    };
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, worker));
    await withRetries(
      () => client.object("POST", path, { uploadId }, completion(etags)),
      signal,
    );
  } catch (error) {
    stop.abort(error);
    // What arrived takes up space until it is given up; the first error counts.
    await client.object("DELETE", path, { uploadId }).catch(() => undefined);
    throw error;
  }
}

function readUploadId(body: string): string {
  const document = new DOMParser().parseFromString(body, "application/xml");
  const id = document.querySelector("UploadId")?.textContent;
  if (!id) throw new Error("The document store did not begin the upload. Try again.");
  return id;
}

function completion(etags: readonly string[]): string {
  const parts = etags.map((etag, number) =>
    etag ? `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>` : "",
  );
  return `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
}
