/** Holds the session in memory, and keeps it alive while the person is there. */

import { signInPassively } from "./passive";
import { RETRY_AFTER_MS, renewalStep } from "./renewal";
import { fetchSession, renewSession, type Session, SignedOut } from "./session";

export type SessionState =
  | { readonly kind: "loading" }
  | { readonly kind: "signed-out"; readonly reason: SignedOut }
  | { readonly kind: "unavailable"; readonly reason: Error }
  | { readonly kind: "signed-in"; readonly session: Session }
  /** Signed in before; what is on the screen stays until they are again. */
  | {
      readonly kind: "sign-in-needed";
      readonly session: Session;
      readonly reason: SignedOut;
    };

const TICK_MS = 1_000;
/** How often to ask whether the session still lives, besides when somebody looks. */
const CHECK_MS = 60_000;
const CHANNEL = "securecart-session";

export class SessionKeeper {
  #state: SessionState = { kind: "loading" };
  #lastActive = Date.now();
  #notBefore = 0;
  #lastCheck = Date.now();
  #busy = false;
  readonly #listeners = new Set<() => void>();
  readonly #otherTabs = new BroadcastChannel(CHANNEL);

  constructor() {
    for (const sign of ["pointerdown", "keydown", "wheel", "touchstart"]) {
      window.addEventListener(sign, this.noteActivity, { passive: true });
    }
    this.#otherTabs.addEventListener("message", () => {
      if (this.#state.kind !== "signed-in") void this.load();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#lastCheck = 0;
    });
    window.setInterval(() => void this.#tick(), TICK_MS);
    void this.load().then(() => {
      // A tab that waits for a new sign-in takes heart from this one.
      if (this.#state.kind === "signed-in") this.#otherTabs.postMessage("signed-in");
    });
  }

  readonly state = (): SessionState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** A person, or a transfer that runs for one, is at work. */
  readonly noteActivity = (): void => {
    this.#lastActive = Date.now();
  };

  /** The session to sign the next request with. */
  readonly current = (): Session => {
    if (this.#state.kind === "signed-in") return this.#state.session;
    throw this.#state.kind === "sign-in-needed"
      ? this.#state.reason
      : new SignedOut("Sign in to go on.", "/login", undefined);
  };

  /** Ask again who is signed in. */
  readonly load = async (): Promise<void> => {
    try {
      this.#accept(await fetchSession());
    } catch (error) {
      this.#refused(error as Error);
    }
  };

  async #tick(): Promise<void> {
    if (this.#state.kind !== "signed-in" || this.#busy) return;
    const { session } = this.#state;
    const now = Date.now();
    const step = renewalStep({
      now,
      renewAfter: Date.parse(session.renew_after),
      expiration: Date.parse(session.expiration),
      lastActive: this.#lastActive,
    });
    if (step === "ended") {
      this.#refused(new SignedOut("Your session has ended.", "/login", undefined));
    } else if (step === "renew" && now >= this.#notBefore) {
      this.#busy = true;
      await this.#renew(session);
      this.#busy = false;
    } else if (now >= this.#lastCheck + CHECK_MS) {
      // It may have been ended elsewhere, and the credentials would not tell.
      this.#busy = true;
      this.#lastCheck = now;
      await this.load();
      this.#busy = false;
    }
  }

  async #renew(session: Session): Promise<void> {
    try {
      const renewed = await renewSession(session);
      if ("credentials" in renewed) this.#accept(renewed);
      else if ((await signInPassively(renewed.passiveUrl)) === "renewed")
        await this.load();
      else throw new SignedOut("Please sign in again to go on.", "/login", undefined);
    } catch (error) {
      this.#notBefore = Date.now() + RETRY_AFTER_MS;
      const ended = Date.now() >= Date.parse(session.expiration);
      if (error instanceof SignedOut || ended) this.#refused(error as Error);
    }
  }

  #accept(session: Session): void {
    const before = this.#state;
    if (before.kind === "sign-in-needed" && before.session.folder !== session.folder) {
      // Somebody else signed in here: nothing of the first person's may stay.
      window.location.reload();
      return;
    }
    this.#become({ kind: "signed-in", session });
  }

  #refused(error: Error): void {
    const before = this.#state;
    const known =
      before.kind === "signed-in" || before.kind === "sign-in-needed"
        ? before.session
        : undefined;
    if (!(error instanceof SignedOut)) {
      if (!known) this.#become({ kind: "unavailable", reason: error });
    } else if (known) {
      this.#become({ kind: "sign-in-needed", session: known, reason: error });
    } else {
      this.#become({ kind: "signed-out", reason: error });
    }
  }

  #become(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
