import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { FolderClient } from "../s3/client";
import { type Entry, listPage } from "../s3/listing";
import { withRetries } from "../s3/retry";

export const listingKey = (folder: string, path: string) => ["listing", folder, path];

/** All that lies in a folder; further pages follow by themselves. */
export function useListing(client: FolderClient, path: string) {
  const listing = useInfiniteQuery({
    queryKey: listingKey(client.folder, path),
    queryFn: ({ pageParam }) => withRetries(() => listPage(client, path, pageParam)),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  });
  const { hasNextPage, isFetchingNextPage, isError, fetchNextPage } = listing;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !isError) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isError, fetchNextPage]);
  const entries = useMemo<readonly Entry[]>(
    () => listing.data?.pages.flatMap((page) => page.entries) ?? [],
    [listing.data],
  );
  return { ...listing, entries };
}
