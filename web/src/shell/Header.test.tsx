// @vitest-environment jsdom

import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Session } from "../session/session";
import { Header } from "./Header";

const SESSION: Session = {
  person: "ada",
  name: "Ada Lovelace",
  organisation: "Example",
  administrator: false,
  folder: "AROAEXAMPLE:ada/",
  bucket: "docs",
  region: "us-east-1",
  endpoint: "http://localhost:9000",
  expiration: "2026-03-02T12:00:00Z",
  renew_after: "2026-03-02T11:40:00Z",
  csrf_token: "token",
  credentials: { access_key_id: "a", secret_access_key: "b", session_token: "c" },
};

let page: HTMLElement;
let root: Root;

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  page = document.createElement("div");
  root = createRoot(page);
});

afterEach(async () => {
  await act(async () => root.unmount());
  vi.unstubAllGlobals();
});

describe("the header", () => {
  it("offers the refusals to administrators, and says where they are", async () => {
    const onRoom = vi.fn();
    const session = { ...SESSION, administrator: true };
    await act(async () =>
      root.render(<Header session={session} room="folder" onRoom={onRoom} />),
    );
    const [documents, refusals] = page.querySelectorAll("nav button");
    expect(documents?.getAttribute("aria-current")).toBe("page");
    expect(refusals?.textContent).toBe("Refusals");
    await act(async () => (refusals as HTMLButtonElement).click());
    expect(onRoom).toHaveBeenCalledWith("refusals");
  });

  it("offers nobody else anything", async () => {
    await act(async () =>
      root.render(<Header session={SESSION} room="folder" onRoom={() => {}} />),
    );
    expect(page.querySelector("nav")).toBeNull();
  });
});
