import { useQueryClient } from "@tanstack/react-query";
import { type DragEvent, useMemo, useRef, useState } from "react";
import type { FolderClient } from "../s3/client";
import { inWords } from "../s3/failure";
import type { Entry } from "../s3/listing";
import { freeName, nameProblem } from "../s3/name";
import { removeDocument, removeFolder } from "../s3/remove";
import { Icon } from "../shell/Icon";
import { type DroppedFile, droppedFiles } from "../uploads/dropped";
import { type OverwriteAnswer, OverwriteDialog } from "../uploads/OverwriteDialog";
import type { UploadQueue } from "../uploads/queue";
import { DeleteDialog } from "./DeleteDialog";
import { EntryTable } from "./EntryTable";
import { NewFolderDialog } from "./NewFolderDialog";
import { arrange, type Order } from "./order";
import { Path } from "./Path";
import { listingKey, useListing } from "./useListing";

type Question =
  | { readonly kind: "new-folder" }
  | { readonly kind: "delete"; readonly entry: Entry }
  | { readonly kind: "overwrite"; readonly files: readonly DroppedFile[] };

/** One folder: its list, and what can be done there. */
export function Folder({
  client,
  queue,
  path,
  onOpen,
}: {
  client: FolderClient;
  queue: UploadQueue;
  path: string;
  onOpen: (path: string) => void;
}) {
  const listing = useListing(client, path);
  const queries = useQueryClient();
  const [order, setOrder] = useState<Order>({ column: "name", descending: false });
  const [filter, setFilter] = useState("");
  const [question, setQuestion] = useState<Question>();
  const [problem, setProblem] = useState<string>();
  const [dragging, setDragging] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const { entries } = listing;
  const shown = useMemo(
    () => arrange(entries, order, filter),
    [entries, order, filter],
  );
  const taken = useMemo(() => new Set(entries.map(({ name }) => name)), [entries]);

  const refresh = () =>
    queries.invalidateQueries({ queryKey: listingKey(client.folder, path) });
  const attempt = async (action: () => Promise<unknown>) => {
    try {
      setProblem(undefined);
      await action();
    } catch (error) {
      setProblem(inWords(error));
    }
  };

  const offer = (files: readonly DroppedFile[]) => {
    const refused = files.find((each) => nameProblem(path + each.path, client.folder));
    if (refused) {
      const reason = nameProblem(path + refused.path, client.folder);
      setProblem(`“${refused.path}” was not uploaded. ${reason}`);
    }
    const fine = files.filter((each) => !nameProblem(path + each.path, client.folder));
    if (fine.some((each) => taken.has(each.path))) {
      setQuestion({ kind: "overwrite", files: fine });
    } else {
      upload(fine, "replace");
    }
  };
  const upload = (files: readonly DroppedFile[], answer: OverwriteAnswer) => {
    const names = new Set(taken);
    for (const { path: below, file } of files) {
      const clash = names.has(below);
      if (clash && answer === "skip") continue;
      const name = clash && answer === "keep-both" ? freeName(below, names) : below;
      names.add(name);
      queue.add(path + name, file);
    }
  };

  const drop = async (event: DragEvent) => {
    event.preventDefault();
    setDragging(false);
    const { dataTransfer } = event;
    await attempt(async () => offer(await droppedFiles(dataTransfer)));
  };
  const createFolder = async (name: string) => {
    await attempt(() => client.object("PUT", `${path}${name}/`));
    setQuestion(undefined);
    await refresh();
  };
  const download = (entry: Entry) =>
    attempt(async () => {
      const link = document.createElement("a");
      link.href = await client.downloadLink(path + entry.name);
      link.click();
    });

  return (
    <section
      className="folder"
      aria-label="Your folder"
      data-dragging={dragging}
      onDragOver={(event) => {
        event.preventDefault();
        setDragging(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node))
          setDragging(false);
      }}
      onDrop={drop}
    >
      <div className="bar">
        <Path path={path} onOpen={onOpen} />
        <div className="tools">
          <input
            type="search"
            placeholder="Filter"
            aria-label="Filter by name"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
          <button type="button" onClick={() => setQuestion({ kind: "new-folder" })}>
            <Icon shape="add" />
            New folder
          </button>
          <button
            type="button"
            className="primary"
            onClick={() => picker.current?.click()}
          >
            <Icon shape="upload" />
            Upload
          </button>
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            aria-label="Files to upload"
            onChange={(event) => {
              const files = Array.from(event.target.files ?? []);
              event.target.value = "";
              offer(files.map((file) => ({ path: file.name, file })));
            }}
          />
        </div>
      </div>
      {problem && (
        <p className="notice" role="alert">
          {problem}
          <button type="button" className="quiet" onClick={() => setProblem(undefined)}>
            Dismiss
          </button>
        </p>
      )}
      {listing.isError && (
        <p className="notice" role="alert">
          {inWords(listing.error)}
          <button type="button" className="quiet" onClick={() => listing.refetch()}>
            Try again
          </button>
        </p>
      )}
      <EntryTable
        entries={shown}
        order={order}
        onOrder={setOrder}
        onOpen={(entry) => onOpen(`${path}${entry.name}/`)}
        onDownload={download}
        onDelete={(entry) => setQuestion({ kind: "delete", entry })}
      />
      {listing.isPending && (
        <p className="hint" role="status">
          Loading…
        </p>
      )}
      {listing.isSuccess && shown.length === 0 && (
        <p className="hint">
          {filter
            ? "Nothing here has that in its name."
            : "Nothing here yet. Drop files anywhere on this page."}
        </p>
      )}
      {question?.kind === "new-folder" && (
        <NewFolderDialog
          prefix={client.folder + path}
          taken={taken}
          onCreate={createFolder}
          onClose={() => setQuestion(undefined)}
        />
      )}
      {question?.kind === "delete" && (
        <DeleteDialog
          entry={question.entry}
          onClose={() => setQuestion(undefined)}
          onDelete={async (onProgress) => {
            const { kind, name } = question.entry;
            if (kind === "folder") {
              await removeFolder(client, `${path}${name}/`, onProgress);
            } else {
              await removeDocument(client, path + name);
            }
            setQuestion(undefined);
            await refresh();
          }}
        />
      )}
      {question?.kind === "overwrite" && (
        <OverwriteDialog
          names={question.files
            .map((each) => each.path)
            .filter((name) => taken.has(name))}
          onAnswer={(answer) => {
            upload(question.files, answer);
            setQuestion(undefined);
          }}
        />
      )}
    </section>
  );
}
