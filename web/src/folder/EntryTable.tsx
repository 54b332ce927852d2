import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import type { Entry } from "../s3/listing";
import { Icon } from "../shell/Icon";
import { day, fileSize, moment } from "./format";
import type { Column, Order } from "./order";

const ROW_HEIGHT_PX = 52;
/** Rows drawn beyond the visible ones, so that scrolling shows no gaps. */
const OVERSCAN_ROWS = 12;

export interface EntryActions {
  readonly onOpen: (entry: Entry) => void;
  readonly onDownload: (entry: Entry) => void;
  readonly onDelete: (entry: Entry) => void;
}

/** The list of a folder; only the rows in sight are in the page. */
export function EntryTable({
  entries,
  order,
  onOrder,
  ...actions
}: {
  entries: readonly Entry[];
  order: Order;
  onOrder: (order: Order) => void;
} & EntryActions) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT_PX,
    overscan: OVERSCAN_ROWS,
  });
  return (
    // biome-ignore lint/a11y/useSemanticElements: table rows cannot be positioned.
    <div role="table" aria-label="Documents" aria-rowcount={entries.length + 1}>
      {/* biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: as above; its buttons take the focus. */}
      <div role="row" className="row head" aria-rowindex={1}>
        <Heading column="name" order={order} onOrder={onOrder}>
          Name
        </Heading>
        <Heading column="size" order={order} onOrder={onOrder}>
          Size
        </Heading>
        <Heading column="changed" order={order} onOrder={onOrder}>
          Changed
        </Heading>
        {/* biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: as above. */}
        <span role="columnheader" className="actions">
          <span className="unseen">Actions</span>
        </span>
      </div>
      <div ref={scroller} className="scroller">
        <div className="rows" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const entry = entries[index];
            return (
              entry && (
                <EntryRow
                  key={`${entry.kind} ${entry.name}`}
                  entry={entry}
                  index={index}
                  top={start}
                  {...actions}
                />
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}

function Heading({
  column,
  order,
  onOrder,
  children,
}: {
  column: Column;
  order: Order;
  onOrder: (order: Order) => void;
  children: string;
}) {
  const chosen = order.column === column;
  const sorted = order.descending ? "descending" : "ascending";
  return (
    // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: see EntryTable.
    <span role="columnheader" className={column} aria-sort={chosen ? sorted : "none"}>
      <button
        type="button"
        onClick={() => onOrder({ column, descending: chosen && !order.descending })}
      >
        {children}
      </button>
    </span>
  );
}

function EntryRow({
  entry,
  index,
  top,
  onOpen,
  onDownload,
  onDelete,
}: { entry: Entry; index: number; top: number } & EntryActions) {
  const { name } = entry;
  return (
    // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: see EntryTable.
    <div
      role="row"
      className="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${top}px)` }}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: see EntryTable. */}
      <span role="cell" className="name">
        <Icon shape={entry.kind} />
        <button
          type="button"
          className="link"
          title={name}
          onClick={() => (entry.kind === "folder" ? onOpen(entry) : onDownload(entry))}
        >
          {name}
        </button>
      </span>
      {/* biome-ignore lint/a11y/useSemanticElements: see EntryTable. */}
      <span role="cell" className="size">
        {entry.kind === "document" ? fileSize(entry.size) : "Folder"}
      </span>
      {/* biome-ignore lint/a11y/useSemanticElements: see EntryTable. */}
      <span role="cell" className="changed">
        {entry.kind === "document" && (
          <time dateTime={entry.changed.toISOString()} title={moment(entry.changed)}>
            {day(entry.changed)}
          </time>
        )}
      </span>
      {/* biome-ignore lint/a11y/useSemanticElements: see EntryTable. */}
      <span role="cell" className="actions">
        {entry.kind === "document" && (
          <button
            type="button"
            className="quiet"
            aria-label={`Download ${name}`}
            onClick={() => onDownload(entry)}
          >
            <Icon shape="download" />
            <span>Download</span>
          </button>
        )}
        <button
          type="button"
          className="quiet danger"
          aria-label={`Delete ${name}`}
          onClick={() => onDelete(entry)}
        >
          <Icon shape="remove" />
          <span>Delete</span>
        </button>
      </span>
    </div>
  );
}
