/** A sign-in that asks nobody anything: the provider in a hidden frame. */

const PATIENCE_MS = 20_000;

export type PassiveOutcome = "renewed" | "sign-in-needed";

export function signInPassively(url: string): Promise<PassiveOutcome> {
  return new Promise((resolve) => {
    const frame = document.createElement("iframe");
    frame.hidden = true;
    frame.title = "Renewing your session";

    const finish = (outcome: PassiveOutcome) => {
      window.clearTimeout(timer);
      window.removeEventListener("message", listen);
      frame.remove();
      resolve(outcome);
    };
    const listen = (event: MessageEvent<unknown>) => {
      if (event.origin !== window.location.origin) return;
      if (event.source !== frame.contentWindow) return;
      const told = event.data as { securecart?: PassiveOutcome } | null;
      if (told?.securecart) finish(told.securecart);
    };
    const timer = window.setTimeout(() => finish("sign-in-needed"), PATIENCE_MS);
    window.addEventListener("message", listen);
    frame.src = url;
    document.body.append(frame);
  });
}
