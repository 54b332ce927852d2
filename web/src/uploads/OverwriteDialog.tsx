import { Dialog } from "../shell/Dialog";

export type OverwriteAnswer = "replace" | "keep-both" | "skip";

/** Asks what to do with files whose names are taken. */
export function OverwriteDialog({
  names,
  onAnswer,
}: {
  names: readonly string[];
  onAnswer: (answer: OverwriteAnswer) => void;
}) {
  const [first] = names;
  const title =
    names.length === 1
      ? `“${first}” is there already`
      : `${names.length} of these documents are there already`;
  return (
    <Dialog title={title} onClose={() => onAnswer("skip")}>
      <p>Replacing keeps the older version in the store’s history.</p>
      <footer>
        <button type="button" onClick={() => onAnswer("skip")}>
          Skip
        </button>
        <button type="button" onClick={() => onAnswer("replace")}>
          Replace
        </button>
        <button type="button" className="primary" onClick={() => onAnswer("keep-both")}>
          Keep both
        </button>
      </footer>
    </Dialog>
  );
}
