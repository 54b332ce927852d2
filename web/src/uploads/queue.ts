/** The files on their way: a few at a time, each with its progress. */

import type { FolderClient } from "../s3/client";
import { inWords } from "../s3/failure";
import { uploadFile } from "../s3/upload";

const FILES_AT_ONCE = 3;

export type UploadState = "waiting" | "sending" | "done" | "failed" | "cancelled";

export interface Upload {
  readonly id: number;
  /** Below the person's folder. */
  readonly path: string;
  readonly size: number;
  readonly sent: number;
  readonly state: UploadState;
  readonly problem?: string;
}

interface Job {
  readonly file: File;
  readonly stop: AbortController;
}

export class UploadQueue {
  #uploads: readonly Upload[] = [];
  #jobs = new Map<number, Job>();
  #last = 0;
  #listeners = new Set<() => void>();

  constructor(
    private readonly client: FolderClient,
    private readonly onActivity: () => void,
    private readonly onDone: (path: string) => void,
  ) {
    window.addEventListener("beforeunload", (event) => {
      if (this.busy) event.preventDefault();
    });
  }

  readonly uploads = (): readonly Upload[] => this.#uploads;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get busy(): boolean {
    return this.#uploads.some(
      ({ state }) => state === "waiting" || state === "sending",
    );
  }

  add(path: string, file: File): void {
    this.#last += 1;
    const id = this.#last;
    this.#jobs.set(id, { file, stop: new AbortController() });
    const upload: Upload = { id, path, size: file.size, sent: 0, state: "waiting" };
    this.#replace([...this.#uploads, upload]);
    this.#startNext();
  }

  cancel(id: number): void {
    this.#change(id, { state: "cancelled" });
    this.#jobs.get(id)?.stop.abort(new DOMException("cancelled", "AbortError"));
  }

  retry(id: number): void {
    const job = this.#jobs.get(id);
    if (!job) return;
    this.#jobs.set(id, { ...job, stop: new AbortController() });
    this.#change(id, { state: "waiting", sent: 0 });
    this.#startNext();
  }

  /** What failed is shown until somebody has seen it. */
  clearFinished(): void {
    const going = this.#uploads.filter(
      ({ state }) => state === "waiting" || state === "sending",
    );
    const ids = new Set(going.map(({ id }) => id));
    for (const id of this.#jobs.keys()) if (!ids.has(id)) this.#jobs.delete(id);
    this.#replace(going);
  }

  #startNext(): void {
    const sending = this.#uploads.filter(({ state }) => state === "sending").length;
    const waiting = this.#uploads.filter(({ state }) => state === "waiting");
    for (const upload of waiting.slice(0, FILES_AT_ONCE - sending))
      void this.#send(upload);
  }

  async #send({ id, path, size }: Upload): Promise<void> {
    const job = this.#jobs.get(id);
    if (!job) return;
    this.#change(id, { state: "sending" });
    try {
      await uploadFile(this.client, path, job.file, {
        signal: job.stop.signal,
        onProgress: (sent) => {
          this.onActivity();
          this.#change(id, { sent: Math.min(sent, size) });
        },
      });
      this.#jobs.delete(id);
      this.#change(id, { state: "done", sent: size });
      this.onDone(path);
    } catch (error) {
      if (!job.stop.signal.aborted) {
        this.#change(id, { state: "failed", problem: inWords(error) });
      }
    }
    this.#startNext();
  }

  #change(id: number, change: Partial<Upload>): void {
    this.#replace(
      this.#uploads.map((each) => (each.id === id ? { ...each, ...change } : each)),
    );
  }

  #replace(uploads: readonly Upload[]): void {
    this.#uploads = uploads;
    for (const listener of this.#listeners) listener();
  }
}
