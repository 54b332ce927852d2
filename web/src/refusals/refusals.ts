/** Why requests were refused: the portal's API for administrators. */

import { ask, PortalUnavailable, refusal } from "../session/session";

/** What the audit trail says of one request; null where it does not say. */
export interface RefusedRequest {
  /** ISO 8601. */
  readonly time: string | null;
  readonly person: string | null;
  readonly principal: string | null;
  readonly action: string | null;
  readonly resource: string | null;
  readonly source_ip: string | null;
  readonly request_id: string | null;
  readonly error: string | null;
  /** Sentences; the last says which policy refused, and what would have to change. */
  readonly reasons: readonly string[];
}

export interface RefusalPage {
  readonly trail: "journal" | "cloudtrail";
  readonly refusals: readonly RefusedRequest[];
  /** Where to go on; a page may be empty and still lead on. */
  readonly older: string | null;
}

const FORBIDDEN = 403;

export async function fetchRefusals(before: string | undefined): Promise<RefusalPage> {
  const query = before === undefined ? "" : `?${new URLSearchParams({ before })}`;
  const answer = await ask(`/api/refusals${query}`, { method: "GET" });
  if (answer.ok) return (await answer.json()) as RefusalPage;
  if (answer.status === FORBIDDEN) {
    const { message } = (await answer.json()) as { message: string };
    throw new PortalUnavailable(message);
  }
  throw await refusal(answer);
}
