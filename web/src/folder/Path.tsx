/** Where we are below the person's folder, each step a way back. */
export function Path({
  path,
  onOpen,
}: {
  path: string;
  onOpen: (path: string) => void;
}) {
  const names = path.split("/").slice(0, -1);
  return (
    <nav className="path" aria-label="Folder">
      <ol>
        <li>
          {names.length === 0 ? (
            <h1 aria-current="page">My documents</h1>
          ) : (
            <button type="button" className="link" onClick={() => onOpen("")}>
              My documents
            </button>
          )}
        </li>
        {names.map((name, depth) => {
          const here = `${names.slice(0, depth + 1).join("/")}/`;
          return (
            <li key={here}>
              {depth === names.length - 1 ? (
                <h1 aria-current="page">{name}</h1>
              ) : (
                <button type="button" className="link" onClick={() => onOpen(here)}>
                  {name}
                </button>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
