import { useEffect, useState } from "react";
import { timeLeft } from "./renewal";

const EVERY_MS = 5_000;

/** How long the session lasts, counted down. */
export function SessionClock({ expiration }: { expiration: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    setNow(Date.now());
    const timer = window.setInterval(() => setNow(Date.now()), EVERY_MS);
    return () => window.clearInterval(timer);
  }, []);
  const end = new Date(expiration);
  return (
    <span
      role="timer"
      className="session-clock"
      title={`Renews while you work. Ends at ${end.toLocaleTimeString()} otherwise.`}
    >
      Session: {timeLeft(end.getTime() - now)}
    </span>
  );
}
