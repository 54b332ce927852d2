/** One person's folder on S3. The browser signs; nothing passes the portal. */

import { AwsClient } from "aws4fetch";
import type { Session } from "../session/session";
import { readFailure, S3Failure } from "./failure";
import { encodeKey, encodeSegment } from "./name";

const DOWNLOAD_LINK_SECONDS = 60;

export type Query = Readonly<Record<string, string>>;

export interface Progress {
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly body: string;
  readonly etag: string;
}

export class FolderClient {
  /** Asked before each request, so that a long transfer survives a renewal. */
  readonly #session: () => Session;

  constructor(
    session: () => Session,
    /** The key prefix of the person's folder, the same for the client's life. */
    readonly folder: string,
  ) {
    this.#session = session;
  }

  /** A request about the bucket, such as a listing. */
  async bucket(method: string, query: Query, body?: string): Promise<string> {
    const answer = await this.#send(method, this.#address("", query), body ?? null, {});
    return answer.body;
  }

  /** A request about one object below the folder. */
  object(
    method: string,
    path: string,
    query: Query = {},
    body: Blob | string | null = null,
    progress: Progress = {},
  ): Promise<Answer> {
    const address = this.#address(this.folder + path, query);
    return this.#send(method, address, body, progress);
  }

  /** An address that saves the object under its own name, for one minute. */
  async downloadLink(path: string): Promise<string> {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const disposition = `attachment; filename*=UTF-8''${encodeSegment(name)}`;
    const address = this.#address(this.folder + path, {
      "response-content-disposition": disposition,
      "X-Amz-Expires": String(DOWNLOAD_LINK_SECONDS),
    });
    const signed = await this.#signer().sign(address, { aws: { signQuery: true } });
    return signed.url;
  }

  #address(key: string, query: Query): string {
    const { endpoint, bucket } = this.#session();
    const path = key ? `/${encodeKey(key)}` : "";
    const asked = Object.entries(query).map(
      ([name, value]) => `${encodeSegment(name)}=${encodeSegment(value)}`,
    );
    return `${endpoint}/${bucket}${path}${asked.length ? `?${asked.join("&")}` : ""}`;
  }

  #signer(): AwsClient {
    const { credentials, region } = this.#session();
    return new AwsClient({
      accessKeyId: credentials.access_key_id,
      secretAccessKey: credentials.secret_access_key,
      sessionToken: credentials.session_token,
      service: "s3",
      region,
    });
  }

  async #send(
    method: string,
    address: string,
    body: Blob | string | null,
    progress: Progress,
  ): Promise<Answer> {
    const bytes = await (typeof body === "string"
      ? new Blob([body])
      : body
    )?.arrayBuffer();
    const headers: Record<string, string> = {
      // Signed with the body's own digest, so that what arrives is what was sent.
      "x-amz-content-sha256": await sha256(bytes ?? new ArrayBuffer(0)),
    };
    if (body instanceof Blob && body.type) headers["content-type"] = body.type;
    const signed = await this.#signer().sign(address, { method, headers });
    return transfer(signed, bytes, progress);
  }
}

/** XMLHttpRequest, because fetch cannot tell how much of a body was sent. */
function transfer(
  signed: Request,
  body: ArrayBuffer | undefined,
  { onProgress, signal }: Progress,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const request = new XMLHttpRequest();
    request.open(signed.method, signed.url);
    signed.headers.forEach((value, name) => {
      request.setRequestHeader(name, value);
    });
    const abort = () => request.abort();
    signal?.addEventListener("abort", abort, { once: true });
    request.upload.onprogress = (event) => onProgress?.(event.loaded);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        const etag = request.getResponseHeader("etag") ?? "";
        resolve({ body: request.responseText, etag });
      } else {
        reject(readFailure(request.status, request.responseText));
      }
    };
    request.onerror = () => reject(new S3Failure(0, "", "The connection was lost."));
    request.onabort = () => reject(signal?.reason);
    request.onloadend = () => signal?.removeEventListener("abort", abort);
    request.send(body ?? null);
  });
}

async function sha256(bytes: ArrayBuffer): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
