/** What S3 answers when it refuses, and how a person is told. */

export class S3Failure extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }

  /** Whether the same request may succeed a little later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export function readFailure(status: number, body: string): S3Failure {
  const document = new DOMParser().parseFromString(body, "application/xml");
  const text = (name: string) => document.querySelector(name)?.textContent ?? "";
  return new S3Failure(status, text("Code"), text("Message"));
}

const WORDS: Readonly<Record<string, string>> = {
  AccessDenied: "You do not have permission to do this.",
  ExpiredToken: "Your session has ended. Sign in again.",
  InvalidToken: "Your session has ended. Sign in again.",
  RequestTimeTooSkewed: "This computer’s clock is wrong. Set the time and try again.",
  NoSuchKey: "This document is no longer there.",
  EntityTooLarge: "This file is too large.",
  KeyTooLongError: "The name is too long.",
};

/** A sentence for whoever is at the screen. */
export function inWords(error: unknown): string {
  if (error instanceof S3Failure) {
    if (error.status === 0) return "The connection was lost.";
    return WORDS[error.code] ?? "The document store could not do this. Try again.";
  }
  return error instanceof Error ? error.message : "Something went wrong. Try again.";
}
