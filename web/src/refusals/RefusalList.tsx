import { instant } from "../folder/format";
import type { RefusedRequest } from "./refusals";

/** Each refused request with its verdict; the rest of it opens below. */
export function RefusalList({ refusals }: { refusals: readonly RefusedRequest[] }) {
  if (refusals.length === 0) return null;
  return (
    <ol>
      {refusals.map((refusal) => (
        <li key={`${refusal.time} ${refusal.request_id}`}>
          <header>
            <h2>
              {refusal.person ?? "Nobody known"} <code>{refusal.action}</code>
            </h2>
            {refusal.time && <Moment text={refusal.time} />}
          </header>
          {refusal.resource && <p className="resource">{refusal.resource}</p>}
          <p>{refusal.reasons.at(-1) ?? refusal.error}</p>
          <details>
            <summary>How it was decided</summary>
            <Reasons refusal={refusal} />
            <dl>
              <Fact name="Principal" value={refusal.principal} />
              <Fact name="Source address" value={refusal.source_ip} />
              <Fact name="Answered with" value={refusal.error} />
              <Fact name="Request id" value={refusal.request_id} />
            </dl>
          </details>
        </li>
      ))}
    </ol>
  );
}

function Reasons({ refusal: { reasons } }: { refusal: RefusedRequest }) {
  const before = reasons.slice(0, -1);
  if (before.length === 0) return null;
  return (
    <ul>
      {[...new Set(before)].map((reason) => (
        <li key={reason}>{reason}</li>
      ))}
    </ul>
  );
}

function Moment({ text }: { text: string }) {
  const date = new Date(text);
  return (
    <time dateTime={text}>{Number.isNaN(date.getTime()) ? text : instant(date)}</time>
  );
}

function Fact({ name, value }: { name: string; value: string | null }) {
  return (
    value && (
      <div>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    )
  );
}
