// @vitest-environment jsdom

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Refusals } from "./Refusals";
import type { RefusalPage, RefusedRequest } from "./refusals";

const VERDICT = "Denied, since no identity policy allows s3:GetObject.";

function refused(changes: Partial<RefusedRequest> = {}): RefusedRequest {
  return {
    time: "2026-03-02T11:59:58Z",
    person: "bob",
    principal: "arn:aws:sts::123456789012:assumed-role/SecureCartEmployee/bob",
    action: "s3:GetObject",
    resource: "docs/AROAEXAMPLE:ada/a.txt",
    source_ip: "203.0.113.9",
    request_id: "0123456789ABCDEF",
    error: "AccessDenied",
    reasons: ["Statement Own would allow it.", VERDICT],
    ...changes,
  };
}

const answers: (() => Promise<Response>)[] = [];
const asked: string[] = [];
let page: HTMLElement;
let root: Root;

function answer(body: Partial<RefusalPage> | object, status = 200): void {
  const whole = { trail: "journal", refusals: [], older: null, ...body };
  answers.push(async () => Response.json(whole, { status }));
}

/** Let the portal's answers arrive, and the page show them. */
const settle = () => act(async () => void (await new Promise((r) => setTimeout(r, 0))));

async function show(onSignedOut = () => {}): Promise<void> {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  await act(async () =>
    root.render(
      <QueryClientProvider client={queries}>
        <Refusals person="ada" onSignedOut={onSignedOut} />
      </QueryClientProvider>,
    ),
  );
  await settle();
}

function button(name: string): HTMLButtonElement | undefined {
  return [...page.querySelectorAll("button")].find((each) => each.textContent === name);
}

async function press(name: string): Promise<void> {
  await act(async () => button(name)?.click());
  await settle();
}

const status = () => page.querySelector("[role=status]")?.textContent;
const alert = () => page.querySelector("[role=alert]")?.textContent;

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.stubGlobal("fetch", (path: string) => {
    asked.push(path);
    const next = answers.shift();
    if (!next) throw new Error(`nobody answers ${path}`);
    return next();
  });
  page = document.createElement("div");
  document.body.append(page);
  root = createRoot(page);
});

afterEach(async () => {
  await act(async () => root.unmount());
  page.remove();
  answers.length = 0;
  asked.length = 0;
  vi.unstubAllGlobals();
});

describe("the page of refusals", () => {
  it("says who was refused what, when, and why", async () => {
    answer({ refusals: [refused()] });
    await show();
    const item = page.querySelector("ol > li");
    expect(item?.querySelector("h2")?.textContent).toBe("bob s3:GetObject");
    expect(item?.textContent).toContain("docs/AROAEXAMPLE:ada/a.txt");
    expect(item?.textContent).toContain("203.0.113.9");
    expect(item?.textContent).toContain("0123456789ABCDEF");
    const sentences = [...(item?.querySelectorAll("p, details li") ?? [])];
    expect(sentences.map((each) => each.textContent)).toEqual([
      "docs/AROAEXAMPLE:ada/a.txt",
      VERDICT,
      "Statement Own would allow it.",
    ]);
    expect(status()).toBe("One refused request, the latest first: all.");
  });

  it("writes times as the reader's locale does, and keeps the exact one", async () => {
    answer({ refusals: [refused(), refused({ time: "x", request_id: "2" })] });
    await show();
    const [time, strange] = page.querySelectorAll("time");
    const local = new Intl.DateTimeFormat(undefined, {
      dateStyle: "medium",
      timeStyle: "medium",
    });
    expect(time?.textContent).toBe(local.format(new Date("2026-03-02T11:59:58Z")));
    expect(time?.dateTime).toBe("2026-03-02T11:59:58Z");
    expect(strange?.textContent).toBe("x");
  });

  it("shows what a stranger chose as text", async () => {
    const markup = "<img src=x onerror=alert(1)>";
    answer({
      refusals: [refused({ resource: markup, person: markup, reasons: [markup] })],
    });
    await show();
    expect(page.querySelector("img")).toBeNull();
    expect(page.querySelector("ol")?.textContent).toContain(markup);
  });

  it("says that it loads, and that there is nothing", async () => {
    let arrive = (_: Response): void => {};
    answers.push(() => new Promise((resolve) => (arrive = resolve)));
    await show();
    expect(status()).toBe("Loading…");
    await act(async () =>
      arrive(Response.json({ trail: "journal", refusals: [], older: null })),
    );
    await settle();
    expect(status()).toBe("Nothing was refused.");
    expect(page.querySelector("ol")).toBeNull();
    expect(button("Show older")).toBeUndefined();
  });

  it("goes on to older ones, past a page without any", async () => {
    answer({ older: "2026-03-02.7" });
    await show();
    expect(status()).toBe("Nothing was refused lately.");
    answer({ refusals: [refused({ request_id: "1" })], older: "2026-03-01.5" });
    await press("Show older");
    answer({ refusals: [refused({ request_id: "2" })] });
    await press("Show older");
    expect(asked).toEqual([
      "/api/refusals",
      "/api/refusals?before=2026-03-02.7",
      "/api/refusals?before=2026-03-01.5",
    ]);
    expect(page.querySelectorAll("ol > li")).toHaveLength(2);
    expect(status()).toBe("2 refused requests, the latest first: all.");
    expect(button("Show older")).toBeUndefined();
  });

  it("keeps what it has when the next page fails, and tries again", async () => {
    answer({ refusals: [refused()], older: "2026-03-02.7" });
    await show();
    answer({}, 500);
    await press("Show older");
    expect(alert()).toContain("could not answer");
    expect(page.querySelectorAll("ol > li")).toHaveLength(1);
    answer({ refusals: [refused({ request_id: "2" })] });
    await press("Try again");
    expect(alert()).toBeUndefined();
    expect(page.querySelectorAll("ol > li")).toHaveLength(2);
  });

  it("begins again with the latest when asked to", async () => {
    answer({ refusals: [refused()], older: "2026-03-02.7" });
    await show();
    answer({ refusals: [refused({ request_id: "2" })] });
    await press("Show older");
    answer({ refusals: [refused({ person: "cleo" })] });
    await press("Refresh");
    expect(asked.at(-1)).toBe("/api/refusals");
    expect(page.querySelector("ol")?.textContent).toContain("cleo");
    expect(page.querySelectorAll("ol > li")).toHaveLength(1);
  });

  it("says where they are when AWS keeps them", async () => {
    answer({ trail: "cloudtrail" });
    await show();
    expect(status()).toContain("CloudTrail");
    expect(alert()).toBeUndefined();
  });

  it("tells whoever is no administrator what the portal says", async () => {
    answer({ message: "Only the portal's administrators may see it." }, 403);
    await show();
    expect(alert()).toContain("Only the portal's administrators may see it.");
    expect(status()).toBe("");
  });

  it("leaves a sign-in that has ended to the page", async () => {
    const onSignedOut = vi.fn();
    answer({ message: "Your session has ended.", sign_in_url: "/login" }, 401);
    await show(onSignedOut);
    expect(onSignedOut).toHaveBeenCalledOnce();
  });
});
