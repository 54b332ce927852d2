import { useState } from "react";
import { inWords } from "../s3/failure";
import type { Entry } from "../s3/listing";
import { Dialog } from "../shell/Dialog";

export type DeletionProgress = (done: number, all: number) => void;

/** Asks before anything goes, and stays until it has gone. */
export function DeleteDialog({
  entry,
  onDelete,
  onClose,
}: {
  entry: Entry;
  onDelete: (onProgress: DeletionProgress) => Promise<void>;
  onClose: () => void;
}) {
  const [working, setWorking] = useState(false);
  const [gone, setGone] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const remove = async () => {
    setWorking(true);
    setProblem(undefined);
    try {
      await onDelete((done, all) => setGone(`${done} of ${all} deleted`));
    } catch (error) {
      setProblem(inWords(error));
    }
    setWorking(false);
  };
  return (
    <Dialog title={`Delete “${entry.name}”?`} onClose={working ? () => {} : onClose}>
      <p>
        {entry.kind === "folder"
          ? "The folder goes with everything in it."
          : "The document leaves your folder."}
      </p>
      {gone && <p role="status">{gone}</p>}
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <footer>
        <button type="button" disabled={working} onClick={onClose}>
          Keep
        </button>
        <button
          type="button"
          className="primary danger"
          disabled={working}
          onClick={remove}
        >
          {working ? "Deleting…" : "Delete"}
        </button>
      </footer>
    </Dialog>
  );
}
