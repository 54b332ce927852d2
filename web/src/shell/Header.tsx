import { SessionClock } from "../session/SessionClock";
import type { Session } from "../session/session";

export type Room = "folder" | "refusals";

const ROOMS: readonly (readonly [Room, string])[] = [
  ["folder", "Documents"],
  ["refusals", "Refusals"],
];

/** Who is here, for how long, and the way out; for administrators, where else to. */
export function Header({
  session,
  room,
  onRoom,
}: {
  session: Session;
  room: Room;
  onRoom: (room: Room) => void;
}) {
  return (
    <header className="top">
      <img src="/favicon.svg" alt="" width="28" height="28" />
      <span className="organisation">{session.organisation}</span>
      {session.administrator && (
        <nav aria-label="Portal">
          {ROOMS.map(([each, name]) => (
            <button
              key={each}
              type="button"
              className="quiet"
              aria-current={each === room ? "page" : undefined}
              onClick={() => onRoom(each)}
            >
              {name}
            </button>
          ))}
        </nav>
      )}
      <SessionClock expiration={session.expiration} />
      <span className="person">{session.name}</span>
      <form method="post" action="/logout">
        <input type="hidden" name="csrf_token" value={session.csrf_token} />
        <button type="submit">Sign out</button>
      </form>
    </header>
  );
}
