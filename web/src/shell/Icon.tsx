const SHAPES = {
  folder:
    "M3 6.5A1.5 1.5 0 0 1 4.5 5h4l2 2h9A1.5 1.5 0 0 1 21 8.5v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 17.5z",
  document: "M6 3h8l5 5v13H6zM14 3v5h5",
  upload: "M12 16V4m0 0L7 9m5-5 5 5M4 20h16",
  download: "M12 4v12m0 0 5-5m-5 5-5-5M4 20h16",
  remove: "M4 7h16M9 7V4h6v3m-8 0 1 13h8l1-13",
  add: "M12 5v14M5 12h14",
} as const;

/** Beside words, never instead of them: hidden from screen readers. */
export function Icon({ shape }: { shape: keyof typeof SHAPES }) {
  return (
    <svg className={`icon icon-${shape}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={SHAPES[shape]} />
    </svg>
  );
}
