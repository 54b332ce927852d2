/** The portal's own API: who is signed in, and with what credentials. */

export interface Credentials {
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly session_token: string;
}

export interface Session {
  readonly person: string;
  readonly name: string;
  readonly organisation: string;
  /** Whether to offer the refusals; the portal checks for itself. */
  readonly administrator: boolean;
  /** The key prefix of the person's folder, with its closing slash. */
  readonly folder: string;
  readonly bucket: string;
  readonly region: string;
  readonly endpoint: string;
  /** When the credentials end, and from when they may be renewed: ISO 8601. */
  readonly expiration: string;
  readonly renew_after: string;
  readonly csrf_token: string;
  readonly credentials: Credentials;
}

/** Nobody is signed in, or must sign in again. */
export class SignedOut extends Error {
  constructor(
    message: string,
    readonly signInUrl: string,
    readonly organisation: string | undefined,
    /** In another window, at the company's sign-in service, or by an administrator. */
    readonly elsewhere = false,
  ) {
    super(message);
  }
}

/** The errors of a portal that nobody here has left. */
const ELSEWHERE: ReadonlySet<string> = new Set(["signed_out", "signed_out_elsewhere"]);

/** The portal cannot be reached or failed; trying again may help. */
export class PortalUnavailable extends Error {}

/** The provider renews in the browser: a hidden frame goes there and back. */
export interface PassiveRenewal {
  readonly passiveUrl: string;
}

export async function fetchSession(): Promise<Session> {
  const answer = await ask("/api/session", { method: "GET" });
  if (answer.ok) return (await answer.json()) as Session;
  throw await refusal(answer);
}

export async function renewSession(
  session: Session,
): Promise<Session | PassiveRenewal> {
  const answer = await ask("/api/session/renew", {
    method: "POST",
    headers: { "X-CSRF-Token": session.csrf_token },
  });
  if (answer.ok) return (await answer.json()) as Session;
  if (answer.status === 409) {
    const { url } = (await answer.json()) as { url: string };
    return { passiveUrl: url };
  }
  throw await refusal(answer);
}

/** Ask the portal, which answers for whoever its cookie names. */
export async function ask(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, {
      ...init,
      credentials: "same-origin",
      cache: "no-store",
    });
  } catch {
    throw new PortalUnavailable("The portal cannot be reached.");
  }
}

/** The error that an answer stands for. */
export async function refusal(answer: Response): Promise<Error> {
  if (answer.status === 401) {
    const told = (await answer.json()) as {
      error: string;
      message: string;
      sign_in_url: string;
      organisation?: string;
    };
    return new SignedOut(
      told.message,
      told.sign_in_url,
      told.organisation,
      ELSEWHERE.has(told.error),
    );
  }
  return new PortalUnavailable("The portal could not answer. Try again in a moment.");
}
