/** Deleting documents, and folders with all that is in them. */

import type { FolderClient } from "./client";
import { listKeys } from "./listing";
import { withRetries } from "./retry";

const AT_ONCE = 6;

export async function removeDocument(
  client: FolderClient,
  path: string,
): Promise<void> {
  await withRetries(() => client.object("DELETE", path));
}

/**
 * `path` ends with a slash. Deeper keys go first and the folder's own marker
 * last, so that an interrupted deletion still shows the folder.
 */
export async function removeFolder(
  client: FolderClient,
  path: string,
  onProgress: (done: number, all: number) => void = () => {},
): Promise<void> {
  const { folder } = client;
  const paths = (await listKeys(client, path)).map((key) => key.slice(folder.length));
  const documents = paths.filter((each) => each !== path);
  const all = documents.length;
  let done = 0;
  const worker = async () => {
    for (let next = documents.pop(); next !== undefined; next = documents.pop()) {
      await removeDocument(client, next);
      done += 1;
      onProgress(done, all);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  await removeDocument(client, path);
}
