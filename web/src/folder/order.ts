/** The order of a list: folders first, then by what the person chose. */

import type { Entry } from "../s3/listing";

export type Column = "name" | "size" | "changed";

export interface Order {
  readonly column: Column;
  readonly descending: boolean;
}

const names = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

export function arrange(
  entries: readonly Entry[],
  order: Order,
  filter: string,
): readonly Entry[] {
  const wanted = filter.trim().toLocaleLowerCase();
  const direction = order.descending ? -1 : 1;
  return entries
    .filter(({ name }) => name.toLocaleLowerCase().includes(wanted))
    .sort((left, right) => {
      if (left.kind !== right.kind) return left.kind === "folder" ? -1 : 1;
      const byColumn = direction * compare(left, right, order.column);
      return byColumn || names.compare(left.name, right.name);
    });
}

function compare(left: Entry, right: Entry, column: Column): number {
  if (column === "name") return names.compare(left.name, right.name);
  if (left.kind === "folder" || right.kind === "folder") return 0;
  return column === "size"
    ? left.size - right.size
    : left.changed.getTime() - right.changed.getTime();
}
