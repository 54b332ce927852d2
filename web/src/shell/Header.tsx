import { SessionClock } from "../session/SessionClock";
import type { Session } from "../session/session";

/** Who is here, for how long, and the way out. */
export function Header({ session }: { session: Session }) {
  return (
    <header className="top">
      <img src="/favicon.svg" alt="" width="28" height="28" />
      <span className="organisation">{session.organisation}</span>
      <SessionClock expiration={session.expiration} />
      <span className="person">{session.name}</span>
      <form method="post" action="/logout">
        <input type="hidden" name="csrf_token" value={session.csrf_token} />
        <button type="submit">Sign out</button>
      </form>
    </header>
  );
}
