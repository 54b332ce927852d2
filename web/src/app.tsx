import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useMemo, useState, useSyncExternalStore } from "react";
import { Folder } from "./folder/Folder";
import { listingKey } from "./folder/useListing";
import { Refusals } from "./refusals/Refusals";
import { FolderClient } from "./s3/client";
import type { SessionKeeper } from "./session/keeper";
import type { Session } from "./session/session";
import { Dialog } from "./shell/Dialog";
import { Header, type Room } from "./shell/Header";
import { SignedOutPage } from "./shell/SignedOutPage";
import { UploadQueue } from "./uploads/queue";
import { UploadPanel } from "./uploads/UploadPanel";

const queries = new QueryClient({
  // The S3 client retries by itself, and knows what is worth retrying.
  defaultOptions: { queries: { retry: false, staleTime: 5_000 } },
});

export function App({ keeper }: { keeper: SessionKeeper }) {
  const state = useSyncExternalStore(keeper.subscribe, keeper.state);
  switch (state.kind) {
    case "loading":
      return <main className="welcome" aria-busy="true" />;
    case "unavailable":
      return (
        <main className="welcome">
          <p role="alert">{state.reason.message}</p>
          <button type="button" onClick={() => void keeper.load()}>
            Try again
          </button>
        </main>
      );
    case "signed-out":
      return (
        <SignedOutPage
          organisation={state.reason.organisation}
          signInUrl={state.reason.signInUrl}
        />
      );
    case "signed-in":
    case "sign-in-needed":
      return (
        <QueryClientProvider client={queries}>
          <Workplace keeper={keeper} session={state.session} />
          {state.kind === "sign-in-needed" && (
            <Dialog
              title={
                state.reason.elsewhere ? "You were signed out" : "Please sign in again"
              }
            >
              <p>{state.reason.message} What you see here stays as it is.</p>
              <footer>
                <a
                  className="button primary"
                  href={state.reason.signInUrl}
                  target="_blank"
                  rel="noopener"
                >
                  Sign in with SSO
                </a>
              </footer>
            </Dialog>
          )}
        </QueryClientProvider>
      );
  }
}

function Workplace({ keeper, session }: { keeper: SessionKeeper; session: Session }) {
  const client = useMemo(
    () => new FolderClient(keeper.current, session.folder),
    [keeper, session.folder],
  );
  const queue = useMemo(
    () =>
      new UploadQueue(client, keeper.noteActivity, (path) => {
        for (const folder of ["", ...parents(path)]) {
          const queryKey = listingKey(session.folder, folder);
          void queries.invalidateQueries({ queryKey });
        }
      }),
    [client, keeper, session.folder],
  );
  const [path, setPath] = useState("");
  const [chosen, setRoom] = useState<Room>("folder");
  const room = session.administrator ? chosen : "folder";
  return (
    <>
      <Header session={session} room={room} onRoom={setRoom} />
      <main className="workplace">
        {room === "folder" ? (
          <Folder
            key={path}
            client={client}
            queue={queue}
            path={path}
            onOpen={setPath}
          />
        ) : (
          <Refusals person={session.person} onSignedOut={keeper.load} />
        )}
        <UploadPanel queue={queue} />
      </main>
    </>
  );
}

/** The folders above a document: `a/b/c.txt` lies in `a/` and `a/b/`. */
function parents(path: string): string[] {
  const names = path.split("/").slice(0, -1);
  return names.map((_, depth) => `${names.slice(0, depth + 1).join("/")}/`);
}
