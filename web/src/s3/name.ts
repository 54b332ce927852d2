/** Which names a document may have, and how a key stands in an address. */

const LONGEST_SEGMENT_BYTES = 255;
const LONGEST_KEY_BYTES = 1024;

const bytes = (text: string) => new TextEncoder().encode(text).length;

/** What is wrong with a path below the folder, in words; or nothing. */
export function nameProblem(path: string, folder: string): string | undefined {
  const segments = path.split("/");
  if (segments.some((segment) => segment === "")) return "The name is empty.";
  if (segments.some((segment) => segment === "." || segment === "..")) {
    return "A name cannot be “.” or “..”.";
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused.
  if (/[\u0000-\u001f\u007f]/.test(path)) return "The name has an invisible character.";
  if (segments.some((segment) => bytes(segment) > LONGEST_SEGMENT_BYTES)) {
    return "The name is too long.";
  }
  if (bytes(folder + path) > LONGEST_KEY_BYTES) return "The path is too long.";
  return undefined;
}

/** A key as a URL path: RFC 3986 unreserved characters and slashes stay. */
export function encodeKey(key: string): string {
  return key.split("/").map(encodeSegment).join("/");
}

export function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** “report (2).pdf” for “report.pdf”: the first free name. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  const dot = name.lastIndexOf(".");
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  for (let number = 2; ; number += 1) {
    const candidate = `${stem} (${number})${ending}`;
    if (!taken.has(candidate)) return candidate;
  }
}
