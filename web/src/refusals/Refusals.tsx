import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { SignedOut } from "../session/session";
import { RefusalList } from "./RefusalList";
import { fetchRefusals, type RefusalPage } from "./refusals";

/** Whose request was refused, and why: for administrators. */
export function Refusals({
  person,
  onSignedOut,
}: {
  person: string;
  onSignedOut: () => void;
}) {
  const queryKey = ["refusals", person];
  const queries = useQueryClient();
  const listing = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => fetchRefusals(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ older }) => older ?? undefined,
  });
  const { error } = listing;
  useEffect(() => {
    if (error instanceof SignedOut) onSignedOut();
  }, [error, onSignedOut]);
  const refusals = listing.data?.pages.flatMap((page) => page.refusals) ?? [];

  return (
    <section className="refusals" aria-labelledby="refusals-title">
      <div className="bar">
        <h1 id="refusals-title">Refusals</h1>
        <button
          type="button"
          disabled={listing.isFetching}
          onClick={() => void queries.resetQueries({ queryKey })}
        >
          Refresh
        </button>
      </div>
      {error && (
        <p className="notice" role="alert">
          {error.message}
          <button
            type="button"
            className="quiet"
            onClick={() =>
              void (listing.isFetchNextPageError
                ? listing.fetchNextPage()
                : listing.refetch())
            }
          >
            Try again
          </button>
        </p>
      )}
      <p className="told" role="status">
        {listing.isPending ? "Loading…" : listing.data && inWords(listing.data.pages)}
      </p>
      <RefusalList refusals={refusals} />
      {listing.hasNextPage && (
        <button
          type="button"
          className="more"
          disabled={listing.isFetching}
          onClick={() => void listing.fetchNextPage()}
        >
          {listing.isFetchingNextPage ? "Loading…" : "Show older"}
        </button>
      )}
    </section>
  );
}

/** What there is to see, and where the rest is. */
function inWords(pages: readonly RefusalPage[]): string {
  if (pages.some(({ trail }) => trail === "cloudtrail"))
    return "AWS keeps this account's audit trail: look for refused requests in CloudTrail.";
  const count = pages.reduce((sum, { refusals }) => sum + refusals.length, 0);
  const further = pages.at(-1)?.older != null;
  if (count === 0)
    return further ? "Nothing was refused lately." : "Nothing was refused.";
  const shown = count === 1 ? "One refused request" : `${count} refused requests`;
  return further ? `${shown}, the latest first.` : `${shown}, the latest first: all.`;
}
