import { useSyncExternalStore } from "react";
import { fileSize } from "../folder/format";
import type { Upload, UploadQueue } from "./queue";

/** What is on its way, what arrived, and what did not. */
export function UploadPanel({ queue }: { queue: UploadQueue }) {
  const uploads = useSyncExternalStore(queue.subscribe, queue.uploads);
  if (uploads.length === 0) return null;
  const going = uploads.filter(
    ({ state }) => state === "waiting" || state === "sending",
  ).length;
  const failed = uploads.filter(({ state }) => state === "failed").length;
  return (
    <section className="uploads" aria-label="Uploads">
      <header>
        <strong role="status">{headline(going, failed)}</strong>
        {going === 0 && (
          <button type="button" className="quiet" onClick={() => queue.clearFinished()}>
            Close
          </button>
        )}
      </header>
      <ul>
        {uploads.map((upload) => (
          <UploadLine key={upload.id} upload={upload} queue={queue} />
        ))}
      </ul>
    </section>
  );
}

function headline(going: number, failed: number): string {
  if (going > 0) return `Uploading ${going} ${going === 1 ? "file" : "files"}`;
  if (failed > 0) return `${failed} ${failed === 1 ? "upload" : "uploads"} failed`;
  return "Uploads finished";
}

function UploadLine({ upload, queue }: { upload: Upload; queue: UploadQueue }) {
  const { id, path, size, sent, state, problem } = upload;
  const percent = size === 0 ? 100 : Math.floor((sent / size) * 100);
  const going = state === "waiting" || state === "sending";
  return (
    <li data-state={state}>
      <div className="upload-line">
        <span className="name" title={path}>
          {path}
        </span>
        <span className="state">{going ? `${percent} %` : words(upload)}</span>
        {going && (
          <button
            type="button"
            className="quiet"
            aria-label={`Cancel upload of ${path}`}
            onClick={() => queue.cancel(id)}
          >
            Cancel
          </button>
        )}
        {state === "failed" && (
          <button
            type="button"
            className="quiet"
            aria-label={`Try ${path} again`}
            onClick={() => queue.retry(id)}
          >
            Try again
          </button>
        )}
      </div>
      {going && <progress aria-label={`Upload of ${path}`} max={100} value={percent} />}
      {problem && state === "failed" && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </li>
  );
}

function words({ state, size }: Upload): string {
  if (state === "done") return `${fileSize(size)}, done`;
  return state === "failed" ? "failed" : "cancelled";
}
