import { type FormEvent, useState } from "react";
import { nameProblem } from "../s3/name";
import { Dialog } from "../shell/Dialog";

/** Asks what the new folder is called. */
export function NewFolderDialog({
  prefix,
  taken,
  onCreate,
  onClose,
}: {
  /** The whole key prefix that the name will follow. */
  prefix: string;
  taken: ReadonlySet<string>;
  onCreate: (name: string) => Promise<void>;
  onClose: () => void;
}) {
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<string>();
  const create = async (event: FormEvent) => {
    event.preventDefault();
    const wanted = name.trim();
    if (wanted.includes("/")) setProblem("A name cannot have a slash.");
    else if (taken.has(wanted)) setProblem("Something here has this name already.");
    else {
      const found = nameProblem(wanted, prefix);
      setProblem(found);
      if (!found) await onCreate(wanted);
    }
  };
  return (
    <Dialog title="New folder" onClose={onClose}>
      <form onSubmit={create}>
        <label>
          Name
          <input
            autoFocus
            value={name}
            onChange={(event) => setName(event.target.value)}
            aria-invalid={problem !== undefined}
          />
        </label>
        {problem && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <footer>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="primary">
            Create folder
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
